//! Faults of reading.

use std::sync::Arc;

use anyport_ports::blobs::{Blob, BlobInfo, BlobName, BlobRange, Etag};
use anyport_ports::{BucketName, Error, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("absent_reads_empty", "BLB-GET-1", "An absent blob reads as an empty one.", |_| {
            tampered(AbsentReadsEmpty)
        }),
        mutant("absent_range_is_invalid", "BLB-GET-1", "A range of an absent blob is told to be a bad range.", |_| {
            tampered(AbsentRangeIsInvalid)
        }),
        mutant("range_off_by_one", "BLB-GET-2", "The end of a range is taken for its last byte.", |_| {
            tampered(Ranged(|range| match range {
                BlobRange::Between(start, end) if start < end => BlobRange::Between(start, end.saturating_add(1)),
                other => other,
            }))
        }),
        mutant("suffix_range_wrong", "BLB-GET-2", "The last so many bytes are taken for those from there on.", |_| {
            tampered(Ranged(|range| match range {
                BlobRange::Last(count @ 1..=9) => BlobRange::From(count),
                other => other,
            }))
        }),
        mutant("long_suffix_refused", "BLB-GET-2", "A suffix longer than the blob is refused.", |_| {
            tampered(LongSuffixRefused)
        }),
        mutant("past_the_end_is_empty", "BLB-GET-2", "A range that begins past the end gives no bytes.", |_| {
            tampered(PastTheEndIsEmpty)
        }),
        mutant("past_the_end_is_refused", "BLB-GET-2", "A range that reaches past the end is refused.", |_| {
            tampered(PastTheEndIsRefused)
        }),
        mutant("read_mixes_two_writes", "BLB-GET-3", "A blob is read in pieces, each of it as it stands then.", |_| {
            tampered(ReadMixesTwoWrites)
        }),
    ]
}

/// A blob of no bytes.
fn empty(info: BlobInfo) -> Blob {
    Blob { range: 0..0, info, stream: Box::pin(stream::iter([Ok(Bytes::new())])) }
}

struct AbsentReadsEmpty;

#[async_trait]
impl Tamper for AbsentReadsEmpty {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let listed = sound.blobs.list(bucket, &anyport_ports::blobs::ListBlobs::prefix("")).await;
        match sound.blobs.get(bucket, name, range).await {
            // Of a bucket that does exist.
            Err(error) if error.kind() == ErrorKind::NotFound && listed.is_ok() => Ok(empty(BlobInfo {
                name: name.clone(),
                length: 0,
                etag: Etag::new(""),
                content_type: "text/plain".to_owned(),
                metadata: std::collections::BTreeMap::new(),
                modified_at: Timestamp::from_millis(0),
            })),
            other => other,
        }
    }
}

struct AbsentRangeIsInvalid;

#[async_trait]
impl Tamper for AbsentRangeIsInvalid {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let result = sound.blobs.get(bucket, name, range).await;
        match result {
            Err(error) if error.kind() == ErrorKind::NotFound && range != BlobRange::All => {
                Err(Error::invalid("the range holds no byte of the blob"))
            }
            other => other,
        }
    }
}

/// Reads another range than asked for.
struct Ranged(fn(BlobRange) -> BlobRange);

#[async_trait]
impl Tamper for Ranged {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        sound.blobs.get(bucket, name, (self.0)(range)).await
    }
}

struct LongSuffixRefused;

#[async_trait]
impl Tamper for LongSuffixRefused {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let blob = sound.blobs.get(bucket, name, range).await?;
        match range {
            BlobRange::Last(count) if count > blob.info.length => Err(Error::invalid("the suffix is too long")),
            _ => Ok(blob),
        }
    }
}

struct PastTheEndIsEmpty;

#[async_trait]
impl Tamper for PastTheEndIsEmpty {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        match sound.blobs.get(bucket, name, range).await {
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(empty(sound.blobs.head(bucket, name).await?)),
            other => other,
        }
    }
}

struct PastTheEndIsRefused;

#[async_trait]
impl Tamper for PastTheEndIsRefused {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let blob = sound.blobs.get(bucket, name, range).await?;
        match range {
            BlobRange::Between(_, end) if end > blob.info.length => Err(Error::invalid("the range is past the end")),
            _ => Ok(blob),
        }
    }
}

/// Reads the second half of a large blob when it is asked for.
struct ReadMixesTwoWrites;

#[async_trait]
impl Tamper for ReadMixesTwoWrites {
    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let blob = sound.blobs.get(bucket, name, range).await?;
        let half = blob.info.length / 2;
        if range != BlobRange::All || half < 100_000 {
            return Ok(blob);
        }
        let (info, range) = (blob.info.clone(), blob.range);
        let first = sound.blobs.get(bucket, name, BlobRange::Between(0, half)).await?.bytes(usize::MAX).await;
        let (blobs, bucket, name, end) = (Arc::clone(&sound.blobs), bucket.clone(), name.clone(), info.length);
        let second =
            async move { blobs.get(&bucket, &name, BlobRange::Between(half, end)).await?.bytes(usize::MAX).await };
        Ok(Blob { info, range, stream: Box::pin(stream::iter([first]).chain(stream::once(second))) })
    }
}
