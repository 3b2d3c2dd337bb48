//! Why an import does not work.

use anyport_ports::{ErrorKind, Failure};

use crate::users::UserError;
use crate::{ImportId, fault};

/// Why an import was refused or cut off.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such import.
    #[error("there is no import {0}: start one, and upload to the URL that this gives")]
    NotFound(ImportId),
    /// The file was put there under a name that is not an import's.
    #[error("the file {0:?} is not of an import: upload to the URL that starting an import gives")]
    ForeignFile(String),
    /// An address in the file is being claimed by another request: the file is worked through again later.
    #[error("another request is claiming an e-mail address of the file")]
    EmailClaimed,
    /// A port failed.
    #[error("the store did not do its part")]
    Ports(#[from] anyport_ports::Error),
}

impl ImportError {
    /// What it means for an import that a user could not be created or read, for a reason that is not the line's.
    pub(super) fn of_user(error: UserError) -> Self {
        match error {
            UserError::Ports(error) => Self::Ports(error),
            _ => Self::EmailClaimed,
        }
    }
}

impl Failure for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "import_not_found",
            Self::ForeignFile(_) => "foreign_file",
            Self::EmailClaimed => "email_claimed",
            Self::Ports(error) => fault::kind(error).as_str(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::ForeignFile(_) => ErrorKind::InvalidInput,
            Self::EmailClaimed => ErrorKind::Unavailable,
            Self::Ports(error) => fault::kind(error),
        }
    }
}
