//! Checks of outbox and inbox.

use crate::built::OutboxHandle;
use crate::check::Check;

/// Every check.
pub fn checks() -> Vec<Check<OutboxHandle>> {
    Vec::new()
}
