//! The storefront: users with unique e-mail addresses, their orders, receipts for these, and the import of users.
//!
//! It is pure: it asks for what it needs through the typed handles of `anyport_ports`, and time and identifiers come
//! through ports like everything else, so that the same input always gives the same outcome, on any store and runtime.
//!
//! Each module is one business thing: its values, its errors, where it is kept, and its use cases as small services,
//! structs of the handles that the use case touches.

mod fault;
mod identifier;
pub mod imports;
pub mod orders;
pub mod payments;
pub mod receipts;
pub mod users;

pub use identifier::{ImportId, OrderId, Sku, UserId};

/// A value that breaks the storefront's rules. `Display` says which value and what the rule is; it does not repeat the
/// value, which may be personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not valid: {rule}")]
pub struct Invalid {
    /// Which value.
    pub what: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}
