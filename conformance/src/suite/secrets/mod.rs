//! The checks of the secrets port.

use crate::check::Check;
use crate::subject::SecretStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<SecretStore>> {
    Vec::new()
}
