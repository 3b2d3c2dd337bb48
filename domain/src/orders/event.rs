//! What is told of orders.

use anyport_ports::TopicName;
use anyport_ports::handles::{EventHead, Topic};
use serde::{Deserialize, Serialize};

use super::Order;
use crate::{OrderId, UserId};

/// An order was placed. It is told at least once, after the order stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// Whose order.
    pub user_id: UserId,
    /// Which order.
    pub order_id: OrderId,
    /// What it costs, in cents.
    pub total_cents: u64,
    /// When it was placed, in RFC 3339.
    pub placed_at: String,
}

impl OrderPlaced {
    pub(super) fn of(order: &Order) -> Self {
        Self {
            user_id: order.user_id.clone(),
            order_id: order.id.clone(),
            total_cents: order.total_cents,
            placed_at: order.placed_at.clone(),
        }
    }
}

/// The topic of what happens to orders.
pub enum OrderEvents {}

impl Topic for OrderEvents {
    const NAME: TopicName = TopicName::from_static("order-events");

    const SOURCE: &'static str = "/storefront/orders";

    type Event = OrderPlaced;

    fn head(event: &OrderPlaced) -> EventHead {
        let OrderPlaced { user_id, order_id, .. } = event;
        EventHead {
            id: format!("placed/{user_id}/{order_id}"),
            kind: "storefront.order.placed",
            subject: Some(format!("{user_id}/{order_id}")),
        }
    }
}
