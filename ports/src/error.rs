//! The one error of every port.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What went wrong, in terms a caller can act on. Closed on purpose: a clause names the kinds an operation may
/// raise, and no adapter raises another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The thing addressed does not exist: a collection, a topic, a blob, a secret, or a document that had to be there.
    NotFound,
    /// The thing to be created exists already.
    Conflict,
    /// The version given is not the current one.
    PreconditionFailed,
    /// The request breaks a rule of the contract; the same request will always be refused.
    InvalidInput,
    /// The request is larger than the contract's limits.
    TooLarge,
    /// The store asks to slow down. Nothing was written.
    Throttled,
    /// The store cannot be reached or is not serving. Nothing was written.
    Unavailable,
    /// A write was sent and no answer came: it may have been applied, or be applied later, or never.
    Indeterminate,
    /// The caller is known and may not do this.
    PermissionDenied,
    /// The caller's credentials are missing or wrong.
    Unauthenticated,
    /// A defect of the adapter, or stored data that it cannot read.
    Internal,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::NotFound,
        Self::Conflict,
        Self::PreconditionFailed,
        Self::InvalidInput,
        Self::TooLarge,
        Self::Throttled,
        Self::Unavailable,
        Self::Indeterminate,
        Self::PermissionDenied,
        Self::Unauthenticated,
        Self::Internal,
    ];

    /// The kind's name in `snake_case`, as written in logs and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition_failed",
            Self::InvalidInput => "invalid_input",
            Self::TooLarge => "too_large",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Indeterminate => "indeterminate",
            Self::PermissionDenied => "permission_denied",
            Self::Unauthenticated => "unauthenticated",
            Self::Internal => "internal",
        }
    }

    const fn default_retry(self) -> Retry {
        match self {
            Self::Throttled | Self::Unavailable => Retry::Backoff,
            Self::Indeterminate => Retry::IfSafe,
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same request will fail again.
    Never,
    /// Nothing was done: try again, with growing pauses.
    Backoff,
    /// Nothing was done: try again, not before this long.
    After(Duration),
    /// The request may have been done: try again only if doing it twice is harmless, as it is under a condition.
    IfSafe,
}

/// The error of every port: what was asked of what, why it failed, and whether trying again can help.
///
/// Its `Display` is one line for an engineer. It never holds a document's body, a message's data, or a secret.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    retry: Retry,
    operation: &'static str,
    resource: String,
    message: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` says what was wrong and, where there is one, what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            retry: kind.default_retry(),
            operation: "",
            resource: String::new(),
            message: message.into(),
            source: None,
        }))
    }

    /// [`ErrorKind::InvalidInput`] with this message.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Names the operation (`"documents.put"`) and the resource (`"users/u1/profile"`) it was asked of.
    #[must_use]
    pub fn during(mut self, operation: &'static str, resource: impl fmt::Display) -> Self {
        self.0.operation = operation;
        self.0.resource = resource.to_string();
        self
    }

    /// Keeps the cause, reachable by [`std::error::Error::source`].
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Replaces the retry advice that goes with the kind, as when the store names a pause.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The operation that failed, as `port.method`; empty if not yet known.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The resource it was asked of; empty if not yet known.
    pub fn resource(&self) -> &str {
        &self.0.resource
    }

    /// What was wrong, without operation and resource.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.operation.is_empty() {
            write!(f, "{} ", self.0.operation)?;
        }
        if !self.0.resource.is_empty() {
            write!(f, "{}: ", self.0.resource)?;
        }
        write!(f, "{} ({})", self.0.message, self.0.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")?;
        if let Some(source) = &self.0.source {
            write!(f, " caused by: {source}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The result of every port.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_where_and_why() {
        let error = Error::new(ErrorKind::Conflict, "the document exists already").during("documents.put", "users/u1");
        assert_eq!(error.to_string(), "documents.put users/u1: the document exists already (conflict)");
        assert_eq!(error.retry(), Retry::Never);
    }

    #[test]
    fn only_what_did_not_happen_is_retried_freely() {
        for kind in ErrorKind::ALL {
            let freely = Error::new(kind, "x").retry() == Retry::Backoff;
            assert_eq!(freely, matches!(kind, ErrorKind::Throttled | ErrorKind::Unavailable), "{kind}");
        }
    }
}
