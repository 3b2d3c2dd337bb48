//! Placing an order.

use std::sync::Arc;

use anyport_ports::documents::Condition;
use anyport_ports::handles::{Change, Reader, Stored};
use anyport_ports::outbox::{Outbox, Relay};
use anyport_ports::{Clock, ErrorKind};

use super::{NewOrder, Order, OrderError, OrderEvents, OrderPlaced, Orders, OrdersItem, Totals};
use crate::UserId;
use crate::users::{self, Users};

/// Rounds before giving up against others that place orders of the same user: of those who place at once, one succeeds
/// in each round.
const ROUNDS: usize = 32;

/// Places orders.
pub struct PlaceOrder {
    /// To see that the user exists.
    pub users: Reader<Users>,
    /// To read orders and totals.
    pub orders: Reader<Orders>,
    /// To write them, and with them that they are to be told of.
    pub ledger: Outbox<Orders, OrderEvents>,
    /// To tell of it at once.
    pub relay: Relay<Orders, OrderEvents>,
    /// To date it.
    pub clock: Arc<dyn Clock>,
}

impl PlaceOrder {
    /// Places an order of a user, once: an order that stands already with the same lines is the answer again. When this
    /// returns, the order stands, is in the totals, and `OrderPlaced` is published or will be: it was recorded with the order.
    ///
    /// # Errors
    ///
    /// `UserNotFound`, `Conflict` if an order of this id stands with other lines, `Invalid`, `Contended`. After `Ports`
    /// the order may stand: placing it again gives it.
    pub async fn place(&self, user: &UserId, new: NewOrder) -> Result<Order, OrderError> {
        new.check()?;
        users::find(&self.users, user).await.map_err(OrderError::of_user)?;
        let order = self.record(user, new).await?;
        // A courtesy: what this misses, whoever relays the outbox finds.
        let _best_effort = self.relay.partition(Orders::key_of(user, &order.id)?.partition()).await;
        Ok(order)
    }

    async fn record(&self, user: &UserId, new: NewOrder) -> Result<Order, OrderError> {
        let key = Orders::key_of(user, &new.id)?;
        let mut lost = None;
        for _ in 0..ROUNDS {
            if let Some(standing) = self.orders.get(&key).await? {
                return match standing.item.order() {
                    Some(order) if order.lines == new.lines => Ok(order),
                    _ => Err(OrderError::Conflict(new.id)),
                };
            }
            let order = Order::placed(user.clone(), new.clone(), self.clock.now());
            let (totals, condition) = self.totals_with(&order).await?;
            let changes = vec![
                Change::Put(OrdersItem::Order(order.clone()), Condition::Absent),
                Change::Put(OrdersItem::Totals(totals), condition),
            ];
            let told = [OrderPlaced::of(&order)];
            match self.ledger.commit(key.partition().clone(), changes, &told).await {
                Ok(_) => return Ok(order),
                Err(error) => match error.kind() {
                    ErrorKind::Conflict | ErrorKind::PreconditionFailed => {}
                    // Safe to try again under these conditions: if it did happen, the next round reads the order.
                    ErrorKind::Indeterminate => lost = Some(error),
                    _ => return Err(error.into()),
                },
            }
        }
        Err(lost.map_or(OrderError::Contended, OrderError::Ports))
    }

    /// The user's totals with this order, and the condition to write them under.
    async fn totals_with(&self, order: &Order) -> Result<(Totals, Condition), OrderError> {
        let stored = self.orders.get(&Orders::totals_of(&order.user_id)?).await?;
        let (count, amount_cents, condition) = match stored {
            Some(Stored { item: OrdersItem::Totals(totals), version }) => {
                (totals.count, totals.amount_cents, Condition::Version(version))
            }
            _ => (0, 0, Condition::Absent),
        };
        let totals = Totals {
            user_id: order.user_id.clone(),
            count: count + 1,
            amount_cents: amount_cents.saturating_add(order.total_cents),
        };
        Ok((totals, condition))
    }
}
