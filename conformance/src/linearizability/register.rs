//! The documents port as a register per key: what clients may ask and be told.

use std::fmt;

/// One operation on one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterOp {
    /// Which document.
    pub key: String,
    /// What to do with it.
    pub action: Action,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Read the document.
    Get,
    /// Write it if the condition holds. Every write of a key carries a value of its own.
    Put {
        /// The document's content.
        value: u64,
        /// When the write may take effect.
        condition: Condition,
    },
    /// Delete it if the condition holds.
    Delete {
        /// When the delete may take effect.
        condition: Condition,
    },
}

/// What must hold for a write to take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no document.
    Absent,
    /// There is a document, of whatever version.
    Present,
    /// The document has this version.
    Version(String),
}

/// What an operation answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterRet {
    /// A read found no document.
    Absent,
    /// A read found this document.
    Found {
        /// Its content.
        value: u64,
        /// Its version.
        version: String,
    },
    /// A write took effect.
    Written {
        /// The version that the store gave it.
        version: String,
    },
    /// A delete took effect, or there was nothing to delete and the condition allowed that.
    Deleted,
    /// The condition did not hold (not found, conflict, precondition failed), and nothing was changed.
    Refused,
}

impl RegisterOp {
    /// Reads `key`.
    pub fn get(key: impl Into<String>) -> Self {
        Self { key: key.into(), action: Action::Get }
    }

    /// Writes `value` whatever is there.
    pub fn put(key: impl Into<String>, value: u64) -> Self {
        Self::put_if(key, value, Condition::Always)
    }

    /// Writes `value` if there is no document.
    pub fn create(key: impl Into<String>, value: u64) -> Self {
        Self::put_if(key, value, Condition::Absent)
    }

    /// Writes `value` if the document has the version `expected`.
    pub fn compare_and_swap(key: impl Into<String>, expected: impl Into<String>, value: u64) -> Self {
        Self::put_if(key, value, Condition::Version(expected.into()))
    }

    /// Writes `value` under any condition.
    pub fn put_if(key: impl Into<String>, value: u64, condition: Condition) -> Self {
        Self { key: key.into(), action: Action::Put { value, condition } }
    }

    /// Deletes the document, if there is one.
    pub fn delete(key: impl Into<String>) -> Self {
        Self::delete_when(key, Condition::Always)
    }

    /// Deletes the document if it has the version `expected`.
    pub fn delete_if(key: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::delete_when(key, Condition::Version(expected.into()))
    }

    /// Deletes the document under any condition.
    pub fn delete_when(key: impl Into<String>, condition: Condition) -> Self {
        Self { key: key.into(), action: Action::Delete { condition } }
    }
}

impl fmt::Display for RegisterOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.action {
            Action::Get => write!(f, "get({key:?})"),
            Action::Put { value, condition } => write!(f, "put({key:?}, {value}{condition})"),
            Action::Delete { condition } => write!(f, "delete({key:?}{condition})"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => Ok(()),
            Self::Absent => write!(f, ", if absent"),
            Self::Present => write!(f, ", if present"),
            Self::Version(version) => write!(f, ", if version {version:?}"),
        }
    }
}

impl fmt::Display for RegisterRet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "absent"),
            Self::Found { value, version } => write!(f, "{value} at version {version:?}"),
            Self::Written { version } => write!(f, "written as version {version:?}"),
            Self::Deleted => write!(f, "deleted"),
            Self::Refused => write!(f, "refused"),
        }
    }
}
