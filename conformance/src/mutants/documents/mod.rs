//! Seeded faults of the documents port.

mod tamper;

use super::Mutant;
use crate::subject::DocumentStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    let mut mutants = Vec::new();
    // One line for each topic: mutants.extend(topic::mutants());
    mutants
}
