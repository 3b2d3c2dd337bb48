//! Names of blobs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// Longest name, in bytes of UTF-8: S3, Azure and Google Cloud Storage hold 1,024 after an adapter's encoding.
pub const MAX_BLOB_NAME_BYTES: usize = 512;

/// The name of a blob: any non-empty UTF-8 of at most 512 bytes. A slash is a character like any other; listings with
/// a delimiter give it the meaning of a folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobName(String);

impl BlobName {
    /// A name: [`InvalidInput`](ErrorKind::InvalidInput) if empty, [`TooLarge`](ErrorKind::TooLarge) if over 512 bytes.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        match name.len() {
            0 => Err(Error::invalid("the blob's name is empty")),
            1..=MAX_BLOB_NAME_BYTES => Ok(Self(name)),
            length => Err(Error::new(
                ErrorKind::TooLarge,
                format!("the blob's name is {length} bytes of UTF-8: at most {MAX_BLOB_NAME_BYTES}"),
            )),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_debug())
    }
}

impl fmt::Debug for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl TryFrom<String> for BlobName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::new(name)
    }
}

impl From<BlobName> for String {
    fn from(name: BlobName) -> Self {
        name.0
    }
}
