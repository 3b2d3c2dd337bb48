//! A store of blobs with one operation or two gone wrong.

use std::sync::Arc;

use anyport_ports::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, FetchSigned, ListBlobs, NewUpload, PartNumber, PutBlob,
    SignBlobs, SignedAnswer, SignedUrlTtl, UploadId, Verb,
};
use anyport_ports::{BucketName, Result};
use async_trait::async_trait;
use bytes::Bytes;

use crate::mutants::{Mutant, Wrap};
use crate::subject::{BlobStore, TestClock};

/// A fault: every operation does the right thing unless it says otherwise.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        sound.blobs.put(bucket, name, put).await
    }

    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        sound.blobs.get(bucket, name, range).await
    }

    async fn head(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        sound.blobs.head(bucket, name).await
    }

    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        sound.blobs.delete(bucket, name).await
    }

    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        sound.blobs.list(bucket, list).await
    }

    async fn copy(&self, sound: &BlobStore, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        sound.blobs.copy(bucket, from, to).await
    }

    async fn begin_upload(
        &self,
        sound: &BlobStore,
        bucket: &BucketName,
        name: &BlobName,
        upload: &NewUpload,
    ) -> Result<UploadId> {
        sound.blobs.begin_upload(bucket, name, upload).await
    }

    async fn put_part(&self, sound: &BlobStore, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        sound.blobs.put_part(upload, number, bytes).await
    }

    async fn complete_upload(&self, sound: &BlobStore, upload: &UploadId, parts: u32) -> Result<Etag> {
        sound.blobs.complete_upload(upload, parts).await
    }

    async fn abort_upload(&self, sound: &BlobStore, upload: &UploadId) -> Result<()> {
        sound.blobs.abort_upload(upload).await
    }

    async fn sign(
        &self,
        sound: &BlobStore,
        bucket: &BucketName,
        name: &BlobName,
        verb: Verb,
        ttl: SignedUrlTtl,
    ) -> Result<String> {
        sound.signer.sign(bucket, name, verb, ttl).await
    }

    async fn fetch(&self, sound: &BlobStore, verb: Verb, url: &str, body: Bytes) -> Result<SignedAnswer> {
        sound.fetch.fetch(verb, url, body).await
    }
}

struct Tampered<T> {
    sound: BlobStore,
    tamper: Arc<T>,
}

#[async_trait]
impl<T: Tamper> Blobs for Tampered<T> {
    async fn put(&self, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        self.tamper.put(&self.sound, bucket, name, put).await
    }

    async fn get(&self, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        self.tamper.get(&self.sound, bucket, name, range).await
    }

    async fn head(&self, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        self.tamper.head(&self.sound, bucket, name).await
    }

    async fn delete(&self, bucket: &BucketName, name: &BlobName) -> Result<()> {
        self.tamper.delete(&self.sound, bucket, name).await
    }

    async fn list(&self, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        self.tamper.list(&self.sound, bucket, list).await
    }

    async fn copy(&self, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        self.tamper.copy(&self.sound, bucket, from, to).await
    }

    async fn begin_upload(&self, bucket: &BucketName, name: &BlobName, upload: &NewUpload) -> Result<UploadId> {
        self.tamper.begin_upload(&self.sound, bucket, name, upload).await
    }

    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        self.tamper.put_part(&self.sound, upload, number, bytes).await
    }

    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        self.tamper.complete_upload(&self.sound, upload, parts).await
    }

    async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        self.tamper.abort_upload(&self.sound, upload).await
    }
}

#[async_trait]
impl<T: Tamper> SignBlobs for Tampered<T> {
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        self.tamper.sign(&self.sound, bucket, name, verb, ttl).await
    }
}

#[async_trait]
impl<T: Tamper> FetchSigned for Tampered<T> {
    async fn fetch(&self, verb: Verb, url: &str, body: Bytes) -> Result<SignedAnswer> {
        self.tamper.fetch(&self.sound, verb, url, body).await
    }
}

/// Puts the fault between every handle of a namespace and its store.
pub(super) fn tampered<T: Tamper>(tamper: T) -> Wrap<BlobStore> {
    let tamper = Arc::new(tamper);
    Box::new(move |sound| {
        let handle = Arc::new(Tampered { sound, tamper: Arc::clone(&tamper) });
        BlobStore { blobs: Arc::clone(&handle) as _, signer: Arc::clone(&handle) as _, fetch: handle }
    })
}

/// A seeded fault of this name, that breaks this clause.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<BlobStore>,
) -> Mutant<BlobStore> {
    Mutant { name, description, breaks, seed }
}
