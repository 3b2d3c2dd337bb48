//! Failures of Google's clients in the contract's terms. What the codes mean stands in [`table`], what becomes of a call
//! that is attempted several times in [`attempts`].

pub(crate) mod attempts;
mod details;
mod table;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use anyport_ports::{Error, ErrorKind};
use google_cloud_auth::errors::CredentialsError;
use google_cloud_gax::error::Error as GaxError;
use google_cloud_gax::error::rpc::Code;
use tonic::Status;

pub(crate) use details::AckFailures;
use table::{Done, Meaning};

/// Why one attempt of a call did not succeed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    meaning: Meaning,
    /// What the service answered, if it did.
    code: Option<Code>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    acks: Arc<AckFailures>,
}

impl Failure {
    fn new(meaning: Meaning, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..Self::bare(meaning) }
    }

    fn bare(meaning: Meaning) -> Self {
        Self { meaning, code: None, source: None, acks: Arc::default() }
    }

    /// A failure of a client of Google's.
    pub(crate) fn of_client(error: Arc<GaxError>) -> Self {
        let meaning = if error.is_connect() {
            table::NOT_REACHED
        } else if let Some(credentials) = find::<CredentialsError>(&*error).filter(|_| error.is_authentication()) {
            of_credentials(credentials)
        } else if let Some(status) = error.status() {
            table::meaning(status.code)
        } else if error.is_timeout() {
            table::LATE
        } else if error.is_binding() || error.is_serialization() {
            table::UNMADE
        } else {
            error.http_status_code().map_or(table::LOST, table::of_status)
        };
        if error.is_deserialization() {
            // Its words may hold a part of what could not be read, and that may be a secret.
            return Self::bare(table::LOST);
        }
        let code = error.status().map(|status| status.code);
        Self { code, ..Self::new(meaning, error) }
    }

    /// A failure of a call over gRPC.
    pub(crate) fn of_status(status: Status) -> Self {
        let acks = AckFailures::of(&status);
        let meaning = if !acks.transient.is_empty() {
            table::PASSING
        } else if find::<tonic::ConnectError>(&status).is_some() {
            table::NOT_REACHED
        } else if find::<tonic::TimeoutExpired>(&status).is_some() {
            table::LATE
        } else if status.source().is_some() {
            table::LOST
        } else {
            table::meaning(Code::from(i32::from(status.code())))
        };
        Self { acks: Arc::new(acks), ..Self::new(meaning, status) }
    }

    /// No token for the caller.
    pub(crate) fn of_credentials(error: CredentialsError) -> Self {
        Self::new(of_credentials(&error), error)
    }

    /// A client that could not be made.
    pub(crate) fn of_builder(error: google_cloud_gax::client_builder::Error) -> Self {
        let meaning = if error.is_default_credentials() { table::UNKNOWN_CALLER } else { table::UNMADE };
        Self::new(meaning, error)
    }

    /// No answer in time.
    pub(crate) fn late() -> Self {
        Self::bare(table::LATE)
    }

    /// A call that ended because this process does.
    pub(crate) fn ended(error: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(table::LOST, error)
    }

    /// The code that the service answered.
    pub(crate) fn code(&self) -> Option<Code> {
        self.code
    }

    /// Whether it took longer than it was allowed to.
    pub(crate) fn is_late(&self) -> bool {
        self.meaning == table::LATE
    }

    /// The kind of error, unless it puts a write in doubt.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.meaning.kind
    }

    /// Whether what was asked for may have been done.
    pub(crate) fn in_doubt(&self) -> bool {
        self.meaning.done == Done::Unknown
    }

    /// Whether another attempt may succeed.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.meaning.kind, ErrorKind::Unavailable | ErrorKind::Throttled)
    }

    /// What the service says of single acknowledgements.
    pub(crate) fn acks(&self) -> &AckFailures {
        &self.acks
    }

    /// The failure as the error of an operation.
    pub(crate) fn told(&self, operation: &'static str, resource: impl fmt::Display) -> Error {
        let error = Error::new(self.meaning.kind, self.meaning.message).during(operation, resource);
        match &self.source {
            Some(source) => error.caused_by(Arc::clone(source)),
            None => error,
        }
    }
}

fn of_credentials(error: &CredentialsError) -> Meaning {
    if error.is_transient() { table::NO_TOKEN } else { table::UNKNOWN_CALLER }
}

/// The first cause of this type.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_client(error: GaxError) -> (ErrorKind, bool, bool) {
        let failure = Failure::of_client(Arc::new(error));
        (failure.kind(), failure.in_doubt(), failure.may_pass())
    }

    #[test]
    fn what_was_never_sent_was_not_done() {
        let unavailable = ErrorKind::Unavailable;
        assert_eq!(of_client(GaxError::connect("refused")), (unavailable, false, true));
        assert_eq!(of_client(GaxError::io("reset")), (unavailable, true, true));
        assert_eq!(of_client(GaxError::timeout("late")), (unavailable, true, true));
        assert_eq!(of_client(GaxError::ser("odd")), (ErrorKind::Internal, false, false));
        let transient = GaxError::authentication(CredentialsError::from_msg(true, "busy"));
        assert_eq!(of_client(transient), (unavailable, false, true));
        let wrong = GaxError::authentication(CredentialsError::from_msg(false, "no"));
        assert_eq!(of_client(wrong), (ErrorKind::Unauthenticated, false, false));
    }

    #[test]
    fn a_status_that_came_over_the_wire_is_told_from_one_that_the_client_made() {
        let of = |status: Status| {
            let failure = Failure::of_status(status);
            (failure.kind(), failure.in_doubt())
        };
        assert_eq!(of(Status::resource_exhausted("slow down")), (ErrorKind::Throttled, false));
        assert_eq!(of(Status::unavailable("down")), (ErrorKind::Unavailable, true));
        let refused = tonic::ConnectError(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
        assert_eq!(of(Status::from_error(Box::new(refused))), (ErrorKind::Unavailable, false));
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert_eq!(of(Status::from_error(Box::new(reset))), (ErrorKind::Unavailable, true));
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        let failure = Failure::of_client(Arc::new(GaxError::deser("invalid base64: p@ssword")));
        assert!(!format!("{:?}", failure.told("secrets.get", "key")).contains("p@ss"));
    }
}
