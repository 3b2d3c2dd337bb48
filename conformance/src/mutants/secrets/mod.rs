//! Seeded faults of the secrets port.

mod exposure;
mod failure;
mod read;
mod tamper;
mod versions;

use super::Mutant;
use crate::subject::SecretStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<SecretStore>> {
    let mut mutants = read::mutants();
    mutants.extend(versions::mutants());
    mutants.extend(failure::mutants());
    mutants.extend(exposure::mutants());
    mutants
}
