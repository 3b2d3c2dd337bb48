//! Seeded faults of leases.

use super::Mutant;
use crate::built::LeaseHandle;

/// Every fault.
pub(super) fn mutants() -> Vec<Mutant<LeaseHandle>> {
    Vec::new()
}
