//! The checks of the documents port.

use crate::check::Check;
use crate::subject::DocumentStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<DocumentStore>> {
    Vec::new()
}
