//! Seeded faults of idempotency.

mod answers;
mod caches;
mod claims;
mod fences;
mod owners;
mod prints;
mod records;
mod tamper;

use super::Mutant;
use crate::built::IdempotencyHandle;

/// Every seeded fault.
pub(super) fn mutants() -> Vec<Mutant<IdempotencyHandle>> {
    [
        claims::mutants(),
        prints::mutants(),
        records::mutants(),
        fences::mutants(),
        owners::mutants(),
        answers::mutants(),
        caches::mutants(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
