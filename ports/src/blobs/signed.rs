//! Signed URLs: a right to one blob, given away for a while.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::BlobName;
use crate::{BucketName, Error, Result};

/// What a signed URL allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// To read the blob with `GET`.
    Get,
    /// To write the blob with `PUT`.
    Put,
}

impl Verb {
    /// The HTTP method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
        }
    }
}

/// How long a signed URL is good: 1 s to 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedUrlTtl(Duration);

impl SignedUrlTtl {
    /// Seven days: the most that S3 and Google Cloud Storage sign for.
    pub const MAX: Duration = Duration::from_hours(7 * 24);

    /// A time to live; [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1 s to 7 days.
    pub fn new(length: Duration) -> Result<Self> {
        if (Duration::from_secs(1)..=Self::MAX).contains(&length) {
            return Ok(Self(length));
        }
        Err(Error::invalid(format!("a signed URL for {length:?}: it must be 1 s to 7 days")))
    }

    /// Its length.
    pub fn length(self) -> Duration {
        self.0
    }
}

/// Signing, a trait of its own: who holds it can give rights away.
#[async_trait]
pub trait SignBlobs: Send + Sync + 'static {
    /// A URL that whoever has it may use, without other credentials, for this verb on this blob, until it expires. Nobody
    /// is asked whether there is such a bucket or blob: most stores have their clients sign. A `PUT` to Azure takes the
    /// header `x-ms-blob-type: BlockBlob` besides, without which Azure makes no blob of it.
    ///
    /// # Behavior
    ///
    /// - **BLB-URL-1**: it works until its time to live is over, and is refused (403) from then on.
    /// - **BLB-URL-2**: it is refused for another verb, and for another blob by any change of the URL.
    ///
    /// # Errors
    ///
    /// Those of every operation of [`Blobs`](super::Blobs).
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String>;
}

/// The answer to a request to a signed URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAnswer {
    /// The HTTP status: 200 or 201, 403 for a signature that is wrong or expired, 404 for an absent blob or bucket, 413 for a body
    /// of more than 8 MiB.
    pub status: u16,
    /// The media type of the body, if it has one.
    pub content_type: Option<String>,
    /// The blob, for a `GET` that succeeded.
    pub body: Bytes,
}

impl SignedAnswer {
    /// An answer without a body.
    pub fn of_status(status: u16) -> Self {
        Self { status, content_type: None, body: Bytes::new() }
    }
}

/// Who answers requests to signed URLs where no cloud does: the server runtime passes them on to the embedded store.
#[async_trait]
pub trait FetchSigned: Send + Sync + 'static {
    /// Answers a request. `path_and_query` is the signed URL's part after the host.
    ///
    /// # Errors
    ///
    /// Those of every operation of [`Blobs`](super::Blobs); a refused signature is an answer, not an error.
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer>;
}
