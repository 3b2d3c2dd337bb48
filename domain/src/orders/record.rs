//! Orders as they are kept.

use anyport_ports::documents::{Index, Key};
use anyport_ports::handles::Collection;
use anyport_ports::outbox;
use anyport_ports::{CollectionName, IndexName, Result};
use serde::{Deserialize, Serialize};

use super::Order;
use crate::{OrderId, UserId};

/// What all orders of a user add up to, expired ones included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Whose orders.
    pub user_id: UserId,
    /// How many.
    pub count: u64,
    /// What they cost, in cents.
    pub amount_cents: u64,
}

/// A document of the collection of orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OrdersItem {
    /// An order.
    Order(Order),
    /// What the orders of the partition add up to.
    Totals(Totals),
}

impl OrdersItem {
    pub(super) fn order(self) -> Option<Order> {
        match self {
            Self::Order(order) => Some(order),
            Self::Totals(_) => None,
        }
    }
}

/// The collection of orders: partition key is the user's id.
pub enum Orders {}

const TOTALS: &str = "totals";

impl Orders {
    /// What the sort keys of orders begin with.
    pub(super) const PREFIX: &'static str = "order/";

    /// The index by status, then time of placing.
    pub(super) const BY_STATUS: IndexName = IndexName::from_static("by-status");

    /// Where an order is kept.
    pub(super) fn key_of(user: &UserId, order: &OrderId) -> Result<Key> {
        Key::new(user.as_str(), format!("{}{order}", Self::PREFIX))
    }

    /// Where the totals of a user are kept.
    pub(super) fn totals_of(user: &UserId) -> Result<Key> {
        Key::new(user.as_str(), TOTALS)
    }
}

impl Collection for Orders {
    const NAME: CollectionName = CollectionName::from_static("orders");

    type Item = OrdersItem;

    fn key(item: &OrdersItem) -> Result<Key> {
        match item {
            OrdersItem::Order(order) => Self::key_of(&order.user_id, &order.id),
            OrdersItem::Totals(totals) => Self::totals_of(&totals.user_id),
        }
    }

    fn indexes() -> Vec<Index> {
        vec![Index::new(Self::BY_STATUS, "status", "placed_at"), outbox::index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::Timestamp;
    use anyport_ports::documents::Body;

    #[test]
    fn orders_are_in_the_index_and_totals_are_not() {
        let user_id = UserId::new("u1").unwrap();
        let new = crate::orders::NewOrder { id: OrderId::new("o1").unwrap(), lines: Vec::new() };
        let order = OrdersItem::Order(Order::placed(user_id.clone(), new, Timestamp::from_millis(0)));
        let totals = OrdersItem::Totals(Totals { user_id, count: 0, amount_cents: 0 });
        let [index, _] = &Orders::indexes()[..] else { panic!("an index, and the outbox's") };
        let entry = (crate::orders::Status::Placed.as_str(), "1970-01-01T00:00:00.000Z");
        assert_eq!(index.entry(&Body::of(&order).unwrap()), Some(entry));
        assert_eq!(index.entry(&Body::of(&totals).unwrap()), None);
    }
}
