//! Orders of users, and what they add up to.
//!
//! All orders of a user and their totals are in one partition, so that an order and the totals which count it are
//! written together or not at all.

mod error;
mod event;
mod expire;
mod order;
mod pay;
mod place;
mod read;
mod record;
mod relay;

pub use error::OrderError;
pub use event::{OrderEvents, OrderPlaced};
pub use expire::{ExpireUnpaid, UNPAID_FOR};
pub use order::{Line, NewOrder, Order, Status};
pub use pay::PayOrder;
pub use place::PlaceOrder;
pub(crate) use read::look_up;
pub use read::{OrdersPage, find, list, only_own, totals};
pub use record::{Orders, OrdersItem, Totals};
pub use relay::RelayEvents;
