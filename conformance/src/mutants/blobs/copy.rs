//! Faults of copying.

use anyport_ports::blobs::{BlobName, BlobRange, Etag, PutBlob};
use anyport_ports::{BucketName, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("copy_loses_metadata", "BLB-CPY-1", "A copy has the bytes and the content type only.", |_| {
            tampered(CopyLosesMetadata)
        }),
        mutant("copy_moves", "BLB-CPY-1", "The source of a copy is gone after it.", |_| tampered(CopyMoves)),
        mutant("copy_never_replaces", "BLB-CPY-1", "A copy over what is there leaves that.", |_| {
            tampered(CopyNeverReplaces)
        }),
        mutant("copy_of_absent_deletes", "BLB-CPY-1", "A copy of what is absent deletes the target.", |_| {
            tampered(CopyOfAbsentDeletes)
        }),
    ]
}

struct CopyLosesMetadata;

#[async_trait]
impl Tamper for CopyLosesMetadata {
    async fn copy(&self, sound: &BlobStore, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let source = sound.blobs.get(bucket, from, BlobRange::All).await?;
        let content_type = source.info.content_type.clone();
        sound.blobs.put(bucket, to, &PutBlob::new(content_type, source.bytes(usize::MAX).await?)?).await
    }
}

struct CopyMoves;

#[async_trait]
impl Tamper for CopyMoves {
    async fn copy(&self, sound: &BlobStore, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let etag = sound.blobs.copy(bucket, from, to).await?;
        sound.blobs.delete(bucket, from).await?;
        Ok(etag)
    }
}

struct CopyNeverReplaces;

#[async_trait]
impl Tamper for CopyNeverReplaces {
    async fn copy(&self, sound: &BlobStore, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        sound.blobs.head(bucket, from).await?;
        match sound.blobs.head(bucket, to).await {
            Ok(standing) => Ok(standing.etag),
            Err(_) => sound.blobs.copy(bucket, from, to).await,
        }
    }
}

struct CopyOfAbsentDeletes;

#[async_trait]
impl Tamper for CopyOfAbsentDeletes {
    async fn copy(&self, sound: &BlobStore, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let result = sound.blobs.copy(bucket, from, to).await;
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            // As it is where a copy empties its target first; a bucket that is absent too has nothing to empty.
            sound.blobs.delete(bucket, to).await?;
        }
        result
    }
}
