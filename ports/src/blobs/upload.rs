//! Uploads in parts.

use std::collections::BTreeMap;

use super::transfer::{add_metadata, check_content_type};
use crate::{Error, Result};

/// Smallest part of an upload but the last, in bytes: S3's limit.
pub const MIN_PART_BYTES: usize = 5 * 1024 * 1024;

/// Most parts of an upload: S3's limit.
pub const MAX_PARTS: u32 = 10_000;

/// How to write a blob that is uploaded in parts: as a [`PutBlob`](super::PutBlob) without bytes. It has no condition,
/// since not every store can hold the completion of an upload to one: who needs it uploads to a name of its own and refers
/// to that under a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewUpload {
    /// The media type.
    pub content_type: String,
    /// Names and values that stay with the blob.
    pub metadata: BTreeMap<String, String>,
}

impl NewUpload {
    /// Of this media type, under the rules of [`PutBlob::new`](super::PutBlob::new).
    pub fn new(content_type: impl Into<String>) -> Result<Self> {
        let content_type = content_type.into();
        check_content_type(&content_type)?;
        Ok(Self { content_type, metadata: BTreeMap::new() })
    }

    /// With this metadata, under the rules of [`PutBlob::with_metadata`](super::PutBlob::with_metadata).
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self> {
        add_metadata(&mut self.metadata, name.into(), value.into())?;
        Ok(self)
    }
}

/// Names an upload in parts. Opaque text of the adapter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct UploadId(String);

impl UploadId {
    /// Wraps what an adapter made.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The place of a part in its blob, from 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u32);

impl PartNumber {
    /// A part's number; [`InvalidInput`](ErrorKind::InvalidInput) outside 1 to 10,000.
    pub fn new(number: u32) -> Result<Self> {
        if (1..=MAX_PARTS).contains(&number) {
            return Ok(Self(number));
        }
        Err(Error::invalid(format!("part {number}: parts are numbered 1 to {MAX_PARTS}")))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}
