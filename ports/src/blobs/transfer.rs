//! What goes into a blob store and what comes out.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use super::BlobName;
use crate::{Error, ErrorKind, Result, Timestamp};

/// Largest blob written in one call, and largest part, in bytes.
pub const MAX_PUT_BYTES: usize = 8 * 1024 * 1024;

const MAX_METADATA_BYTES: usize = 2 * 1024;

/// The state of a blob's bytes: opaque text, other for other bytes.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Etag(String);

impl Etag {
    /// Wraps what an adapter made or a client sent.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The etag as text, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Etag({})", self.0.escape_debug())
    }
}

/// What must hold of the standing blob for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum BlobCondition {
    /// Nothing.
    #[default]
    Always,
    /// There is no blob; else [`Conflict`](ErrorKind::Conflict).
    Absent,
    /// There is a blob of this etag; else [`PreconditionFailed`](ErrorKind::PreconditionFailed).
    Matches(Etag),
}

impl BlobCondition {
    /// Judges the condition against the standing blob's etag.
    pub fn check(&self, standing: Option<&Etag>) -> Result<()> {
        match (self, standing) {
            (Self::Absent, Some(_)) => Err(Error::new(ErrorKind::Conflict, "a blob with this name exists already")),
            (Self::Matches(expected), standing) if standing != Some(expected) => Err(Error::new(
                ErrorKind::PreconditionFailed,
                "the blob was replaced or is gone: read it again and decide anew",
            )),
            _ => Ok(()),
        }
    }
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PutBlob {
    /// The bytes.
    pub bytes: Bytes,
    /// The media type.
    pub content_type: String,
    /// Names and values that stay with the blob.
    pub metadata: BTreeMap<String, String>,
    /// What must hold of the standing blob.
    pub condition: BlobCondition,
}

impl PutBlob {
    /// Bytes of this media type; [`TooLarge`](ErrorKind::TooLarge) for more than 8 MiB,
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a media type that is not 3 to 128 of visible ASCII and spaces.
    pub fn new(content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Result<Self> {
        let (content_type, bytes) = (content_type.into(), bytes.into());
        if bytes.len() > MAX_PUT_BYTES {
            let message = format!("{} bytes in one write: at most {MAX_PUT_BYTES}; upload it in parts", bytes.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        check_content_type(&content_type)?;
        Ok(Self { bytes, content_type, metadata: BTreeMap::new(), condition: BlobCondition::Always })
    }

    /// With this metadata. Its name is 1 to 40 of `a-z`, `0-9` and `_`, starting with a letter; its value is visible ASCII
    /// with single spaces inside, 1 to 1,024 bytes: what travels in an HTTP header everywhere. At most 2 KiB in all.
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self> {
        add_metadata(&mut self.metadata, name.into(), value.into())?;
        Ok(self)
    }

    /// Only under this condition.
    #[must_use]
    pub fn when(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }
}

/// Refuses what is not a media type.
pub(super) fn check_content_type(content_type: &str) -> Result<()> {
    let visible = content_type.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !visible || !(3..=128).contains(&content_type.len()) {
        return Err(Error::invalid("the content type must be a media type such as \"text/csv\""));
    }
    Ok(())
}

/// Adds a pair to a blob's metadata, within what a header holds and the limit of all.
pub(crate) fn add_metadata(metadata: &mut BTreeMap<String, String>, name: String, value: String) -> Result<()> {
    let plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if !plain || !(1..=40).contains(&name.len()) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err(Error::invalid(format!("{name:?} does not name metadata: 1 to 40 of a-z, 0-9 and '_'")));
    }
    let visible = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !visible || value.is_empty() || value.trim() != value || value.contains("  ") || value.len() > 1024 {
        return Err(Error::invalid(format!("the metadata {name} must be 1 to 1024 bytes of visible ASCII")));
    }
    metadata.insert(name, value);
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MAX_METADATA_BYTES {
        let message = format!("{size} bytes of metadata: at most {MAX_METADATA_BYTES}");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

/// What is known of a blob without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its name.
    pub name: BlobName,
    /// Its length in bytes.
    pub length: u64,
    /// The state of its bytes.
    pub etag: Etag,
    /// Its media type. Listings may leave it empty.
    pub content_type: String,
    /// Its metadata. Listings may leave it empty.
    pub metadata: BTreeMap<String, String>,
    /// When it was written, to the second.
    pub modified_at: Timestamp,
}

/// The bytes of a blob as they arrive.
pub type BlobStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// A blob being read.
pub struct Blob {
    /// What is known of it.
    pub info: BlobInfo,
    /// Which of its bytes the stream gives.
    pub range: Range<u64>,
    /// The bytes.
    pub stream: BlobStream,
}

impl Blob {
    /// All bytes of the stream; [`TooLarge`](ErrorKind::TooLarge) if there are more than `limit`.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = poll_fn(|context| self.stream.as_mut().poll_next(context)).await {
            let chunk = chunk?;
            if bytes.len() + chunk.len() > limit {
                let message = format!("the blob is larger than the {limit} bytes asked for");
                return Err(Error::new(ErrorKind::TooLarge, message).during("blobs.get", &self.info.name));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("info", &self.info).field("range", &self.range).finish_non_exhaustive()
    }
}

/// Which bytes of a blob to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BlobRange {
    /// All of them.
    #[default]
    All,
    /// Those from this offset up to the end.
    From(u64),
    /// Those from the first offset up to, not including, the second.
    Between(u64, u64),
    /// The last so many.
    Last(u64),
}

impl BlobRange {
    /// The offsets that the range means in a blob of this length. [`InvalidInput`](ErrorKind::InvalidInput) if it is empty
    /// by itself or begins at or past the end.
    pub fn resolve(self, length: u64) -> Result<Range<u64>> {
        let (start, end) = match self {
            Self::All => return Ok(0..length),
            Self::From(start) => (start, length),
            Self::Between(start, end) => (start, end.min(length)),
            Self::Last(count) => (length - count.min(length), length),
        };
        if start < end {
            return Ok(start..end);
        }
        Err(Error::invalid(format!("the range {self:?} holds no byte of a blob of {length} bytes")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stop_at_the_end_and_must_hold_a_byte() {
        assert_eq!(BlobRange::All.resolve(0).unwrap(), 0..0);
        assert_eq!(BlobRange::Between(2, 99).resolve(10).unwrap(), 2..10);
        assert_eq!(BlobRange::Last(99).resolve(10).unwrap(), 0..10);
        assert_eq!(BlobRange::From(9).resolve(10).unwrap(), 9..10);
        for empty in [BlobRange::From(10), BlobRange::Between(3, 3), BlobRange::Between(4, 2), BlobRange::Last(0)] {
            assert_eq!(empty.resolve(10).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn metadata_is_what_a_header_holds() {
        let put = || PutBlob::new("text/csv", "x").unwrap();
        assert!(put().with_metadata("uploaded_by", "Ada Lovelace").is_ok());
        for (name, value) in [("Up", "x"), ("1a", "x"), ("a", ""), ("a", " x"), ("a", "é"), ("a", "x\r\ny: z")] {
            assert!(put().with_metadata(name, value).is_err(), "{name}: {value:?}");
        }
    }
}
