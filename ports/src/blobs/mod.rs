//! Blobs: bytes under a name in a bucket.

mod grant;
mod listing;
mod name;
mod signed;
mod transfer;
mod upload;

use async_trait::async_trait;
use bytes::Bytes;

pub use grant::SignedGrant;
pub use listing::{BlobPage, ListBlobs, Listed};
pub use name::{BlobName, MAX_BLOB_NAME_BYTES};
pub use signed::{FetchSigned, SignBlobs, SignedAnswer, SignedUrlTtl, Verb};
pub(crate) use transfer::add_metadata;
pub use transfer::{Blob, BlobCondition, BlobInfo, BlobRange, BlobStream, Etag, MAX_PUT_BYTES, PutBlob};
pub use upload::{MAX_PARTS, MIN_PART_BYTES, NewUpload, PartNumber, UploadId};

use crate::{BucketName, Result};

/// A store of blobs.
///
/// # Behavior of every operation
///
/// - **BLB-NAM-1**: any two different names are two different blobs, whatever characters they hold; buckets do not share.
/// - **BLB-NAM-2**: a bucket that was never provisioned is `NotFound`, and a signed URL to it answers 404.
///
/// # Errors of every operation
///
/// - **BLB-ERR-1**: a store that asks to slow down is `Throttled`, one that is not reached is `Unavailable`: both tell to
///   retry, and nothing was done; a write that was lost on its way once it was sent, there or back, is
///   `Indeterminate`.
/// - `PermissionDenied`, `Unauthenticated` and `Internal` may come from any operation.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Writes a whole blob of at most 8 MiB; a larger one is uploaded in parts.
    ///
    /// # Behavior
    ///
    /// - **BLB-PUT-1**: the bytes come back exactly, none as well as the most; it replaces what was there, at once.
    /// - **BLB-PUT-2**: under `Absent` it creates; if there is a blob, `Conflict`, and that blob stays.
    /// - **BLB-PUT-3**: under `Matches` it replaces the blob of that etag; if it is another or there is none,
    ///   `PreconditionFailed`, and what is there stays. Of concurrent writers under one etag exactly one succeeds.
    /// - **BLB-PUT-4**: a blob of other bytes has another etag.
    /// - **BLB-META-1**: content type and metadata come back exactly, by `get` and `head`; a write replaces them.
    ///
    /// # Errors
    ///
    /// `Conflict`, `PreconditionFailed` by the condition, `NotFound` for an unknown bucket, `Indeterminate`, and those of
    /// every operation.
    async fn put(&self, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag>;

    /// Reads a blob or a range of it.
    ///
    /// # Behavior
    ///
    /// - **BLB-GET-1**: an absent blob is `NotFound`.
    /// - **BLB-GET-2**: a range gives exactly its bytes; one that reaches past the end, those up to the end; one that
    ///   begins at or past the end of a blob is `InvalidInput`; a suffix longer than the blob is all of it.
    /// - **BLB-GET-3**: a read that has begun gives the bytes of one write, though the blob is replaced meanwhile.
    ///
    /// # Errors
    ///
    /// `NotFound`, `InvalidInput` for a range, and those of every operation; each may also come from the stream.
    async fn get(&self, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob>;

    /// What is known of a blob without its bytes.
    ///
    /// # Errors
    ///
    /// `NotFound`, and those of every operation.
    async fn head(&self, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo>;

    /// Deletes a blob.
    ///
    /// # Behavior
    ///
    /// - **BLB-DEL-1**: it is gone at once; deleting an absent one succeeds.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown bucket, `Indeterminate`, and those of every operation.
    async fn delete(&self, bucket: &BucketName, name: &BlobName) -> Result<()>;

    /// Lists blobs by name.
    ///
    /// # Behavior
    ///
    /// - **BLB-LST-1**: it lists exactly the blobs whose name begins with the prefix, in UTF-8 byte order, on pages of any
    ///   size, each once, as of now.
    /// - **BLB-LST-2**: with a delimiter, names that hold it after the prefix are listed once as their common prefix, up to
    ///   and with the delimiter.
    /// - **BLB-LST-3**: a listing goes on rightly when blobs are added and deleted meanwhile.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown bucket, and those of every operation.
    async fn list(&self, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage>;

    /// Copies a blob within its bucket, with content type and metadata, over what is there. The etag is that of the copy,
    /// which has the bytes of one write to the source though that is replaced meanwhile. A copy of a blob to its own name
    /// changes nothing.
    ///
    /// # Behavior
    ///
    /// - **BLB-CPY-1**: the copy has the bytes, content type and metadata; the source stays; an absent source is `NotFound`.
    ///
    /// # Errors
    ///
    /// As `head`, and `Indeterminate`.
    async fn copy(&self, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag>;

    /// Begins an upload in parts.
    ///
    /// # Behavior
    ///
    /// - **BLB-UPL-1**: parts sent in any order, at once or again, make the blob in the order of their numbers, the last
    ///   one sent of a number.
    /// - **BLB-UPL-2**: until it is completed nothing of it is seen, and what was there stays; aborted, nothing is left.
    /// - **BLB-UPL-3**: completing with a number missing is `InvalidInput`, an upload that is unknown, aborted or
    ///   completed is `NotFound`; nothing is written.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown bucket, and those of every operation.
    async fn begin_upload(&self, bucket: &BucketName, name: &BlobName, upload: &NewUpload) -> Result<UploadId>;

    /// Sends a part: each but the last of at least 5 MiB, none of more than 8 MiB.
    ///
    /// # Errors
    ///
    /// `NotFound` for an upload that is unknown, aborted or completed, `TooLarge` for a part over 8 MiB, and those of every
    /// operation.
    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()>;

    /// Makes the blob of parts 1 to `parts`, over what is there.
    ///
    /// # Errors
    ///
    /// `NotFound` for an upload that is unknown, aborted or completed, `InvalidInput` for a missing part or for one, not
    /// the last, under 5 MiB, `Indeterminate`, and those of every operation.
    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag>;

    /// Gives an upload up; giving up an unknown one succeeds.
    ///
    /// # Errors
    ///
    /// Those of every operation.
    async fn abort_upload(&self, upload: &UploadId) -> Result<()>;
}
