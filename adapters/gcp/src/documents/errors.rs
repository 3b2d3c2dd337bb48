//! What the codes of gRPC mean: one table, and the errors made by it.

use std::error::Error as StdError;
use std::fmt;

use anyport_ports::{Error, ErrorKind};
use firestore::gcloud_sdk::RequestTimeoutElapsed;
use firestore::gcloud_sdk::error::{Error as SdkError, ErrorKind as SdkErrorKind};
use firestore::gcloud_sdk::tonic::{Code, ConnectError, Status};

/// Whether what was asked for was done, as far as the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was not.
    No,
    /// It may have been, or may yet be.
    Unknown,
}

/// What a call that failed means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The kind of error, unless a write's outcome is in doubt. Whether to retry goes with it.
    pub(super) kind: ErrorKind,
    /// Whether it was done all the same.
    pub(super) done: Done,
    /// What to tell the user.
    message: &'static str,
}

const fn refused(kind: ErrorKind, message: &'static str) -> Meaning {
    Meaning { kind, done: Done::No, message }
}

const FAILED: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "the service failed: see the cause" };
const LATE: Meaning = Meaning {
    kind: ErrorKind::Unavailable,
    done: Done::Unknown,
    message: "the service did not answer in time: check the endpoint and the network",
};
const LOST: Meaning = Meaning {
    kind: ErrorKind::Unavailable,
    done: Done::Unknown,
    message: "the connection broke before the answer was read: see the cause",
};
const UNREACHED: Meaning = refused(
    ErrorKind::Unavailable,
    "the service cannot be reached: check the endpoint (FIRESTORE_EMULATOR_HOST) and the network",
);
const UNKNOWN_CALLER: Meaning = refused(
    ErrorKind::Unauthenticated,
    "the credentials are missing, wrong or have expired: check GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth \
     application-default login`",
);
const NO_TOKEN: Meaning =
    refused(ErrorKind::Unavailable, "no token could be had for the credentials: see the cause, and try again");
const DENIED: Meaning = refused(
    ErrorKind::PermissionDenied,
    "the caller may not do this: give it the role roles/datastore.user in the project, and check that the API is enabled",
);
const ABSENT: Meaning = refused(
    ErrorKind::NotFound,
    "the project or its database does not exist: check GOOGLE_CLOUD_PROJECT, FIRESTORE_DATABASE and the endpoint",
);
const THROTTLED: Meaning = refused(ErrorKind::Throttled, "the service asks to slow down");
const CONTENDED: Meaning = refused(ErrorKind::Throttled, "too many writes at once to one document: try again");
const CONDITION: Meaning = refused(ErrorKind::PreconditionFailed, "the condition does not hold");
const STANDING: Meaning = refused(ErrorKind::Conflict, "it exists already");
const REFUSED: Meaning = refused(ErrorKind::Internal, "the service refused a request of this adapter: see the cause");

