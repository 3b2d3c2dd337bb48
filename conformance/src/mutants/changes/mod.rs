//! Seeded faults of the change feed.

mod order;
mod positions;
mod seen;
mod tamper;
mod unseen;
mod wire;

use super::Mutant;
use crate::subject::ChangeStore;

/// Every fault.
pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    [seen::mutants(), unseen::mutants(), order::mutants(), positions::mutants(), wire::mutants()]
        .into_iter()
        .flatten()
        .collect()
}
