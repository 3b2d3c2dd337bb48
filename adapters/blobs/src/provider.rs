//! What a cloud adds to `object_store`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::blobs::{BlobName, Etag, ListBlobs, Listed, PartNumber};
use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use object_store::multipart::{MultipartStore, PartId};
use object_store::signer::Signer;
use object_store::{
    Attributes, GetOptions, GetResult, ObjectStore, ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload,
    PutResult,
};

use crate::fault::Table;
use crate::metadata::{Tags, path};

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

/// A bucket. Each method is as few requests as the cloud needs; those that have a body are as `object_store` makes them.
#[async_trait]
pub(crate) trait Bucket: Send + Sync {
    /// As `object_store` sees it.
    fn objects(&self) -> &dyn Objects;

    /// What its etags are.
    fn tags(&self) -> Tags;

    /// Writes an object.
    async fn put(&self, name: &BlobName, bytes: Bytes, options: PutOptions) -> object_store::Result<PutResult> {
        self.objects().put_opts(&path(name)?, PutPayload::from_bytes(bytes), options).await
    }

    /// Begins to read an object, or only what is known of it.
    async fn get(&self, name: &BlobName, options: GetOptions) -> object_store::Result<GetResult> {
        self.objects().get_opts(&path(name)?, options).await
    }

    /// Deletes an object, which may be absent.
    async fn delete(&self, name: &BlobName) -> object_store::Result<()> {
        self.objects().delete(&path(name)?).await
    }

    /// Blobs and common prefixes beyond this text, in order, and if there may be more, the last that was looked at.
    async fn list(&self, list: &ListBlobs, after: Option<&str>) -> object_store::Result<(Vec<Listed>, Option<String>)>;

    /// Copies an object; its etag.
    async fn copy(&self, from: &BlobName, to: &BlobName) -> object_store::Result<Etag>;

    /// Begins an upload in parts; its id at the store.
    async fn begin(&self, name: &BlobName, attributes: Attributes) -> object_store::Result<String> {
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        self.objects().create_multipart_opts(&path(name)?, options).await
    }

    /// Sends a part of an upload.
    async fn put_part(
        &self,
        name: &BlobName,
        upload: &str,
        number: PartNumber,
        bytes: Bytes,
    ) -> object_store::Result<()> {
        let (index, payload) = (number.get() as usize - 1, PutPayload::from_bytes(bytes));
        self.objects().put_part(&path(name)?, &upload.to_owned(), index, payload).await?;
        Ok(())
    }

    /// The parts of an upload, in order of number.
    async fn parts(&self, name: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>>;

    /// Makes the object of these parts; its etag, if the store tells it.
    async fn complete(&self, name: &BlobName, upload: &str, parts: Vec<PartId>) -> object_store::Result<Option<Etag>> {
        let written = self.objects().complete_multipart(&path(name)?, &upload.to_owned(), parts).await?;
        Ok(self.tags().of_put(&written))
    }

    /// Gives an upload up.
    async fn abort(&self, name: &BlobName, upload: &str) -> object_store::Result<()> {
        self.objects().abort_multipart(&path(name)?, &upload.to_owned()).await
    }

    /// A URL by which whoever has it may make requests of this method for the object, for so long.
    async fn sign(&self, method: Method, name: &BlobName, ttl: Duration) -> object_store::Result<String> {
        Ok(self.objects().signed_url(method, &path(name)?, ttl).await?.into())
    }

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
