//! Seeded faults of leases.

mod holders;
mod records;
mod tamper;
mod tokens;

use crate::built::LeaseHandle;
use crate::mutants::Mutant;

/// Every seeded fault.
pub(super) fn mutants() -> Vec<Mutant<LeaseHandle>> {
    [records::mutants(), tokens::mutants(), holders::mutants()].into_iter().flatten().collect()
}
