//! A bucket of a store, as the checks use it.

use std::fmt;

use anyport_ports::blobs::{
    Blob, BlobCondition, BlobInfo, BlobName, BlobRange, Etag, ListBlobs, MAX_PUT_BYTES, NewUpload, PartNumber, PutBlob,
    UploadId,
};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use bytes::Bytes;

use crate::check::{Context, Verdict, Violation, ensure, expect_error};
use crate::subject::BlobStore;
use crate::suite::FILES;

/// More than any check writes.
const LIMIT: usize = 4 * MAX_PUT_BYTES;

/// A bucket, through a handle of its own.
pub(super) struct Shelf {
    /// The handle.
    pub(super) store: BlobStore,
    bucket: BucketName,
}

impl Shelf {
    /// The bucket [`FILES`].
    pub(super) async fn of(cx: &Context<BlobStore>) -> Result<Self, Violation> {
        Self::of_bucket(cx, FILES).await
    }

    /// This bucket.
    pub(super) async fn of_bucket(cx: &Context<BlobStore>, bucket: BucketName) -> Result<Self, Violation> {
        Ok(Self::in_store(cx.connect().await?, bucket))
    }

    /// This bucket of this store.
    pub(super) fn in_store(store: BlobStore, bucket: BucketName) -> Self {
        Self { store, bucket }
    }

    /// Writes a blob of plain text.
    pub(super) async fn put(&self, name: &str, bytes: impl Into<Bytes>) -> Result<Etag> {
        self.put_when(name, bytes, BlobCondition::Always).await
    }

    /// Writes a blob of plain text under a condition.
    pub(super) async fn put_when(&self, name: &str, bytes: impl Into<Bytes>, when: BlobCondition) -> Result<Etag> {
        self.put_as(name, &text(bytes)?.when(when)).await
    }

    /// Writes a blob.
    pub(super) async fn put_as(&self, name: &str, put: &PutBlob) -> Result<Etag> {
        self.store.blobs.put(&self.bucket, &BlobName::new(name)?, put).await
    }

    /// Begins to read a blob.
    pub(super) async fn get(&self, name: &str, range: BlobRange) -> Result<Blob> {
        self.store.blobs.get(&self.bucket, &BlobName::new(name)?, range).await
    }

    /// Reads a whole blob.
    pub(super) async fn read(&self, name: &str) -> Result<Bytes> {
        self.get(name, BlobRange::All).await?.bytes(LIMIT).await
    }

    /// What is known of a blob.
    pub(super) async fn head(&self, name: &str) -> Result<BlobInfo> {
        self.store.blobs.head(&self.bucket, &BlobName::new(name)?).await
    }

    /// Deletes a blob.
    pub(super) async fn delete(&self, name: &str) -> Result<()> {
        self.store.blobs.delete(&self.bucket, &BlobName::new(name)?).await
    }

    /// Copies a blob.
    pub(super) async fn copy(&self, from: &str, to: &str) -> Result<Etag> {
        self.store.blobs.copy(&self.bucket, &BlobName::new(from)?, &BlobName::new(to)?).await
    }

    /// Begins an upload of plain text.
    pub(super) async fn begin(&self, name: &str) -> Result<UploadId> {
        let upload = NewUpload::new("text/plain")?;
        self.store.blobs.begin_upload(&self.bucket, &BlobName::new(name)?, &upload).await
    }

    /// Sends a part.
    pub(super) async fn part(&self, upload: &UploadId, number: u32, bytes: impl Into<Bytes>) -> Result<()> {
        self.store.blobs.put_part(upload, PartNumber::new(number)?, bytes.into()).await
    }

    /// Completes an upload.
    pub(super) async fn complete(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        self.store.blobs.complete_upload(upload, parts).await
    }

    /// All that a listing gives, page by page: blobs and common prefixes, in the order they came.
    pub(super) async fn list(&self, listing: &ListBlobs) -> Result<Listed, Violation> {
        let mut listed = Listed::default();
        let mut next = None;
        for _ in 0..1_000 {
            let page = self.store.blobs.list(&self.bucket, &listing.clone().after(next.as_ref())?).await?;
            let (on_page, limit) = (page.blobs.len() + page.prefixes.len(), listing.page_limit());
            ensure!(on_page <= limit, "a page of at most {limit} holds {on_page}");
            listed.names.extend(page.names().map(|name| name.as_str().to_owned()));
            listed.prefixes.extend(page.prefixes);
            match page.next {
                Some(cursor) => next = Some(cursor),
                None => return Ok(listed),
            }
        }
        Err(Violation::new(format!("after 1,000 pages a listing has no end: {listed:?}")))
    }

    /// The names of all blobs in the bucket.
    pub(super) async fn names(&self) -> Result<Vec<String>, Violation> {
        Ok(self.list(&ListBlobs::prefix("")).await?.names)
    }

    /// Fails unless the blob has just these bytes.
    pub(super) async fn expect(&self, name: &str, bytes: &[u8], what: &str) -> Verdict {
        let found = self.read(name).await?;
        ensure_same(&found, bytes, what)
    }

    /// Fails unless there is no such blob in any view.
    pub(super) async fn expect_absent(&self, name: &str, what: &str) -> Verdict {
        expect_error(self.read(name).await, ErrorKind::NotFound, &format!("{what}: get"))?;
        expect_error(self.head(name).await, ErrorKind::NotFound, &format!("{what}: head"))?;
        let listed = self.list(&ListBlobs::prefix(name)).await?.names;
        ensure!(!listed.iter().any(|listed| listed == name), "{what}: it is still listed");
        Ok(())
    }
}

/// What a listing gave.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Names of blobs.
    pub(super) names: Vec<String>,
    /// Common prefixes.
    pub(super) prefixes: Vec<String>,
}

/// Bytes as plain text.
pub(super) fn text(bytes: impl Into<Bytes>) -> Result<PutBlob, Error> {
    PutBlob::new("text/plain", bytes)
}

/// Bytes no two pages of which are the same, other ones for another seed.
pub(super) fn noise(length: usize, seed: u8) -> Bytes {
    const PAGE: usize = 4 * 1024;
    let mut state = u32::from(seed).wrapping_mul(0x9e37_79b9) | 1;
    let mut page = Vec::with_capacity(PAGE);
    while page.len() < PAGE {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        page.extend_from_slice(&state.to_le_bytes());
    }
    let mut bytes = Vec::with_capacity(length + PAGE);
    while bytes.len() < length {
        bytes.extend_from_slice(&bytes.len().to_le_bytes());
        bytes.extend_from_slice(&page);
    }
    bytes.truncate(length);
    bytes.into()
}

/// Fails unless the bytes found are the expected ones.
pub(super) fn ensure_same(found: &[u8], expected: &[u8], what: &str) -> Verdict {
    if found == expected {
        return Ok(());
    }
    let same = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    let (expected, found) = (Brief(expected), Brief(found));
    Err(Violation::new(format!("{what}: expected {expected}, found {found}, other from byte {same}")))
}

/// Bytes in a report: all of them if they are few, else how many and how they begin.
struct Brief<'a>(&'a [u8]);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = &self.0[..self.0.len().min(40)];
        write!(f, "{} bytes \"{}\"", self.0.len(), head.escape_ascii())
    }
}
