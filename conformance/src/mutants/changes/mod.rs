//! Seeded faults of the change feed.

use super::Mutant;
use crate::subject::ChangeStore;

/// Every fault.
pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    Vec::new()
}
