//! Why there is no receipt.

use anyport_ports::{ErrorKind, Failure};

use crate::fault;
use crate::orders::OrderError;

/// Why a receipt cannot be written or linked to.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// There is no key to sign receipts with. Retried, so that nothing is lost while somebody puts it there.
    #[error("the secret `receipt-key` does not exist or is empty: put at least 32 random bytes there")]
    KeyMissing,
    /// The order is not there.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// A port failed.
    #[error("the store did not do its part")]
    Ports(#[from] anyport_ports::Error),
}

impl Failure for ReceiptError {
    fn code(&self) -> &'static str {
        match self {
            Self::KeyMissing => "receipt_key_missing",
            Self::Order(error) => error.code(),
            Self::Ports(error) => fault::kind(error).as_str(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::KeyMissing => ErrorKind::Unavailable,
            Self::Order(error) => error.kind(),
            Self::Ports(error) => fault::kind(error),
        }
    }
}
