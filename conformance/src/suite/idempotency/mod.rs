//! Checks of idempotency.

use crate::built::IdempotencyHandle;
use crate::check::Check;

/// Every check.
pub fn checks() -> Vec<Check<IdempotencyHandle>> {
    Vec::new()
}
