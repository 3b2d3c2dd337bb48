//! Orders.

use anyport_ports::Cursor;
use domain::orders::{Line, NewOrder, Order, Status, Totals};
use domain::{OrderId, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An order to be placed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewOrder")]
pub struct NewOrderBody {
    /// The client's name for the order, among those of its user. Sent again with the same lines, it is the same order.
    #[schemars(with = "String", regex(pattern = OrderId::PATTERN), example = &"o-1")]
    pub id: OrderId,
    /// What is ordered.
    #[schemars(length(min = 1, max = 50))]
    pub lines: Vec<LineBody>,
}

/// One article of an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Line")]
pub struct LineBody {
    /// The article.
    #[schemars(with = "String", regex(pattern = Sku::PATTERN), example = &"tea")]
    pub sku: Sku,
    /// How many of it.
    #[schemars(range(min = 1, max = 1_000), example = 2)]
    pub quantity: u32,
    /// What one of it costs, in cents.
    #[schemars(range(min = 0, max = 10_000_000), example = 450)]
    pub unit_price_cents: u32,
}

impl From<NewOrderBody> for NewOrder {
    fn from(NewOrderBody { id, lines }: NewOrderBody) -> Self {
        let line = |LineBody { sku, quantity, unit_price_cents }| Line { sku, quantity, unit_price_cents };
        Self { id, lines: lines.into_iter().map(line).collect() }
    }
}

/// How far an order has come.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// It stands, and is to be paid.
    Placed,
    /// It is paid.
    Paid,
    /// It was not paid in time.
    Expired,
}

/// An order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Order")]
pub struct OrderView {
    /// The client's name for the order.
    pub id: String,
    /// Whose order it is.
    pub user_id: String,
    /// How far it has come.
    pub status: OrderStatus,
    /// When it was placed.
    #[schemars(extend("format" = "date-time"))]
    pub placed_at: String,
    /// What was ordered.
    pub lines: Vec<LineBody>,
    /// What it costs, in cents.
    pub total_cents: u64,
    /// The gateway's name for the payment, once it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub payment_id: Option<String>,
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let line = |Line { sku, quantity, unit_price_cents }| LineBody { sku, quantity, unit_price_cents };
        Self {
            id: order.id.into(),
            user_id: order.user_id.into(),
            status: match order.status {
                Status::Placed => OrderStatus::Placed,
                Status::Paid => OrderStatus::Paid,
                Status::Expired => OrderStatus::Expired,
            },
            placed_at: order.placed_at,
            lines: order.lines.into_iter().map(line).collect(),
            total_cents: order.total_cents,
            payment_id: order.payment.map(|payment| payment.to_string()),
        }
    }
}

/// What all orders of a user add up to, expired ones included.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Totals")]
pub struct TotalsView {
    /// How many they are.
    pub count: u64,
    /// What they cost, in cents.
    pub amount_cents: u64,
}

impl From<Totals> for TotalsView {
    fn from(Totals { count, amount_cents, .. }: Totals) -> Self {
        Self { count, amount_cents }
    }
}

/// Which page of a listing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Most items on the page.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: u8,
    /// Where to go on: the `next` of the page before.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 4096))]
    pub cursor: Option<Cursor>,
}

fn twenty() -> u8 {
    20
}
