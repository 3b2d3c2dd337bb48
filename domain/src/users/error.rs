//! Why a user cannot be created, read, changed or deleted.

use anyport_ports::{ErrorKind, Failure};

use crate::{Invalid, UserId, fault};

/// Why a use case of users was refused.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// There is no such user.
    #[error("there is no user {0}")]
    NotFound(UserId),
    /// A user has this address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// A request that has not finished, or was cut off, reserved this address.
    #[error("another request is claiming this e-mail address: try again in a few minutes")]
    EmailClaimed,
    /// The user is not, or no longer, of the version named.
    #[error("user {0} has changed since the version you named: read it again and decide anew")]
    VersionMismatch(UserId),
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A port failed.
    #[error("the store did not do its part")]
    Ports(#[from] anyport_ports::Error),
}

impl Failure for UserError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "user_not_found",
            Self::EmailTaken => "email_taken",
            Self::EmailClaimed => "email_claimed",
            Self::VersionMismatch(_) => "version_mismatch",
            Self::Invalid(_) => "invalid_input",
            Self::Ports(error) => fault::kind(error).as_str(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::EmailTaken | Self::EmailClaimed => ErrorKind::Conflict,
            Self::VersionMismatch(_) => ErrorKind::PreconditionFailed,
            Self::Invalid(_) => ErrorKind::InvalidInput,
            Self::Ports(error) => fault::kind(error),
        }
    }
}
