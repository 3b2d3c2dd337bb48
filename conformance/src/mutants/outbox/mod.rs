//! Seeded faults of outbox and inbox.

mod commits;
mod effects;
mod markers;
mod relays;
mod tamper;
mod tamper_inbox;

use crate::built::OutboxHandle;
use crate::mutants::Mutant;

/// Every seeded fault.
pub(super) fn mutants() -> Vec<Mutant<OutboxHandle>> {
    [commits::mutants(), relays::mutants(), effects::mutants(), markers::mutants()].into_iter().flatten().collect()
}
