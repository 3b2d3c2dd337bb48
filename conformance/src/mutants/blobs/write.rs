//! Faults of writing and deleting.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use anyport_ports::blobs::{Blob, BlobInfo, BlobName, BlobRange, Etag, ListBlobs, MAX_PUT_BYTES, PutBlob};
use anyport_ports::{BucketName, ErrorKind, Result};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("large_blob_truncated", "BLB-PUT-1", "Of the largest blob the last byte is lost.", |_| {
            tampered(Rewrite(|put| put.bytes = put.bytes.slice(..put.bytes.len().min(MAX_PUT_BYTES - 1))))
        }),
        mutant("empty_blob_not_written", "BLB-PUT-1", "A write of no bytes changes nothing.", |_| {
            tampered(EmptyNotWritten)
        }),
        mutant("read_cache_not_invalidated", "BLB-PUT-1", "What was read once is read for ever.", |_| {
            tampered(ReadCache::default())
        }),
        mutant("constant_etag", "BLB-PUT-4", "Every blob has the same etag.", |_| {
            tampered(OtherEtag(|_| Etag::new("0")))
        }),
        mutant("etag_of_length", "BLB-PUT-4", "The etag tells the length of the blob only.", |_| {
            tampered(OtherEtag(|info| Etag::new(info.length.to_string())))
        }),
        mutant("content_type_lost", "BLB-META-1", "Every blob is application/octet-stream.", |_| {
            tampered(Rewrite(|put| "application/octet-stream".clone_into(&mut put.content_type)))
        }),
        mutant("metadata_lost", "BLB-META-1", "Metadata is not kept.", |_| {
            tampered(Rewrite(|put| put.metadata = BTreeMap::new()))
        }),
        mutant("metadata_folded", "BLB-META-1", "Values of metadata are turned to lower case.", |_| {
            tampered(Rewrite(|put| put.metadata.values_mut().for_each(|value| *value = value.to_lowercase())))
        }),
        mutant("metadata_merged", "BLB-META-1", "A write leaves the metadata that it does not name.", |_| {
            tampered(MetadataMerged)
        }),
        mutant("delete_absent_errors", "BLB-DEL-1", "Deleting an absent blob fails.", |_| tampered(DeleteAbsentErrors)),
        mutant("delete_lazy", "BLB-DEL-1", "A deleted blob stays until the next write.", |_| {
            tampered(DeleteLazy::default())
        }),
        mutant("delete_takes_what_is_below", "BLB-DEL-1", "A delete takes the blobs below the name along.", |_| {
            tampered(DeleteTakesWhatIsBelow)
        }),
    ]
}

/// Writes something else than it was given.
struct Rewrite(fn(&mut PutBlob));

#[async_trait]
impl Tamper for Rewrite {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let mut put = put.clone();
        (self.0)(&mut put);
        sound.blobs.put(bucket, name, &put).await
    }
}

struct EmptyNotWritten;

#[async_trait]
impl Tamper for EmptyNotWritten {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        if put.bytes.is_empty()
            && let Ok(standing) = sound.blobs.head(bucket, name).await
        {
            return Ok(standing.etag);
        }
        sound.blobs.put(bucket, name, put).await
    }
}

type Known = HashMap<(BucketName, BlobName), (BlobInfo, Bytes)>;

/// Keeps whole blobs that were read.
#[derive(Default)]
struct ReadCache(Mutex<Known>);

#[async_trait]
impl Tamper for ReadCache {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        if range != BlobRange::All {
            return sound.blobs.get(bucket, name, range).await;
        }
        let key = (bucket.clone(), name.clone());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let (info, bytes) = if let Some(known) = known {
            known
        } else {
            let blob = sound.blobs.get(bucket, name, range).await?;
            let read = (blob.info.clone(), blob.bytes(usize::MAX).await?);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, read.clone());
            read
        };
        Ok(Blob { range: 0..info.length, info, stream: Box::pin(stream::iter([Ok(bytes)])) })
    }
}

/// Tells another etag than the store's. Conditions go by the store's, which nobody is told.
struct OtherEtag(fn(&BlobInfo) -> Etag);

#[async_trait]
impl Tamper for OtherEtag {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        sound.blobs.put(bucket, name, put).await?;
        Ok((self.0)(&sound.blobs.head(bucket, name).await?))
    }

    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let mut blob = sound.blobs.get(bucket, name, range).await?;
        blob.info.etag = (self.0)(&blob.info);
        Ok(blob)
    }

    async fn head(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        let info = sound.blobs.head(bucket, name).await?;
        Ok(BlobInfo { etag: (self.0)(&info), ..info })
    }
}

struct MetadataMerged;

#[async_trait]
impl Tamper for MetadataMerged {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let mut put = put.clone();
        if let Ok(standing) = sound.blobs.head(bucket, name).await {
            for (name, value) in standing.metadata {
                put.metadata.entry(name).or_insert(value);
            }
        }
        sound.blobs.put(bucket, name, &put).await
    }
}

struct DeleteAbsentErrors;

#[async_trait]
impl Tamper for DeleteAbsentErrors {
    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        sound.blobs.head(bucket, name).await?;
        sound.blobs.delete(bucket, name).await
    }
}

/// Deletes that are still to be done.
#[derive(Default)]
struct DeleteLazy(Mutex<Vec<(BucketName, BlobName)>>);

#[async_trait]
impl Tamper for DeleteLazy {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let due = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (bucket, name) in due {
            sound.blobs.delete(&bucket, &name).await?;
        }
        sound.blobs.put(bucket, name, put).await
    }

    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        match sound.blobs.head(bucket, name).await {
            Ok(_) => {
                self.0.lock().unwrap_or_else(PoisonError::into_inner).push((bucket.clone(), name.clone()));
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => sound.blobs.delete(bucket, name).await,
            Err(error) => Err(error),
        }
    }
}

struct DeleteTakesWhatIsBelow;

#[async_trait]
impl Tamper for DeleteTakesWhatIsBelow {
    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        let below = sound.blobs.list(bucket, &ListBlobs::prefix(format!("{}/", name.as_str()))).await?;
        for name in below.names() {
            sound.blobs.delete(bucket, name).await?;
        }
        sound.blobs.delete(bucket, name).await
    }
}
