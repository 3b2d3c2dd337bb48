//! Seeded faults of the blobs port.

use super::Mutant;
use crate::subject::BlobStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    Vec::new()
}
