//! What claims are recorded under: the same on every host, so that a workload that moves between hosts, or is called twice
//! for one thing, does it once.

use anyport_ports::blobs::{BlobName, Etag};
use anyport_ports::documents::Key;
use anyport_ports::{Result, Timestamp};
use sha2::{Digest as _, Sha256};

/// A digest of a blob's name and etag.
pub(crate) type BlobState = [u8; 32];

/// The state of a blob's bytes.
pub(crate) fn blob_state(name: &BlobName, etag: &Etag) -> BlobState {
    let mut digest = Sha256::new();
    // The length keeps name and etag apart, whatever they hold.
    digest.update((name.as_str().len() as u64).to_le_bytes());
    digest.update(name.as_str());
    digest.update(etag.as_str());
    digest.finalize().into()
}

/// A state of a blob, for one function.
pub(crate) fn of_blob(function: &str, state: &BlobState) -> Result<Key> {
    let sort = state.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    Key::new(format!("blob/{function}"), sort)
}

/// A slot of a scheduled function.
pub(crate) fn of_slot(function: &str, slot: Timestamp) -> Result<Key> {
    Key::new(format!("schedule/{function}"), slot.to_string())
}

/// When a scheduled function was first known.
#[cfg(feature = "server")]
pub(crate) fn of_registration(function: &str) -> Result<Key> {
    Key::new(format!("schedule/{function}"), "registered")
}
