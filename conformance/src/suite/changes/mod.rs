//! Checks of the change feed.

use crate::check::Check;
use crate::subject::ChangeStore;

/// Every check.
pub fn checks() -> Vec<Check<ChangeStore>> {
    Vec::new()
}
