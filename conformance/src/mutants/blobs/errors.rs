//! Faults of what is told when the store is not itself.

use std::sync::atomic::{AtomicBool, Ordering};

use anyport_ports::blobs::{BlobInfo, BlobName, BlobPage, Etag, ListBlobs, PutBlob, UploadId};
use anyport_ports::{BucketName, Error, ErrorKind, Result, Retry};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::{Mutant, is_lost_request};
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant(
            "throttled_delete_swallowed",
            "BLB-ERR-1",
            "A delete that the store put off is told to be done.",
            |_| tampered(ThrottleSwallowed),
        ),
        mutant(
            "throttled_put_never_retried",
            "BLB-ERR-1",
            "A store that asks to slow down is told to be given up.",
            |_| tampered(PutTold(ErrorKind::Throttled, |error| error.with_retry(Retry::Never))),
        ),
        mutant(
            "ambiguous_put_reported_failed",
            "BLB-ERR-1",
            "A write whose answer was lost is told as not done.",
            |_| {
                tampered(PutTold(ErrorKind::Indeterminate, |error| Error::new(ErrorKind::Unavailable, error.message())))
            },
        ),
        mutant(
            "unreached_put_in_doubt",
            "BLB-ERR-1",
            "A write to a store that was never reached is told to be in doubt.",
            |_| {
                tampered(PutTold(ErrorKind::Unavailable, |error| Error::new(ErrorKind::Indeterminate, error.message())))
            },
        ),
        mutant(
            "lost_put_reported_failed",
            "BLB-ERR-1",
            "A connection that broke after a write was sent is taken for one that was never made.",
            |_| {
                tampered(PutTold(ErrorKind::Indeterminate, |error| {
                    if is_lost_request(&error) { Error::new(ErrorKind::Unavailable, error.message()) } else { error }
                }))
            },
        ),
        mutant("unreachable_list_is_empty", "BLB-ERR-1", "A store that is not reached has no blobs.", |_| {
            tampered(UnreachableListIsEmpty)
        }),
        mutant(
            "unreachable_blob_is_absent",
            "BLB-ERR-1",
            "A blob of a store that is not reached is told to be absent.",
            |_| tampered(UnreachableIsAbsent),
        ),
        mutant("refused_completion_aborts", "BLB-ERR-1", "A completion that was refused loses the upload.", |_| {
            tampered(RefusedCompletionAborts::default())
        }),
    ]
}

struct ThrottleSwallowed;

#[async_trait]
impl Tamper for ThrottleSwallowed {
    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        match sound.blobs.delete(bucket, name).await {
            Err(error) if error.kind() == ErrorKind::Throttled => Ok(()),
            other => other,
        }
    }
}

/// Tells a write that ends in an error of this kind in another way.
struct PutTold(ErrorKind, fn(Error) -> Error);

#[async_trait]
impl Tamper for PutTold {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let result = sound.blobs.put(bucket, name, put).await;
        result.map_err(|error| if error.kind() == self.0 { (self.1)(error) } else { error })
    }
}

struct UnreachableListIsEmpty;

#[async_trait]
impl Tamper for UnreachableListIsEmpty {
    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        match sound.blobs.list(bucket, list).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => Ok(list.page([])),
            other => other,
        }
    }
}

struct UnreachableIsAbsent;

#[async_trait]
impl Tamper for UnreachableIsAbsent {
    async fn head(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        match sound.blobs.head(bucket, name).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                Err(Error::new(ErrorKind::NotFound, "there is no blob with this name"))
            }
            other => other,
        }
    }
}

/// Aborts as soon as it gets through.
#[derive(Default)]
struct RefusedCompletionAborts(AtomicBool);

#[async_trait]
impl Tamper for RefusedCompletionAborts {
    async fn complete_upload(&self, sound: &BlobStore, upload: &UploadId, parts: u32) -> Result<Etag> {
        if self.0.load(Ordering::SeqCst) {
            sound.blobs.abort_upload(upload).await?;
        }
        let result = sound.blobs.complete_upload(upload, parts).await;
        if result.as_ref().is_err_and(|error| error.retry() == Retry::Backoff) {
            self.0.store(true, Ordering::SeqCst);
        }
        result
    }
}
