//! Faults of names.

use anyport_ports::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Etag, ListBlobs, NewUpload, PutBlob, UploadId,
};
use anyport_ports::{BucketName, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;
use crate::suite::{FILES, OTHER_FILES};

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("names_folded", "BLB-NAM-1", "Names that differ in case are one.", |_| {
            tampered(Renamed(str::to_lowercase))
        }),
        mutant("names_normalised", "BLB-NAM-1", "Names that are the same letters to Unicode are one.", |_| {
            tampered(Renamed(|name| name.replace("e\u{301}", "é")))
        }),
        mutant(
            "names_trimmed",
            "BLB-NAM-1",
            "Spaces at the end of a name are dropped, as some file systems do.",
            |_| tampered(Renamed(|name| name.trim_end_matches(' ').to_owned())),
        ),
        mutant("names_percent_decoded", "BLB-NAM-1", "A name is taken for a part of a URL.", |_| {
            tampered(Renamed(|name| name.replace("%20", " ").replace("%2F", "/").replace("%2f", "/")))
        }),
        mutant("long_names_cut", "BLB-NAM-1", "A name is cut to 511 bytes.", |_| {
            tampered(Renamed(|name| name[..name.floor_char_boundary(511)].to_owned()))
        }),
        mutant("buckets_bleed", "BLB-NAM-1", "Two buckets share their blobs.", |_| tampered(BucketsBleed)),
        mutant("absent_bucket_is_empty", "BLB-NAM-2", "A bucket that does not exist lists as an empty one.", |_| {
            tampered(AbsentBucketIsEmpty)
        }),
        mutant("absent_bucket_deletes", "BLB-NAM-2", "Deleting in a bucket that does not exist succeeds.", |_| {
            tampered(AbsentBucketDeletes)
        }),
        mutant("absent_bucket_takes_uploads", "BLB-NAM-2", "An upload begins in a bucket that does not exist.", |_| {
            tampered(AbsentBucketTakesUploads)
        }),
    ]
}

/// Takes every name for another one.
struct Renamed(fn(&str) -> String);

impl Renamed {
    fn name(&self, name: &BlobName) -> Result<BlobName> {
        BlobName::new((self.0)(name.as_str()))
    }
}

#[async_trait]
impl Tamper for Renamed {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        sound.blobs.put(bucket, &self.name(name)?, put).await
    }

    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        sound.blobs.get(bucket, &self.name(name)?, range).await
    }

    async fn head(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        sound.blobs.head(bucket, &self.name(name)?).await
    }

    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        sound.blobs.delete(bucket, &self.name(name)?).await
    }

    async fn copy(&self, sound: &BlobStore, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        sound.blobs.copy(bucket, &self.name(from)?, &self.name(to)?).await
    }
}

/// The second bucket is the first.
struct BucketsBleed;

fn one_of_two(bucket: &BucketName) -> BucketName {
    if *bucket == OTHER_FILES { FILES } else { bucket.clone() }
}

#[async_trait]
impl Tamper for BucketsBleed {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        sound.blobs.put(&one_of_two(bucket), name, put).await
    }

    async fn get(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        sound.blobs.get(&one_of_two(bucket), name, range).await
    }

    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        sound.blobs.delete(&one_of_two(bucket), name).await
    }
}

struct AbsentBucketIsEmpty;

#[async_trait]
impl Tamper for AbsentBucketIsEmpty {
    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        match sound.blobs.list(bucket, list).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(list.page([])),
            other => other,
        }
    }
}

struct AbsentBucketDeletes;

#[async_trait]
impl Tamper for AbsentBucketDeletes {
    async fn delete(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName) -> Result<()> {
        match sound.blobs.delete(bucket, name).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

struct AbsentBucketTakesUploads;

#[async_trait]
impl Tamper for AbsentBucketTakesUploads {
    async fn begin_upload(
        &self,
        sound: &BlobStore,
        bucket: &BucketName,
        name: &BlobName,
        upload: &NewUpload,
    ) -> Result<UploadId> {
        match sound.blobs.begin_upload(bucket, name, upload).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(UploadId::new("begun-nowhere")),
            other => other,
        }
    }
}
