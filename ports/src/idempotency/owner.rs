//! Who does the work.

use std::fmt;

use super::record::Record;
use super::{Address, Claim, Fingerprint, Lease, Retention};
use crate::Timestamp;
use crate::documents::Version;

/// The one who does a piece of work, by whom its record is written: every write of it stands under the record's version
/// and this owner's id.
#[derive(Clone, PartialEq, Eq)]
pub struct Owner {
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
        Self { address, record, version, lease: claim.lease(), retention: claim.retention() }
    }

    /// Its id, which no other has.
    pub fn id(&self) -> &str {
        &self.record.owner
    }

    /// How many began this work, this one included: more than 1 if it was taken over.
    pub fn attempt(&self) -> u32 {
        self.record.attempt
    }

    /// What it was asked for.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.record.fingerprint
    }

    /// Until when it may be silent.
    pub fn lease_until(&self) -> Timestamp {
        self.record.lease_until()
    }

    /// How long its lease is.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// How long its answer is kept.
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Where the record is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The version of the record that it wrote last.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({} of {}, attempt {})", self.id(), self.address.id(), self.attempt())
    }
}
