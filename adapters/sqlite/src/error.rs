//! Failures of SQLite and of the file system, in the contract's terms: one table each.

use std::io;
use std::string::FromUtf8Error;

use anyport_ports::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// What work on a connection fails with: a clause of the contract, or SQLite itself.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An error as the port names it.
    Contract(Error),
    /// A failure of SQLite, before the commit.
    Sqlite(rusqlite::Error),
}

/// The result of work on a connection.
pub(crate) type Work<T> = Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Contract(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<FromUtf8Error> for Fault {
    fn from(error: FromUtf8Error) -> Self {
        Self::Contract(Error::new(ErrorKind::Internal, "a stored text is not UTF-8").caused_by(error))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Contract(error) => error,
            Fault::Sqlite(error) => of_sqlite(&error, Moment::BeforeCommit),
        }
    }
}

/// When SQLite failed, which decides whether anything can have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing was committed.
    BeforeCommit,
    /// The commit itself failed: some of it may have reached the disk.
    AtCommit,
}

/// A failure of SQLite in the contract's terms.
pub(crate) fn of_sqlite(error: &rusqlite::Error, moment: Moment) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        Some(code) => classify(code, moment),
        None => (ErrorKind::Internal, "the database holds what this release does not expect"),
    };
    Error::new(kind, message).caused_by(error.to_string())
}

fn classify(code: ErrorCode, moment: Moment) -> (ErrorKind, &'static str) {
    use ErrorCode as Code;
    use ErrorKind as Kind;
    match (code, moment) {
        // A commit that meets a lock has not begun to write.
        (Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed, _) => {
            (Kind::Unavailable, "the database is locked by another process: try again")
        }
        (Code::DiskFull | Code::SystemIoFailure | Code::OutOfMemory | Code::OperationAborted, Moment::AtCommit) => {
            (Kind::Indeterminate, "the commit failed part way: whether it holds shows when the document is read again")
        }
        (Code::DiskFull, _) => (Kind::Unavailable, "the disk is full: free some space"),
        (Code::SystemIoFailure, _) => (Kind::Unavailable, "the disk failed: see the cause"),
        (Code::OutOfMemory, _) => (Kind::Unavailable, "out of memory"),
        (Code::OperationAborted | Code::OperationInterrupted, _) => {
            (Kind::Unavailable, "the transaction was rolled back: try again")
        }
        (Code::CannotOpen, _) => (Kind::Unavailable, "the database file cannot be opened: see the cause"),
        (Code::ReadOnly | Code::PermissionDenied | Code::AuthorizationForStatementDenied, _) => {
            (Kind::PermissionDenied, "the database may not be written: check the owner and mode of its file and folder")
        }
        (Code::DatabaseCorrupt | Code::NotADatabase, _) => {
            (Kind::Internal, "the database file is damaged: restore it from a backup")
        }
        _ => (Kind::Internal, "SQLite refused a statement of this adapter"),
    }
}

/// A failure of the file system, in something that leaves nothing written that counts; `what` is what failed.
pub(crate) fn of_io(error: io::Error, what: &str) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("{what}: {error}")).caused_by(error)
}

/// A failure of the folder of objects, in something that leaves nothing written that counts.
pub(crate) fn of_objects(error: object_store::Error) -> Error {
    let (kind, message) = match &error {
        object_store::Error::NotFound { .. } => (ErrorKind::Internal, "the file that holds the bytes is missing"),
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            (ErrorKind::PermissionDenied, "the folder of blobs may not be used: check its owner and mode")
        }
        _ => (ErrorKind::Unavailable, "the folder of blobs cannot be used: see the cause"),
    };
    Error::new(kind, message).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn kind(code: i32, moment: Moment) -> ErrorKind {
        of_sqlite(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None), moment).kind()
    }

    #[test]
    fn each_code_has_its_kind() {
        use ErrorKind::{Indeterminate, Internal, PermissionDenied, Unavailable};
        for (code, before, at) in [
            (ffi::SQLITE_BUSY, Unavailable, Unavailable),
            (ffi::SQLITE_BUSY_SNAPSHOT, Unavailable, Unavailable),
            (ffi::SQLITE_LOCKED, Unavailable, Unavailable),
            (ffi::SQLITE_PROTOCOL, Unavailable, Unavailable),
            (ffi::SQLITE_FULL, Unavailable, Indeterminate),
            (ffi::SQLITE_IOERR, Unavailable, Indeterminate),
            (ffi::SQLITE_IOERR_FSYNC, Unavailable, Indeterminate),
            (ffi::SQLITE_NOMEM, Unavailable, Indeterminate),
            (ffi::SQLITE_ABORT, Unavailable, Indeterminate),
            (ffi::SQLITE_CANTOPEN, Unavailable, Unavailable),
            (ffi::SQLITE_READONLY, PermissionDenied, PermissionDenied),
            (ffi::SQLITE_PERM, PermissionDenied, PermissionDenied),
            (ffi::SQLITE_CORRUPT, Internal, Internal),
            (ffi::SQLITE_NOTADB, Internal, Internal),
            (ffi::SQLITE_CONSTRAINT, Internal, Internal),
            (ffi::SQLITE_ERROR, Internal, Internal),
        ] {
            assert_eq!(kind(code, Moment::BeforeCommit), before, "{code} before the commit");
            assert_eq!(kind(code, Moment::AtCommit), at, "{code} at the commit");
        }
        assert_eq!(of_sqlite(&rusqlite::Error::QueryReturnedNoRows, Moment::BeforeCommit).kind(), Internal);
    }

    #[test]
    fn a_folder_that_may_not_be_used_is_told_from_one_that_fails() {
        let of = |kind: io::ErrorKind| of_io(kind.into(), "reading").kind();
        assert_eq!(of(io::ErrorKind::PermissionDenied), ErrorKind::PermissionDenied);
        assert_eq!(of(io::ErrorKind::StorageFull), ErrorKind::Unavailable);
    }
}
