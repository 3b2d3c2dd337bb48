//! What no function can be called with.

use http::StatusCode;

use crate::cloud_events::CloudEventError;
use crate::problem::Problem;

/// Why what was pushed is not an event of the function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// It is a CloudEvent in the body, and wrong: its sender is told.
    #[error(transparent)]
    Event(#[from] CloudEventError),
    /// It is not what it looks like.
    #[error("the request looks like {looks_like} but is not: {problem}")]
    Malformed {
        /// What it looks like.
        looks_like: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// It is of another kind than calls the function.
    #[error("the function is called by {expected}, and this is {found}: check what pushes to it")]
    NotForThis {
        /// What calls the function.
        expected: &'static str,
        /// What came.
        found: String,
    },
}

impl PushError {
    /// A stable name for programs, in `snake_case`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Event(error) => error.code(),
            Self::Malformed { .. } => "malformed_push",
            Self::NotForThis { .. } => "not_for_this_function",
        }
    }

    pub(super) fn malformed(looks_like: &'static str, problem: &(impl ToString + ?Sized)) -> Self {
        Self::Malformed { looks_like, problem: problem.to_string() }
    }

    /// For a sender who reads answers.
    pub(super) fn problem(&self) -> Problem {
        let status = match self {
            Self::Event(CloudEventError::UnknownFormat { .. }) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, self.code(), self.to_string())
    }
}

impl From<PushError> for Problem {
    fn from(error: PushError) -> Self {
        error.problem()
    }
}
