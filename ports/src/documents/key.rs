//! The address of a document within its collection.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// Longest partition key and longest sort key, in bytes of UTF-8. DynamoDB holds 1,024 bytes of sort key, Cosmos DB
/// 255 characters of id after encoding, Firestore 1,500 bytes; adapters that must encode have room to.
pub const MAX_KEY_BYTES: usize = 256;

/// A partition key and a sort key: each any non-empty UTF-8 of at most 256 bytes. Documents of one partition are
/// ordered by the bytes of their sort keys, and only they can be written together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(String, String)", into = "(String, String)")]
pub struct Key {
    partition: Partition,
    sort: String,
}

impl Key {
    /// A key, or [`InvalidInput`](ErrorKind::InvalidInput) for an empty part, [`TooLarge`](ErrorKind::TooLarge) for
    /// one over 256 bytes.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Result<Self> {
        Ok(Self { partition: Partition::new(partition)?, sort: checked("sort key", sort.into())? })
    }

    /// The partition.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// The sort key.
    pub fn sort(&self) -> &str {
        &self.sort
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{:?}", self.partition.as_str(), self.sort)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition.as_str().escape_debug(), self.sort.escape_debug())
    }
}

impl TryFrom<(String, String)> for Key {
    type Error = Error;

    fn try_from((partition, sort): (String, String)) -> Result<Self> {
        Self::new(partition, sort)
    }
}

impl From<Key> for (String, String) {
    fn from(key: Key) -> Self {
        (key.partition.0, key.sort)
    }
}

/// The partition key of a document: any non-empty UTF-8 of at most 256 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(String);

impl Partition {
    /// A partition key, or [`InvalidInput`](ErrorKind::InvalidInput) if empty, [`TooLarge`](ErrorKind::TooLarge) if
    /// over 256 bytes.
    pub fn new(partition: impl Into<String>) -> Result<Self> {
        checked("partition key", partition.into()).map(Self)
    }

    /// The partition key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the document with this sort key in this partition.
    pub fn key(&self, sort: impl Into<String>) -> Result<Key> {
        Ok(Key { partition: self.clone(), sort: checked("sort key", sort.into())? })
    }
}

fn checked(part: &str, text: String) -> Result<String> {
    match text.len() {
        0 => Err(Error::invalid(format!("the {part} is empty: it must hold at least one character"))),
        1..=MAX_KEY_BYTES => Ok(text),
        length => Err(Error::new(
            ErrorKind::TooLarge,
            format!("the {part} is {length} bytes of UTF-8: at most {MAX_KEY_BYTES} are allowed"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bounded_in_bytes_not_characters() {
        assert!(Key::new("p", "é".repeat(128)).is_ok());
        assert_eq!(Key::new("p", "é".repeat(128) + "x").unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(Key::new("x".repeat(257), "s").unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(Key::new("", "s").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(Key::new("p", "").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(Key::new("\0", "..").is_ok());
    }
}