/// What a failed call means: by what broke if it was not answered, and else by its code.
pub(super) fn meaning(status: &Status) -> Meaning {
    let Some(broken) = status.source() else { return of_code(status.code()) };
    let any = |is: fn(&(dyn StdError + 'static)) -> bool| causes(broken).any(is);
    if any(<dyn StdError>::is::<ConnectError>) {
        return UNREACHED;
    }
    if any(<dyn StdError>::is::<RequestTimeoutElapsed>) {
        return LATE;
    }
    match causes(broken).find_map(of_sdk) {
        Some(SdkErrorKind::Credentials(error)) if error.is_transient() => NO_TOKEN,
        Some(_) => UNKNOWN_CALLER,
        None => LOST,
    }
}

/// Why a request was not sent at all: the SDK could not authenticate it.
fn of_sdk<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a SdkErrorKind> {
    let boxed = error.downcast_ref::<Box<SdkError>>().map(|error| &**error);
    boxed.or_else(|| error.downcast_ref::<SdkError>()).map(SdkError::kind)
}

/// The table: <https://cloud.google.com/firestore/docs/understand-error-codes>.
fn of_code(code: Code) -> Meaning {
    match code {
        Code::Unauthenticated => UNKNOWN_CALLER,
        Code::PermissionDenied => DENIED,
        Code::NotFound => ABSENT,
        Code::AlreadyExists => STANDING,
        Code::FailedPrecondition => CONDITION,
        Code::Aborted => CONTENDED,
        Code::ResourceExhausted => THROTTLED,
        Code::InvalidArgument | Code::OutOfRange | Code::Unimplemented => REFUSED,
        Code::DeadlineExceeded => LATE,
        Code::Ok | Code::Cancelled | Code::Unknown | Code::Internal | Code::Unavailable | Code::DataLoss => FAILED,
    }
}

/// Whether a write under preconditions was refused because one of them does not hold.
pub(super) fn is_refusal(status: &Status) -> bool {
    status.source().is_none()
        && matches!(status.code(), Code::NotFound | Code::AlreadyExists | Code::FailedPrecondition)
}

/// Whether a write was refused only because others were under way.
pub(super) fn is_contention(status: &Status) -> bool {
    status.source().is_none() && status.code() == Code::Aborted
}

/// Whether so much time has gone by over the call that it is not made again.
pub(super) fn is_late(status: &Status) -> bool {
    meaning(status) == LATE
}

/// The error of a read that failed.
pub(super) fn of_read(status: &Status) -> Error {
    let meaning = meaning(status);
    let error = match meaning.kind {
        // A read has no conditions: what is asked of it are indexes.
        ErrorKind::PreconditionFailed => Error::new(
            ErrorKind::Internal,
            "the service wants an index for this query: declare to it what `indexes` of this adapter lists",
        ),
        ErrorKind::Conflict => Error::new(ErrorKind::Internal, REFUSED.message),
        kind => Error::new(kind, meaning.message),
    };
    error.caused_by(Told::of(status))
}

/// The error of a write that failed, or of a read that was a part of it: `Indeterminate` if it may have been done. Losing
/// the answer to such a read is losing one on the way of the write: callers need not know of the two.
pub(super) fn of_write(status: &Status) -> Error {
    if meaning(status).done == Done::Unknown { in_doubt(status) } else { of_read(status) }
}

/// The error of a write one of whose attempts may have been done.
pub(super) fn in_doubt(status: &Status) -> Error {
    let message = "the answer to the write was lost: whether it was done shows when it is read again";
    Error::new(ErrorKind::Indeterminate, message).caused_by(Told::of(status))
}

/// The error of a write that found others under way each time.
pub(super) fn contended() -> Error {
    Error::new(CONTENDED.kind, CONTENDED.message)
}

/// The error of an answer that is not what was asked for.
pub(super) fn unexpected(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the service answered with something unexpected: {what}"))
}

/// What was told, without anything that was sent.
#[derive(Debug)]
struct Told(String);

impl Told {
    fn of(status: &Status) -> Self {
        let mut text = format!("{:?}: {}", status.code(), status.message());
        for cause in status.source().into_iter().flat_map(causes) {
            text.push_str(": ");
            text.push_str(&cause.to_string());
        }
        Self(text)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Told {}

/// The error and its causes, from the outermost in.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn each_code_has_its_kind_and_says_whether_it_was_done() {
        use Done::{No, Unknown};
        use ErrorKind as Kind;
        for (code, read, write, done) in [
            (Code::Unauthenticated, Kind::Unauthenticated, Kind::Unauthenticated, No),
            (Code::PermissionDenied, Kind::PermissionDenied, Kind::PermissionDenied, No),
            (Code::NotFound, Kind::NotFound, Kind::NotFound, No),
            (Code::AlreadyExists, Kind::Internal, Kind::Internal, No),
            (Code::FailedPrecondition, Kind::Internal, Kind::Internal, No),
            (Code::Aborted, Kind::Throttled, Kind::Throttled, No),
            (Code::ResourceExhausted, Kind::Throttled, Kind::Throttled, No),
            (Code::InvalidArgument, Kind::Internal, Kind::Internal, No),
            (Code::OutOfRange, Kind::Internal, Kind::Internal, No),
            (Code::Unimplemented, Kind::Internal, Kind::Internal, No),
            (Code::Cancelled, Kind::Unavailable, Kind::Indeterminate, Unknown),
            (Code::Unknown, Kind::Unavailable, Kind::Indeterminate, Unknown),
            (Code::DeadlineExceeded, Kind::Unavailable, Kind::Indeterminate, Unknown),
            (Code::Internal, Kind::Unavailable, Kind::Indeterminate, Unknown),
            (Code::Unavailable, Kind::Unavailable, Kind::Indeterminate, Unknown),
            (Code::DataLoss, Kind::Unavailable, Kind::Indeterminate, Unknown),
        ] {
            let status = Status::new(code, "as the service says it");
            assert_eq!((of_read(&status).kind(), of_write(&status).kind()), (read, write), "{code:?}");
            assert_eq!(meaning(&status).done, done, "{code:?}");
            assert!(format!("{:?}", of_read(&status)).contains("as the service says it"));
        }
    }

    fn broken(code: Code, source: impl StdError + Send + Sync + 'static) -> Status {
        let mut status = Status::new(code, "");
        status.set_source(Arc::new(source));
        status
    }

    #[test]
    fn what_broke_goes_before_the_code_that_the_client_made_of_it() {
        let reset = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let never = broken(Code::Unavailable, ConnectError(reset().into()));
        assert_eq!((of_write(&never).kind(), meaning(&never).done), (ErrorKind::Unavailable, Done::No));
        for (code, lost) in
            [(Code::NotFound, broken(Code::NotFound, reset())), (Code::Aborted, broken(Code::Aborted, reset()))]
        {
            assert_eq!(of_write(&lost).kind(), ErrorKind::Indeterminate, "{code:?}");
            assert!(!is_refusal(&lost) && !is_contention(&lost));
        }
        let late = broken(Code::DeadlineExceeded, RequestTimeoutElapsed::Total(Duration::from_secs(1)));
        assert!(is_late(&late) && of_write(&late).kind() == ErrorKind::Indeterminate);
        let unsigned = broken(Code::Unknown, Box::new(SdkError::from(SdkErrorKind::CryptoProviderMissing)));
        assert_eq!(of_write(&unsigned).kind(), ErrorKind::Unauthenticated);
    }
}
