//! Blob Storage that refuses, is not there, or holds what others put into a container.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

mod failures;
mod foreign;
#[path = "../refused/mod.rs"]
mod refused;

use anyport_blobs::ObjectBlobs;
use anyport_blobs::azure::AzureBlobSettings;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use refused::{PHOTOS, SECRET, name};

/// Blob Storage at this endpoint, whatever the environment says.
fn azure(endpoint: &str) -> ObjectBlobs {
    let settings = AzureBlobSettings::new()
        .with_account("acme")
        .with_key(BASE64.encode(SECRET))
        .with_endpoint_url(format!("{endpoint}/acme"));
    ObjectBlobs::azure(&settings).unwrap()
}
