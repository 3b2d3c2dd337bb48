//! Who does the work.

use std::fmt;
use std::sync::Arc;

use super::record::Record;
use super::{Address, Claim, Fingerprint, Lease, Retention};
use crate::Timestamp;
use crate::documents::Version;

/// The one who does a piece of work, by whom its record is written: every write of it stands under the record's version
/// and this owner's id.
#[derive(Clone, PartialEq, Eq)]
pub struct Owner(Arc<Held>);

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) address: Address,
    /// The record as it was written.
    pub(super) record: Record,
    /// The version that writing made.
    pub(super) version: Version,
    pub(super) lease: Lease,
    pub(super) retention: Retention,
}

impl Owner {
    pub(super) fn new(claim: &Claim, address: Address, record: Record, version: Version) -> Self {
        let (lease, retention) = (claim.lease(), claim.retention());
        Self(Arc::new(Held { address, record, version, lease, retention }))
    }

    /// The same owner, having written this record.
    pub(super) fn having_written(&self, record: Record, version: Version) -> Self {
        Self(Arc::new(Held { record, version, ..(*self.0).clone() }))
    }

    /// The record as it wrote it.
    pub(super) fn record(&self) -> &Record {
        &self.0.record
    }

    /// Its id, which no other has.
    pub fn id(&self) -> &str {
        let Record { owner, .. } = self.record();
        owner
    }

    /// How many began this work, this one included: more than 1 if it was taken over.
    pub fn attempt(&self) -> u32 {
        self.0.record.attempt
    }

    /// What it was asked for.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.0.record.fingerprint
    }

    /// Until when it may be silent.
    pub fn lease_until(&self) -> Timestamp {
        self.0.record.lease_until()
    }

    /// How long its lease is.
    pub fn lease(&self) -> Lease {
        self.0.lease
    }

    /// How long its answer is kept.
    pub fn retention(&self) -> Retention {
        self.0.retention
    }

    /// Where the record is.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// The version of the record that it wrote last.
    pub fn version(&self) -> &Version {
        &self.0.version
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({} of {}, attempt {})", self.id(), self.address().id(), self.attempt())
    }
}
