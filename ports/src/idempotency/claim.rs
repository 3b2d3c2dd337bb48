//! What is claimed, and for how long.

use std::time::Duration;

use super::{Fingerprint, IdempotencyKey, Scope};
use crate::call::MAX_ID_BYTES;
use crate::documents::{Key, Partition};
use crate::{CollectionName, Error, Result};

/// Longest lease.
pub const MAX_LEASE: Duration = Duration::from_hours(24);

/// Longest retention.
pub const MAX_RETENTION: Duration = Duration::from_hours(24 * 400);

/// How long an owner may be silent before its work is taken over: never none, and never without end. As long as the
/// work may take, if nobody renews it; a few missed renewals, if somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease(Duration);

impl Lease {
    /// A lease of 1 ms to 24 h, in whole milliseconds. [`InvalidInput`](crate::ErrorKind::InvalidInput) for another, as
    /// where no time is left.
    pub fn new(duration: Duration) -> Result<Self> {
        whole_millis("the lease", duration, MAX_LEASE).map(Self)
    }

    /// How long it is.
    pub fn duration(self) -> Duration {
        self.0
    }
}

/// How long a result is kept and replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retention(Duration);

impl Retention {
    /// A retention of 1 ms to 400 days, in whole milliseconds; [`InvalidInput`](crate::ErrorKind::InvalidInput) for
    /// another.
    pub fn new(duration: Duration) -> Result<Self> {
        whole_millis("the retention", duration, MAX_RETENTION).map(Self)
    }

    /// How long it is.
    pub fn duration(self) -> Duration {
        self.0
    }
}

fn whole_millis(what: &str, duration: Duration, most: Duration) -> Result<Duration> {
    let whole = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    if whole.is_zero() || whole > most {
        return Err(Error::invalid(format!("{what} is {duration:?}: it must be 1 ms to {most:?}")));
    }
    Ok(whole)
}

/// A claim to do a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    scope: Scope,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    lease: Lease,
    retention: Retention,
    correlation_id: Option<String>,
    place: Option<(CollectionName, Partition)>,
}

impl Claim {
    /// To do what is asked for under this key, within the lease, and to keep its result for the retention.
    pub fn new(
        scope: Scope,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
        lease: Lease,
        retention: Retention,
    ) -> Self {
        Self { scope, key, fingerprint, lease, retention, correlation_id: None, place: None }
    }

    /// On behalf of this correlation, which the record tells to those who ask again. An id over 128 bytes is left out.
    #[must_use]
    pub fn correlated<'a>(mut self, id: impl Into<Option<&'a str>>) -> Self {
        self.correlation_id = id.into().filter(|id| id.len() <= MAX_ID_BYTES).map(str::to_owned);
        self
    }

    /// With its record not in [`COLLECTION`](super::COLLECTION) but in this partition, where the effect is: so that effect
    /// and completion are one transaction ([`Idempotency::completion`](super::Idempotency::completion)). All claims of
    /// the key must say the same. The record's sort key begins with [`SORT_PREFIX`](super::SORT_PREFIX), which listings
    /// of the partition have to pass over.
    #[must_use]
    pub fn beside(mut self, collection: CollectionName, partition: Partition) -> Self {
        self.place = Some((collection, partition));
        self
    }

    /// What is asked for.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// How long the owner may be silent.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// How long the result is kept.
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Who asks.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// Where the record is.
    pub fn address(&self) -> Result<Address> {
        let id = format!("{}#{}", self.scope.path(), self.key.digest());
        let (collection, key) = match &self.place {
            None => (super::COLLECTION, Key::new(id.as_str(), "record")?),
            Some((collection, partition)) => {
                (collection.clone(), partition.key(format!("{}{id}", super::SORT_PREFIX))?)
            }
        };
        Ok(Address { id, collection, key })
    }
}

/// Where a record is: its id, and the document that it is kept in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    id: String,
    collection: CollectionName,
    key: Key,
}

impl Address {
    /// `application#operation#tenant#hash of the key`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The collection of the document.
    pub fn collection(&self) -> &CollectionName {
        &self.collection
    }

    /// The key of the document.
    pub fn key(&self) -> &Key {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_lease_of_nothing() {
        // Remaining time 0 must not be read as no lease at all.
        for bad in [Duration::ZERO, Duration::from_micros(999), MAX_LEASE + Duration::from_millis(1), Duration::MAX] {
            assert!(Lease::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Lease::new(Duration::from_micros(1_999)).unwrap().duration(), Duration::from_millis(1));
        assert!(Lease::new(MAX_LEASE).is_ok());
        assert!(Retention::new(Duration::ZERO).is_err() && Retention::new(MAX_RETENTION).is_ok());
    }

    #[test]
    fn the_longest_address_is_a_key() {
        let long = "x".repeat(1_000);
        let claim = Claim::new(
            Scope::new(&long, &long).of_tenant(&long),
            IdempotencyKey::new("k").unwrap(),
            Fingerprint::of_bytes(b""),
            Lease::new(Duration::from_secs(1)).unwrap(),
            Retention::new(Duration::from_secs(1)).unwrap(),
        );
        claim.address().unwrap();
        let partition = Partition::new("p").unwrap();
        claim.beside(CollectionName::from_static("orders"), partition).address().unwrap();
    }
}
