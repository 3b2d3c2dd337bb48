//! Seeded faults of the messages port.

mod dead_letters;
mod delivery;
mod errors;
mod ledger;
mod publish;
mod settle;
mod tamper;

use super::Mutant;
use crate::subject::MessageStore;

/// Every seeded fault of the port.
pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    let mut mutants = publish::mutants();
    mutants.extend(delivery::mutants());
    mutants.extend(settle::mutants());
    mutants.extend(dead_letters::mutants());
    mutants.extend(errors::mutants());
    mutants
}
