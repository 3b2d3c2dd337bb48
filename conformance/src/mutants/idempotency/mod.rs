//! Seeded faults of idempotency.

use super::Mutant;
use crate::built::IdempotencyHandle;

/// Every fault.
pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    Vec::new()
}
