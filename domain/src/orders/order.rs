//! What an order is.

use anyport_ports::Timestamp;
use serde::{Deserialize, Serialize};

use crate::payments::PaymentId;
use crate::{Invalid, OrderId, Sku, UserId};

/// One article of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The article.
    pub sku: Sku,
    /// How many of it: 1 to 1,000.
    pub quantity: u32,
    /// What one of it costs, in cents: at most 10,000,000.
    pub unit_price_cents: u32,
}

impl Line {
    /// Most of one article.
    pub const MOST: u32 = 1_000;

    /// Highest price of one article, in cents.
    pub const DEAREST: u32 = 10_000_000;

    /// What the line costs, in cents.
    pub fn amount_cents(&self) -> u64 {
        u64::from(self.quantity) * u64::from(self.unit_price_cents)
    }

    fn check(&self) -> Result<(), Invalid> {
        if !(1..=Self::MOST).contains(&self.quantity) {
            return Err(Invalid { what: "the quantity of a line", rule: "it is 1 to 1000" });
        }
        if self.unit_price_cents > Self::DEAREST {
            return Err(Invalid { what: "the unit price of a line", rule: "it is 0 to 10000000 cents" });
        }
        Ok(())
    }
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It stands, and is to be paid.
    Placed,
    /// It is paid.
    Paid,
    /// It was not paid in time.
    Expired,
}

impl Status {
    /// Its name, as kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Expired => "expired",
        }
    }
}

/// What a client orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The client's name for it: placing it again under the same one is recognised.
    pub id: OrderId,
    /// Its articles, 1 to 50 lines.
    pub lines: Vec<Line>,
}

impl NewOrder {
    /// Most lines of an order.
    pub const LONGEST: usize = 50;

    pub(super) fn check(&self) -> Result<(), Invalid> {
        if !(1..=Self::LONGEST).contains(&self.lines.len()) {
            return Err(Invalid { what: "the number of lines", rule: "it is 1 to 50" });
        }
        self.lines.iter().try_for_each(Line::check)
    }
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Whose it is.
    pub user_id: UserId,
    /// Its name among the user's orders.
    pub id: OrderId,
    /// Its articles.
    pub lines: Vec<Line>,
    /// What it costs, in cents.
    pub total_cents: u64,
    /// How far it has come.
    pub status: Status,
    /// When it was placed: RFC 3339 in UTC, which sorts as text, for the index.
    pub placed_at: String,
    /// The payment, once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
}

impl Order {
    pub(super) fn placed(user_id: UserId, new: NewOrder, now: Timestamp) -> Self {
        let total_cents = new.lines.iter().map(Line::amount_cents).sum();
        let (id, lines, placed_at) = (new.id, new.lines, now.to_string());
        Self { user_id, id, lines, total_cents, status: Status::Placed, placed_at, payment: None }
    }
}
