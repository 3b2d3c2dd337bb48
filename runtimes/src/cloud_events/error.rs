//! What can be wrong with an event.

/// Why what came is no event, or what is to be sent cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloudEventError {
    /// The headers tell of no mode.
    #[error("neither the media type nor headers ce-id, ce-source, ce-type and ce-specversion tell of a CloudEvent")]
    NotAnEvent,
    /// It is in a format that is not read here: 415.
    #[error("the media type {media_type:?} is not read here: send application/cloudevents+json, or binary mode")]
    UnknownFormat {
        /// The media type.
        media_type: String,
    },
    /// It is of another version of the specification.
    #[error("specversion is {found:?}: only 1.0 is read")]
    Version {
        /// What it says.
        found: String,
    },
    /// An attribute is wrong.
    #[error("the attribute {name:?} {problem}")]
    Attribute {
        /// Its name.
        name: String,
        /// What is wrong with it, to follow its name in a sentence.
        problem: &'static str,
    },
    /// It is not what its mode asks for.
    #[error("the event is malformed: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
}

impl CloudEventError {
    /// A stable name for programs, in `snake_case`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnEvent => "not_an_event",
            Self::UnknownFormat { .. } => "unknown_event_format",
            Self::Version { .. } => "unknown_event_version",
            Self::Attribute { .. } => "invalid_event_attribute",
            Self::Malformed { .. } => "malformed_event",
        }
    }

    pub(super) fn attribute(name: impl Into<String>, problem: &'static str) -> Self {
        Self::Attribute { name: name.into(), problem }
    }

    pub(super) fn malformed(problem: impl Into<String>) -> Self {
        Self::Malformed { problem: problem.into() }
    }
}
