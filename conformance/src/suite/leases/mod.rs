//! Checks of leases.

use crate::built::LeaseHandle;
use crate::check::Check;

/// Every check.
pub fn checks() -> Vec<Check<LeaseHandle>> {
    Vec::new()
}
