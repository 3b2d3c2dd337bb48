//! Seeded faults of the secrets port.

use super::Mutant;
use crate::subject::SecretStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<SecretStore>> {
    Vec::new()
}
