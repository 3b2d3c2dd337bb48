//! Why an order cannot be placed, read or paid.

use anyport_ports::{ErrorKind, Failure};

use crate::users::UserError;
use crate::{Invalid, OrderId, UserId, fault};

/// Why a use case of orders was refused.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The user who orders does not exist.
    #[error("there is no user {0}")]
    UserNotFound(UserId),
    /// The order, or what is asked of orders, is another user's.
    #[error("the token is another user's: orders are shown to and placed by their own user")]
    NotYours,
    /// There is no such order.
    #[error("there is no order {0} of this user")]
    NotFound(OrderId),
    /// An order of this id, with other lines, stands already.
    #[error("order {0} stands already with other lines: choose another id for another order")]
    Conflict(OrderId),
    /// The order was not paid in time.
    #[error("order {0} has expired: place a new one")]
    Expired(OrderId),
    /// The payment was declined.
    #[error("the payment of order {0} was declined: pay it by another means")]
    PaymentDeclined(OrderId),
    /// The cursor is not of the listing.
    #[error("the cursor is not one that this listing gave: start again without it")]
    BadCursor,
    /// Others kept changing the same documents.
    #[error("too many requests change orders of this user at once: try again")]
    Contended,
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A port failed.
    #[error("the store did not do its part")]
    Ports(#[from] anyport_ports::Error),
}

impl OrderError {
    /// What it means for an order that its user was not found.
    pub(super) fn of_user(error: UserError) -> Self {
        match error {
            UserError::NotFound(id) => Self::UserNotFound(id),
            UserError::Ports(error) => Self::Ports(error),
            UserError::Invalid(error) => Self::Invalid(error),
            UserError::EmailTaken | UserError::EmailClaimed | UserError::VersionMismatch(_) => Self::Contended,
        }
    }
}

impl Failure for OrderError {
    fn code(&self) -> &'static str {
        match self {
            Self::UserNotFound(_) => "user_not_found",
            Self::NotYours => "not_yours",
            Self::NotFound(_) => "order_not_found",
            Self::Conflict(_) => "order_conflict",
            Self::Expired(_) => "order_expired",
            Self::PaymentDeclined(_) => "payment_declined",
            Self::BadCursor => "invalid_cursor",
            Self::Contended => "contended",
            Self::Invalid(_) => "invalid_input",
            Self::Ports(error) => fault::kind(error).as_str(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::UserNotFound(_) | Self::NotFound(_) => ErrorKind::NotFound,
            Self::NotYours => ErrorKind::PermissionDenied,
            Self::Conflict(_) | Self::Expired(_) | Self::PaymentDeclined(_) => ErrorKind::Conflict,
            Self::Contended => ErrorKind::Throttled,
            Self::BadCursor | Self::Invalid(_) => ErrorKind::InvalidInput,
            Self::Ports(error) => fault::kind(error),
        }
    }

    fn status(&self) -> Option<u16> {
        matches!(self, Self::PaymentDeclined(_)).then_some(402)
    }
}
