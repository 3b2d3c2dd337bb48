//! Seeded faults of outbox and inbox.

use super::Mutant;
use crate::built::OutboxHandle;

/// Every fault.
pub(super) fn mutants() -> Vec<Mutant<OutboxHandle>> {
    Vec::new()
}
