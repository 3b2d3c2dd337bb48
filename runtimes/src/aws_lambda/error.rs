//! What the host is told of an event that was not handled.

use anyport_ports::Timestamp;
use lambda_runtime::Diagnostic;

use crate::fault::Fault;

/// Why an event was not handled. The host is told the type as `errorType` and the text as `errorMessage`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// Nothing that this host knows looks like this.
    #[error(
        "the event is none of: an HTTP request of API Gateway, a function URL or a load balancer, records of SQS, SNS, S3 or \
         a stream of DynamoDB, a scheduled event of EventBridge, or {{\"anyport\":{{\"schedule\":\"<function>\"}}}}"
    )]
    Unrecognised,
    /// It is not what it looks like.
    #[error("the event looks like {looks_like} but is not: {problem}")]
    Malformed {
        /// What it looks like.
        looks_like: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// No function is called by this.
    #[error(
        "no function of this workload is called by {source_name}: check aws_lambda.prefix and the names of resources"
    )]
    NoFunction {
        /// The queue, topic, rule, bucket or stream.
        source_name: String,
    },
    /// A function failed. The host calls again, or tells of it, by its own rules.
    #[error("{function} failed: {fault}")]
    Failed {
        /// The function.
        function: String,
        /// Why.
        fault: Fault,
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
    /// Nothing here can read what the records of a stream tell.
    #[error(
        "records of a stream of DynamoDB came, but the host was given nothing that reads them: hand it the decoder of the AWS \
         adapter in its surroundings"
    )]
    NoDecoder,
    /// Which messages failed cannot be told: the whole batch is to come again.
    #[error("a message failed that has no messageId: the whole batch must come again")]
    NamelessMessage,
    /// What was to be answered could not be written.
    #[error("the answer could not be written: {problem}")]
    Answer {
        /// Why not.
        problem: String,
    },
}

impl EventError {
    /// A stable name for programs.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Unrecognised => "Anyport.UnrecognisedEvent",
            Self::Malformed { .. } => "Anyport.MalformedEvent",
            Self::NoFunction { .. } => "Anyport.NoFunction",
            Self::Failed { .. } => "Anyport.FunctionFailed",
            Self::Busy { .. } => "Anyport.Busy",
            Self::NoDecoder => "Anyport.NoDecoder",
            Self::NamelessMessage => "Anyport.NamelessMessage",
            Self::Answer { .. } => "Anyport.Answer",
        }
    }

    pub(super) fn malformed(looks_like: &'static str, problem: &(impl ToString + ?Sized)) -> Self {
        Self::Malformed { looks_like, problem: problem.to_string() }
    }

    pub(super) fn failed(function: &str, fault: Fault) -> Self {
        Self::Failed { function: function.to_owned(), fault }
    }
}

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}
