//! What a lease is asked for with, and what its holder has in hand.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::documents::{Partition, Version};
use crate::{Error, Result, Timestamp};

/// How long a lease may run without being renewed.
pub const LEASE_TTL: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_hours(24);

/// The name of a lease: any non-empty UTF-8 of at most 256 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaseName(Partition);

impl LeaseName {
    /// A name: [`InvalidInput`](crate::ErrorKind::InvalidInput) if empty, [`TooLarge`](crate::ErrorKind::TooLarge) if over
    /// 256 bytes.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        Partition::new(name).map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn partition(&self) -> &Partition {
        &self.0
    }
}

impl fmt::Display for LeaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How long a lease is to run, within 100 ms to 24 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTtl(Duration);

impl LeaseTtl {
    /// This long; [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 100 ms to 24 h.
    pub fn new(ttl: Duration) -> Result<Self> {
        if LEASE_TTL.contains(&ttl) {
            return Ok(Self(ttl));
        }
        Err(Error::invalid(format!("a lease for {ttl:?}: it must be {:?} to {:?}", LEASE_TTL.start(), LEASE_TTL.end())))
    }

    /// How long.
    pub fn length(self) -> Duration {
        self.0
    }
}

/// The number of an acquisition: greater than that of every earlier one under the same name, for ever.
///
/// Store it with what is written under the lease, and let a write happen only if its token is not less than the one stored:
/// then a holder that was paused past its time cannot undo what its successor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FencingToken(u64);

impl FencingToken {
    /// The token of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The token after this one.
    pub(super) fn next(self) -> Result<Self> {
        let next = self.0.checked_add(1).map(Self);
        next.ok_or_else(|| Error::new(crate::ErrorKind::Internal, "the lease has no tokens left"))
    }
}

impl fmt::Display for FencingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A lease in the hands of its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// What it is a lease of.
    pub name: LeaseName,
    /// The number of this acquisition.
    pub token: FencingToken,
    /// Who holds it: made for this acquisition, so that no two have the same.
    pub holder: String,
    /// When its time is over. Counted from before the store was asked, so that the holder never takes it for longer than
    /// the store does.
    pub until: Timestamp,
    /// The version of its record, as far as the holder knows.
    pub version: Version,
}

impl Held {
    /// A lease in hand, of these parts: what implementations make.
    pub fn new(name: LeaseName, token: FencingToken, holder: String, until: Timestamp, version: Version) -> Self {
        Self { name, token, holder, until, version }
    }

    /// How long it still runs at this instant; zero if its time is over.
    pub fn left(&self, now: Timestamp) -> Duration {
        self.until.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_lease_runs_for_a_time_that_can_be_kept() {
        for bad in [Duration::ZERO, Duration::from_millis(99), Duration::from_hours(24) + Duration::from_millis(1)] {
            assert_eq!(LeaseTtl::new(bad).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert!(LeaseTtl::new(Duration::from_millis(100)).is_ok() && LeaseTtl::new(Duration::from_hours(24)).is_ok());
        assert_eq!(LeaseName::new("").unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn tokens_end_with_an_error_and_not_at_the_beginning() {
        assert_eq!(FencingToken::new(u64::MAX).next().unwrap_err().kind(), ErrorKind::Internal);
        assert!(FencingToken::new(1).next().unwrap() > FencingToken::new(1));
    }
}
