//! Seeded faults of the blobs port.

mod conditions;
mod copy;
mod errors;
mod listing;
mod names;
mod read;
mod signed;
mod tamper;
mod uploads;
mod write;

use super::Mutant;
use crate::subject::BlobStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    let mut mutants = write::mutants();
    mutants.extend(conditions::mutants());
    mutants.extend(read::mutants());
    mutants.extend(listing::mutants());
    mutants.extend(names::mutants());
    mutants.extend(copy::mutants());
    mutants.extend(uploads::mutants());
    mutants.extend(signed::mutants());
    mutants.extend(errors::mutants());
    mutants
}
