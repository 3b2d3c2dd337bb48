//! What an error of the domain tells the world.

use crate::{Error, ErrorKind};

/// An error that a runtime can answer with: over HTTP as a problem (RFC 9457), to a queue as retry or dead letter.
///
/// Its `Display` is what a caller may read. For kinds that are the caller's doing it is sent as it stands; for
/// `Internal` and the other faults of the service it is logged, and the caller is told only the code.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// A stable name for programs, in `snake_case`: `user_not_found`.
    fn code(&self) -> &'static str;

    /// What kind of error it is, from which its HTTP status and whether to retry follow.
    fn kind(&self) -> ErrorKind;

    /// The HTTP status, where that of the kind does not say it well: 402 for a payment that was declined. It must be of the
    /// same hundred.
    fn status(&self) -> Option<u16> {
        None
    }
}

impl Failure for Error {
    fn code(&self) -> &'static str {
        Error::kind(self).as_str()
    }

    fn kind(&self) -> ErrorKind {
        Error::kind(self)
    }
}
