//! Faults behind a store of blobs.

use std::sync::Arc;

use anyport_ports::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, ListBlobs, NewUpload, PartNumber, PutBlob, UploadId,
};
use anyport_ports::{BucketName, Result};
use async_trait::async_trait;
use bytes::Bytes;

use super::{Call, Faultable, Faults, send};
use crate::subject::BlobStore;

struct Faulty {
    blobs: Arc<dyn Blobs>,
    faults: Faults,
}

impl Faultable for BlobStore {
    fn through(self, faults: &Faults) -> Self {
        Self { blobs: Arc::new(Faulty { blobs: self.blobs, faults: faults.clone() }), ..self }
    }
}

#[async_trait]
impl Blobs for Faulty {
    async fn put(&self, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        // Never sent twice: under `Absent` the blob may be deleted in between, and an etag may come again with its bytes.
        send(&self.faults, Call::Write, "blobs.put", || self.blobs.put(bucket, name, put)).await
    }

    async fn get(&self, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        send(&self.faults, Call::Read, "blobs.get", || self.blobs.get(bucket, name, range)).await
    }

    async fn head(&self, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        send(&self.faults, Call::Read, "blobs.head", || self.blobs.head(bucket, name)).await
    }

    async fn delete(&self, bucket: &BucketName, name: &BlobName) -> Result<()> {
        send(&self.faults, Call::Write, "blobs.delete", || self.blobs.delete(bucket, name)).await
    }

    async fn list(&self, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        send(&self.faults, Call::Read, "blobs.list", || self.blobs.list(bucket, list)).await
    }

    async fn copy(&self, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        send(&self.faults, Call::Write, "blobs.copy", || self.blobs.copy(bucket, from, to)).await
    }

    async fn begin_upload(&self, bucket: &BucketName, name: &BlobName, upload: &NewUpload) -> Result<UploadId> {
        send(&self.faults, Call::Write, "blobs.begin_upload", || self.blobs.begin_upload(bucket, name, upload)).await
    }

    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        let request = || self.blobs.put_part(upload, number, bytes.clone());
        send(&self.faults, Call::Write, "blobs.put_part", request).await
    }

    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        send(&self.faults, Call::Write, "blobs.complete_upload", || self.blobs.complete_upload(upload, parts)).await
    }

    async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        send(&self.faults, Call::Write, "blobs.abort_upload", || self.blobs.abort_upload(upload)).await
    }
}
