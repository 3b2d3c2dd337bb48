//! S3 that refuses, is not there, or holds what others put into a bucket.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test panics where something is not as it must be")]

mod failures;
mod foreign;
#[path = "../refused/mod.rs"]
mod refused;

use std::sync::Arc;

use anyport_blobs::ObjectBlobs;
use anyport_blobs::s3::{AwsCredential, S3Settings, StaticCredentialProvider};
use refused::{PHOTOS, SECRET, name};

/// S3 at this endpoint, whatever the environment says.
fn s3(endpoint: &str, prefix: &str) -> ObjectBlobs {
    let (key_id, secret_key) = ("AKIDTEST".to_owned(), SECRET.to_owned());
    let credential = AwsCredential { key_id, secret_key, token: None };
    let settings = S3Settings::new()
        .with_prefix(prefix)
        .with_region("us-east-1")
        .with_endpoint_url(endpoint)
        .with_credentials(Arc::new(StaticCredentialProvider::new(credential)));
    ObjectBlobs::s3(&settings).unwrap()
}
