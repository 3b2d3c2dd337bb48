//! Names of blobs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// Longest name, in bytes of UTF-8: S3, Azure and Google Cloud Storage hold 1,024 after an adapter's encoding.
pub const MAX_BLOB_NAME_BYTES: usize = 512;

/// Most segments of a name, between slashes: Azure's limit.
const MAX_SEGMENTS: usize = 254;

/// The name of a blob: 1 to 512 bytes of UTF-8 without control characters, backslashes, U+FFFE and U+FFFF, made of at most
/// 254 segments between slashes, none of which is empty or ends with a dot.
///
/// That is what all stores hold as it is, so that names keep their order without an encoding: S3 and its kin list names
/// in XML 1.0, which has no control characters; Azure and Google Cloud Storage refuse some of these themselves; HTTP clients,
/// and URLs by their standard, take segments `.` and `..` for steps in a path, and Azure drops dots at a segment's end and
/// takes a backslash for a slash. Beyond that a slash is a character like any other; listings with a delimiter give it the
/// meaning of a folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobName(String);

impl BlobName {
    /// A name: [`TooLarge`](ErrorKind::TooLarge) if over 512 bytes, [`InvalidInput`](ErrorKind::InvalidInput) if it breaks
    /// another rule.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        if name.len() > MAX_BLOB_NAME_BYTES {
            let message = format!("the blob's name is {} bytes of UTF-8: at most {MAX_BLOB_NAME_BYTES}", name.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            return Err(Error::invalid(format!("the blob's name {name:?} holds a control character")));
        }
        if name.contains('\\') {
            let message = format!("the blob's name {name:?} holds a backslash, which Azure takes for a slash");
            return Err(Error::invalid(message));
        }
        if name.split('/').count() > MAX_SEGMENTS {
            let message = format!("the blob's name has more than {MAX_SEGMENTS} segments between slashes");
            return Err(Error::invalid(message));
        }
        if name.split('/').any(|segment| segment.is_empty() || segment.ends_with('.')) {
            let message =
                format!("a segment of the blob's name {name:?}, between slashes, is empty or ends with a dot");
            return Err(Error::invalid(message));
        }
        Ok(Self(name))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_every_store_holds_as_it_is() {
        for good in ["a", " ", "a/b", ".a", "..a", "a.b/.c", "?#%2F", "é", "\u{1f600}", "\u{fffd}"] {
            assert_eq!(BlobName::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "./a", "a.", "a./b", "\0", "a\n", "a\\b", "\u{85}",
            "\u{ffff}",
        ] {
            assert_eq!(BlobName::new(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad:?}");
        }
    }

    #[test]
    fn its_length_is_bounded_in_bytes() {
        assert!(BlobName::new("é".repeat(256)).is_ok());
        assert_eq!(BlobName::new("é".repeat(257)).unwrap_err().kind(), ErrorKind::TooLarge);
        assert!(BlobName::new(format!("{}a", "a/".repeat(253))).is_ok());
        assert_eq!(BlobName::new(format!("{}a", "a/".repeat(254))).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
