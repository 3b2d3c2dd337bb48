//! Faults of create-only and compare-and-swap.

use std::time::Duration;

use anyport_ports::blobs::{BlobCondition, BlobName, Etag, PutBlob};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("if_none_match_ignored", "BLB-PUT-2", "Create-only replaces what is there.", |_| {
            tampered(Ignored(|condition| *condition == BlobCondition::Absent))
        }),
        mutant("create_only_not_atomic", "BLB-PUT-2", "Create-only looks first and writes later.", |_| {
            tampered(NotAtomic(|condition| *condition == BlobCondition::Absent))
        }),
        mutant(
            "create_refused_as_precondition",
            "BLB-PUT-2",
            "Creating what exists is told as an outdated etag.",
            |_| tampered(CreateRefusedAsPrecondition),
        ),
        mutant("cas_ignored", "BLB-PUT-3", "Compare-and-swap does not look at the etag.", |_| {
            tampered(Ignored(|condition| matches!(condition, BlobCondition::Matches(_))))
        }),
        mutant("cas_creates_absent", "BLB-PUT-3", "Compare-and-swap of an absent blob creates it.", |_| {
            tampered(CasCreatesAbsent)
        }),
        mutant("cas_not_atomic", "BLB-PUT-3", "Compare-and-swap looks first and writes later.", |_| {
            tampered(NotAtomic(|condition| matches!(condition, BlobCondition::Matches(_))))
        }),
    ]
}

fn unconditional(put: &PutBlob) -> PutBlob {
    put.clone().when(BlobCondition::Always)
}

/// Takes no notice of some conditions.
struct Ignored(fn(&BlobCondition) -> bool);

#[async_trait]
impl Tamper for Ignored {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let put = if (self.0)(&put.condition) { unconditional(put) } else { put.clone() };
        sound.blobs.put(bucket, name, &put).await
    }
}

/// Judges some conditions by itself, and writes what it likes after that.
struct NotAtomic(fn(&BlobCondition) -> bool);

#[async_trait]
impl Tamper for NotAtomic {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        if !(self.0)(&put.condition) {
            return sound.blobs.put(bucket, name, put).await;
        }
        let standing = sound.blobs.head(bucket, name).await.ok().map(|info| info.etag);
        put.condition.check(standing.as_ref())?;
        tokio::time::sleep(Duration::from_millis(5)).await;
        sound.blobs.put(bucket, name, &unconditional(put)).await
    }
}

struct CreateRefusedAsPrecondition;

#[async_trait]
impl Tamper for CreateRefusedAsPrecondition {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        match sound.blobs.put(bucket, name, put).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                Err(Error::new(ErrorKind::PreconditionFailed, error.message()))
            }
            other => other,
        }
    }
}

struct CasCreatesAbsent;

#[async_trait]
impl Tamper for CasCreatesAbsent {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let absent = sound.blobs.head(bucket, name).await.is_err_and(|error| error.kind() == ErrorKind::NotFound);
        if absent && matches!(put.condition, BlobCondition::Matches(_)) {
            return sound.blobs.put(bucket, name, &unconditional(put)).await;
        }
        sound.blobs.put(bucket, name, put).await
    }
}
