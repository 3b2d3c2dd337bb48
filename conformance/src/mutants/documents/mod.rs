//! Seeded faults of the documents port.

mod bodies;
mod cas;
mod collections;
mod deletes;
mod expiry;
mod ghosts;
mod indexes;
mod keys;
mod listing;
mod paging;
mod races;
mod reads;
mod rewrites;
mod scans;
mod tamper;
mod transactions;
mod wire;
mod writes;

use super::Mutant;
use crate::subject::DocumentStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    [
        keys::mutants(),
        bodies::mutants(),
        collections::mutants(),
        reads::mutants(),
        writes::mutants(),
        cas::mutants(),
        deletes::mutants(),
        expiry::mutants(),
        transactions::mutants(),
        listing::mutants(),
        paging::mutants(),
        indexes::mutants(),
        scans::mutants(),
        wire::mutants(),
        races::mutants(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
