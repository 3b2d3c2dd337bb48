//! Around the calls of blobs.

use async_trait::async_trait;
use bytes::Bytes;

use super::Effect::{Once, Read, Repeatable};
use super::{Around, Call, Decorated};
use crate::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, ListBlobs, NewUpload, PartNumber, PutBlob, SignBlobs,
    SignedUrlTtl, UploadId, Verb,
};
use crate::{BucketName, Result};

/// No write of a whole blob is done again once it may have been done, not even under an etag: it comes again with its
/// bytes. What is sent to an upload is, since nobody sees it before it is completed, and that happens once.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: Blobs + ?Sized> Blobs for Decorated<A, P> {
    async fn put(&self, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let call = Call::new("blobs.put", bucket.as_str(), Once);
        self.around.around(call, || self.port.put(bucket, name, put)).await
    }

    async fn get(&self, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let call = Call::new("blobs.get", bucket.as_str(), Read);
        self.around.around(call, || self.port.get(bucket, name, range)).await
    }

    async fn head(&self, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        let call = Call::new("blobs.head", bucket.as_str(), Read);
        self.around.around(call, || self.port.head(bucket, name)).await
    }

    async fn delete(&self, bucket: &BucketName, name: &BlobName) -> Result<()> {
        let call = Call::new("blobs.delete", bucket.as_str(), Once);
        self.around.around(call, || self.port.delete(bucket, name)).await
    }

    async fn list(&self, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let call = Call::new("blobs.list", bucket.as_str(), Read);
        self.around.around(call, || self.port.list(bucket, list)).await
    }

    async fn copy(&self, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let call = Call::new("blobs.copy", bucket.as_str(), Once);
        self.around.around(call, || self.port.copy(bucket, from, to)).await
    }

    async fn begin_upload(&self, bucket: &BucketName, name: &BlobName, upload: &NewUpload) -> Result<UploadId> {
        let call = Call::new("blobs.begin_upload", bucket.as_str(), Repeatable);
        self.around.around(call, || self.port.begin_upload(bucket, name, upload)).await
    }

    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        let call = Call::new("blobs.put_part", "", Repeatable);
        self.around.around(call, || self.port.put_part(upload, number, bytes.clone())).await
    }

    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        let call = Call::new("blobs.complete_upload", "", Repeatable);
        self.around.around(call, || self.port.complete_upload(upload, parts)).await
    }

    async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        let call = Call::new("blobs.abort_upload", "", Repeatable);
        self.around.around(call, || self.port.abort_upload(upload)).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: SignBlobs + ?Sized> SignBlobs for Decorated<A, P> {
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let call = Call::new("blobs.sign", bucket.as_str(), Read);
        self.around.around(call, || self.port.sign(bucket, name, verb, ttl)).await
    }
}
