//! Writes and the conditions they stand under.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Body, Key, Partition};
use crate::{Error, ErrorKind, Result, Timestamp};

/// Most operations in one transaction. DynamoDB and Cosmos DB allow 100, of which an adapter's own may need half.
pub const MAX_TRANSACTION: usize = 50;

/// Most that the bodies of one transaction may be together, in bytes of compact JSON. Cosmos DB takes 2 MB in one batch and
/// DynamoDB 4 MB in one transaction, to which an adapter's own fields and escapes add.
pub const MAX_TRANSACTION_BYTES: usize = 1024 * 1024;

/// The version of a document: opaque text, new on every write and never reused for a key. As it travels to clients and
/// back (an `ETag`), any text can be held; what no store gave matches no document.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(String);

impl Version {
    /// Wraps what an adapter made or a client sent.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.0.escape_debug())
    }
}

/// What must hold of the standing document for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Condition {
    /// Nothing: the write happens.
    #[default]
    Always,
    /// There is no document; else [`Conflict`](ErrorKind::Conflict).
    Absent,
    /// There is a document; else [`NotFound`](ErrorKind::NotFound).
    Present,
    /// There is a document of this version; else [`PreconditionFailed`](ErrorKind::PreconditionFailed), also when there
    /// is no document.
    Version(Version),
}

impl Condition {
    /// Judges the condition against the standing document's version (`None`: no document, or an expired one).
    pub fn check(&self, standing: Option<&Version>) -> Result<()> {
        match (self, standing) {
            (Self::Absent, Some(_)) => Err(Error::new(ErrorKind::Conflict, "a document with this key exists already")),
            (Self::Present, None) => Err(Error::new(ErrorKind::NotFound, "there is no document with this key")),
            (Self::Version(expected), standing) if standing != Some(expected) => {
                let found = if standing.is_some() { "has another version" } else { "is gone" };
                Err(Error::new(
                    ErrorKind::PreconditionFailed,
                    format!("the document {found}: read it again and decide anew"),
                ))
            }
            _ => Ok(()),
        }
    }
}

/// What to write: a body, when it expires, and under which condition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Put {
    /// The whole new content.
    pub body: Body,
    /// From this instant on the document is invisible; `None`: it stands until deleted.
    pub expires_at: Option<Timestamp>,
    /// What must hold of the standing document.
    pub condition: Condition,
}

impl Put {
    /// Writes `body` whatever stands there, never to expire.
    pub fn new(body: Body) -> Self {
        Self { body, expires_at: None, condition: Condition::Always }
    }

    /// Only under this condition.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }

    /// To be invisible from this instant on.
    #[must_use]
    pub fn expires_at(mut self, instant: impl Into<Option<Timestamp>>) -> Self {
        self.expires_at = instant.into();
        self
    }
}

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Writes a document.
    Put(Put),
    /// Deletes a document under a condition.
    Delete(Condition),
    /// Writes nothing; only requires the condition.
    Check(Condition),
}

impl Operation {
    /// What must hold of the standing document for the transaction to happen.
    pub fn condition(&self) -> &Condition {
        match self {
            Self::Put(put) => &put.condition,
            Self::Delete(condition) | Self::Check(condition) => condition,
        }
    }
}

/// Up to 50 operations on different documents of one partition: all of them happen, or none.
///
/// ```
/// # use anyport_ports::documents::{Body, Condition, Partition, Put, Transaction};
/// # fn main() -> anyport_ports::Result<()> {
/// # let (order, totals) = (Body::of(&serde_json::json!({}))?, Body::of(&serde_json::json!({}))?);
/// let transaction = Transaction::in_partition(Partition::new("u1")?)
///     .put("order/o1", Put::new(order).when(Condition::Absent))?
///     .put("totals", Put::new(totals))?;
/// assert_eq!(transaction.operations().len(), 2);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    partition: Partition,
    operations: Vec<(Key, Operation)>,
    bytes: usize,
}

impl Transaction {
    /// A transaction without operations yet.
    pub fn in_partition(partition: Partition) -> Self {
        Self { partition, operations: Vec::new(), bytes: 0 }
    }

    /// Adds a write of the document with this sort key.
    pub fn put(self, sort: impl Into<String>, put: Put) -> Result<Self> {
        self.with(sort, Operation::Put(put))
    }

    /// Adds a delete of the document with this sort key.
    pub fn delete(self, sort: impl Into<String>, condition: Condition) -> Result<Self> {
        self.with(sort, Operation::Delete(condition))
    }

    /// Adds a condition on a document that is not written.
    pub fn check(self, sort: impl Into<String>, condition: Condition) -> Result<Self> {
        self.with(sort, Operation::Check(condition))
    }

    /// Adds an operation; [`InvalidInput`](ErrorKind::InvalidInput) if one with this key is there already, or if it
    /// would be the 51st; [`TooLarge`](ErrorKind::TooLarge) if the bodies would be more than 1 MiB together.
    pub fn with(mut self, sort: impl Into<String>, operation: Operation) -> Result<Self> {
        let key = self.partition.key(sort)?;
        if self.operations.len() == MAX_TRANSACTION {
            return Err(Error::invalid(format!("a transaction holds at most {MAX_TRANSACTION} operations: split it")));
        }
        if self.operations.iter().any(|(other, _)| *other == key) {
            return Err(Error::invalid(format!("the transaction names {key} twice: one operation per document")));
        }
        if let Operation::Put(put) = &operation {
            self.bytes += put.body.to_json().len();
            if self.bytes > MAX_TRANSACTION_BYTES {
                let message =
                    format!("the bodies are more than {MAX_TRANSACTION_BYTES} bytes together: split the transaction");
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
        }
        self.operations.push((key, operation));
        Ok(self)
    }

    /// The partition that all operations are in.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// The operations, in the order they were added.
    pub fn operations(&self) -> &[(Key, Operation)] {
        &self.operations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_bounded_and_names_a_document_once() {
        let empty = Transaction::in_partition(Partition::new("p").unwrap());
        let full = (0..MAX_TRANSACTION)
            .try_fold(empty, |transaction, n| transaction.check(n.to_string(), Condition::Absent))
            .unwrap();
        assert_eq!(full.clone().check("one more", Condition::Absent).unwrap_err().kind(), ErrorKind::InvalidInput);

        let twice = Transaction::in_partition(Partition::new("p").unwrap())
            .check("a", Condition::Absent)
            .and_then(|transaction| transaction.delete("a", Condition::Always));
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_transaction_holds_a_mebibyte() {
        let put = |bytes: usize| {
            let text = "x".repeat(bytes - r#"{"a":""}"#.len());
            Put::new(Body::of(&serde_json::json!({ "a": text })).unwrap())
        };
        let quarter = MAX_TRANSACTION_BYTES / 4;
        let empty = Transaction::in_partition(Partition::new("p").unwrap());
        let full = (0..4).try_fold(empty, |transaction, n| transaction.put(n.to_string(), put(quarter))).unwrap();
        assert!(full.clone().delete("x", Condition::Always).is_ok());
        assert_eq!(full.put("x", put(8)).unwrap_err().kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn a_version_never_matches_an_absent_document() {
        let error = Condition::Version(Version::new("1")).check(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    }
}
