//! What the host is told of an event that was not handled.

use anyport_ports::Timestamp;
use http::StatusCode;

use crate::fault::Fault;

/// Why an event was not handled. Any status but a 2xx is a failure to the host, which then calls again or gives up by the
/// rules of the trigger; it shows nothing of the body but in its own log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvocationError {
    /// It is not what the host sends.
    #[error("the invocation is not {expected}: {problem}")]
    Malformed {
        /// What it must be.
        expected: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The invocation is larger than [`AzureFunctionsSettings::max_event_bytes`](super::AzureFunctionsSettings), or broke off.
    #[error("the invocation could not be read: {problem}")]
    Unread {
        /// Why not.
        problem: String,
    },
    /// What the host tells beside the payload is needed, and the payload may have overwritten it.
    #[error("the payload has a property {key:?} of its own, so that what the host says of it cannot be believed")]
    Overwritten {
        /// The key of the metadata.
        key: &'static str,
    },
    /// The function is called by something else than this.
    #[error("{function} is not called by {source_name}: check azure_functions.prefix and the function's function.json")]
    WrongSource {
        /// The function.
        function: String,
        /// What it came from.
        source_name: String,
    },
    /// A function failed. The host calls again, or gives up, by its own rules.
    #[error("{function} failed: {fault}")]
    Failed {
        /// The function.
        function: String,
        /// Why.
        fault: Fault,
    },
    /// A message that was not done, and is not settled here: the host lets it reappear.
    #[error("{function} did not do it: {why}")]
    Returned {
        /// The function.
        function: String,
        /// Why.
        why: String,
    },
    /// Another invocation is at it, or it waits for its next attempt.
    #[error(
        "{function} is being called for {subject} already, or waits for its next attempt: call again after {until}"
    )]
    Busy {
        /// The function.
        function: String,
        /// The slot or the blob.
        subject: String,
        /// When it can be called at the earliest.
        until: Timestamp,
    },
    /// Nothing here can read what the documents of Cosmos DB tell.
    #[error(
        "changes of documents came, but the host was given nothing that reads them: hand it the decoder of the Azure adapter in \
         its surroundings"
    )]
    NoDecoder,
}

impl InvocationError {
    /// A stable name for programs.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "Anyport.MalformedInvocation",
            Self::Unread { .. } => "Anyport.UnreadInvocation",
            Self::Overwritten { .. } => "Anyport.OverwrittenMetadata",
            Self::WrongSource { .. } => "Anyport.WrongSource",
            Self::Failed { .. } | Self::Returned { .. } => "Anyport.FunctionFailed",
            Self::Busy { .. } => "Anyport.Busy",
            Self::NoDecoder => "Anyport.NoDecoder",
        }
    }

    /// The status that the host is told.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed { .. } | Self::Overwritten { .. } => StatusCode::BAD_REQUEST,
            Self::Unread { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongSource { .. } => StatusCode::NOT_FOUND,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed { .. } | Self::Returned { .. } | Self::NoDecoder => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn malformed(expected: &'static str, problem: &(impl ToString + ?Sized)) -> Self {
        Self::Malformed { expected, problem: problem.to_string() }
    }

    pub(super) fn failed(function: &str, fault: Fault) -> Self {
        Self::Failed { function: function.to_owned(), fault }
    }
}
