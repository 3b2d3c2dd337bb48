//! The checks of the messages port.

use crate::check::Check;
use crate::subject::MessageStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<MessageStore>> {
    Vec::new()
}
