//! The checks of the blobs port.

use crate::check::Check;
use crate::subject::BlobStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<BlobStore>> {
    Vec::new()
}
