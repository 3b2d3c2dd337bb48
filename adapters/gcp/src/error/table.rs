//! What the codes of Google's services mean: one table for all of them.

use anyport_ports::ErrorKind;
use google_cloud_gax::error::rpc::Code;

/// Whether what was asked for was done, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was not.
    No,
    /// It may have been, or may yet be.
    Unknown,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The kind of error, unless a write's outcome is in doubt. Whether to retry goes with it.
    pub(crate) kind: ErrorKind,
    /// Whether it was done all the same.
    pub(crate) done: Done,
    /// What to tell the user.
    pub(crate) message: &'static str,
}

const fn refused(kind: ErrorKind, message: &'static str) -> Meaning {
    Meaning { kind, done: Done::No, message }
}

const ABSENT: Meaning = refused(
    ErrorKind::NotFound,
    "it does not exist: provision it, or check the prefix of names, GOOGLE_CLOUD_PROJECT and the endpoint",
);
const STANDING: Meaning = refused(ErrorKind::Conflict, "it exists already");
const THROTTLED: Meaning = refused(ErrorKind::Throttled, "the service asks to slow down, or a quota is used up");
const CONTENDED: Meaning = refused(ErrorKind::Throttled, "too many writes at once: try again");
pub(crate) const UNKNOWN_CALLER: Meaning = refused(
    ErrorKind::Unauthenticated,
    "the credentials are wrong or have expired: check GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth \
     application-default login`",
);
const DENIED: Meaning = refused(
    ErrorKind::PermissionDenied,
    "the caller may not do this: grant its service account a role for it, and check GOOGLE_CLOUD_PROJECT",
);
const REFUSED: Meaning = refused(ErrorKind::Internal, "the service refused a request of this adapter: see the cause");
const FAILED: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "the service failed: see the cause" };

/// No connection was made: refused, too slow to come about, or to a name that cannot be resolved.
pub(crate) const NOT_REACHED: Meaning =
    refused(ErrorKind::Unavailable, "the service cannot be reached: check the endpoint and the network");

/// The tokens of the caller could not be had for now.
pub(crate) const NO_TOKEN: Meaning =
    refused(ErrorKind::Unavailable, "whoever gives out the caller's tokens does not answer: try again");

/// The connection broke once a request was sent.
pub(crate) const LOST: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "the connection broke before the answer" };

/// The service says so of single acknowledgements.
pub(crate) const PASSING: Meaning =
    refused(ErrorKind::Unavailable, "the service could not settle it for the moment: try again");

/// No answer came in time.
pub(crate) const LATE: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "no answer came in time" };

/// A request that the client could not make.
pub(crate) const UNMADE: Meaning = refused(ErrorKind::Internal, "the request could not be made: see the cause");

/// The meaning of an answer with this code of gRPC (`google.rpc.Code`).
pub(crate) fn meaning(code: Code) -> Meaning {
    match code {
        Code::NotFound => ABSENT,
        Code::AlreadyExists => STANDING,
        Code::ResourceExhausted => THROTTLED,
        Code::Aborted => CONTENDED,
        Code::Unauthenticated => UNKNOWN_CALLER,
        Code::PermissionDenied => DENIED,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange | Code::Unimplemented => REFUSED,
        Code::DeadlineExceeded => LATE,
        // Ok is none of an error, and what is Cancelled may go on at the service.
        _ => FAILED,
    }
}

/// The meaning of an answer of this HTTP status that says nothing else.
pub(crate) fn of_status(status: u16) -> Meaning {
    match status {
        401 => UNKNOWN_CALLER,
        403 => DENIED,
        404 => ABSENT,
        409 => STANDING,
        429 => THROTTLED,
        408 | 500.. => FAILED,
        _ => REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_kind_and_tells_what_was_done() {
        for (code, kind, done) in [
            (Code::NotFound, ErrorKind::NotFound, Done::No),
            (Code::AlreadyExists, ErrorKind::Conflict, Done::No),
            (Code::ResourceExhausted, ErrorKind::Throttled, Done::No),
            (Code::Aborted, ErrorKind::Throttled, Done::No),
            (Code::Unauthenticated, ErrorKind::Unauthenticated, Done::No),
            (Code::PermissionDenied, ErrorKind::PermissionDenied, Done::No),
            (Code::InvalidArgument, ErrorKind::Internal, Done::No),
            (Code::FailedPrecondition, ErrorKind::Internal, Done::No),
            (Code::OutOfRange, ErrorKind::Internal, Done::No),
            (Code::Unimplemented, ErrorKind::Internal, Done::No),
            (Code::Unavailable, ErrorKind::Unavailable, Done::Unknown),
            (Code::Internal, ErrorKind::Unavailable, Done::Unknown),
            (Code::Unknown, ErrorKind::Unavailable, Done::Unknown),
            (Code::DeadlineExceeded, ErrorKind::Unavailable, Done::Unknown),
            (Code::Cancelled, ErrorKind::Unavailable, Done::Unknown),
            (Code::DataLoss, ErrorKind::Unavailable, Done::Unknown),
        ] {
            let meaning = meaning(code);
            assert_eq!((meaning.kind, meaning.done), (kind, done), "{code:?}");
        }
    }

    #[test]
    fn a_status_alone_tells_as_much() {
        for (status, kind, done) in [
            (401, ErrorKind::Unauthenticated, Done::No),
            (403, ErrorKind::PermissionDenied, Done::No),
            (404, ErrorKind::NotFound, Done::No),
            (409, ErrorKind::Conflict, Done::No),
            (429, ErrorKind::Throttled, Done::No),
            (400, ErrorKind::Internal, Done::No),
            (408, ErrorKind::Unavailable, Done::Unknown),
            (500, ErrorKind::Unavailable, Done::Unknown),
            (503, ErrorKind::Unavailable, Done::Unknown),
        ] {
            let meaning = of_status(status);
            assert_eq!((meaning.kind, meaning.done), (kind, done), "{status}");
        }
    }
}
