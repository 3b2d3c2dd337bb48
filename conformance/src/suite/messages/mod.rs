//! The checks of the messages port.

mod consumer;
mod content;
mod dead_letters;
mod errors;
mod lease;
mod publish;
mod receive;
mod settle;

use crate::check::Check;
use crate::subject::MessageStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<MessageStore>> {
    let mut checks = publish::checks();
    checks.extend(content::checks());
    checks.extend(receive::checks());
    checks.extend(lease::checks());
    checks.extend(settle::checks());
    checks.extend(dead_letters::checks());
    checks.extend(errors::checks());
    checks
}
