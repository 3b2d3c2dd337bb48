//! What a cloud adds to `object_store`.

use std::fmt;
use std::sync::Arc;

use anyport_ports::Result;
use anyport_ports::blobs::{BlobName, ListBlobs, Listed};
use async_trait::async_trait;
use object_store::ObjectStore;
use object_store::multipart::MultipartStore;
use object_store::signer::Signer;

use crate::fault::Table;

/// Opens buckets at a cloud.
pub(crate) trait Provider: fmt::Debug + Send + Sync + 'static {
    /// A client of the bucket that the workload calls so.
    fn open(&self, bucket: &str) -> Result<Arc<dyn Bucket>>;

    /// What its refusals mean.
    fn table(&self) -> Table;
}

/// What `object_store` does in a bucket.
pub(crate) trait Objects: ObjectStore + MultipartStore + Signer {}

impl<S: ObjectStore + MultipartStore + Signer> Objects for S {}

/// A bucket: each method is one request, or one for each page.
#[async_trait]
pub(crate) trait Bucket: Send + Sync {
    /// As `object_store` sees it.
    fn objects(&self) -> &dyn Objects;

    /// Blobs and common prefixes beyond this text, in order, and if there may be more, the last that was looked at.
    async fn list(&self, list: &ListBlobs, after: Option<&str>) -> object_store::Result<(Vec<Listed>, Option<String>)>;

    /// Copies an object; its etag.
    async fn copy(&self, from: &BlobName, to: &BlobName) -> object_store::Result<String>;

    /// The parts of an upload, in order of number.
    async fn parts(&self, name: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>>;

    /// Makes the bucket, if it is not there.
    async fn create(&self) -> object_store::Result<()>;
}

/// A part that the store holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SentPart {
    /// From 1.
    pub(crate) number: u32,
    /// In bytes.
    pub(crate) length: u64,
    /// What completion names it by.
    pub(crate) etag: String,
}
