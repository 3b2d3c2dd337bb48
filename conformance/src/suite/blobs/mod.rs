//! The checks of the blobs port.

mod conditions;
mod copy;
mod errors;
mod listing;
mod names;
mod read;
mod shelf;
mod signed;
mod uploads;
mod write;

use crate::check::Check;
use crate::subject::BlobStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<BlobStore>> {
    let mut checks = write::checks();
    checks.extend(conditions::checks());
    checks.extend(read::checks());
    checks.extend(listing::checks());
    checks.extend(names::checks());
    checks.extend(copy::checks());
    checks.extend(uploads::checks());
    checks.extend(signed::checks());
    checks.extend(errors::checks());
    checks
}
