//! Seeded faults of the messages port.

use super::Mutant;
use crate::subject::MessageStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    Vec::new()
}
