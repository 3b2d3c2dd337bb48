//! Expiring orders that nobody pays.

use std::ops::Bound;
use std::time::Duration;

use anyport_ports::documents::{Condition, IndexQuery, TextRange};
use anyport_ports::handles::{Reader, Writer};
use anyport_ports::{ErrorKind, Timestamp};

use super::{Order, OrderError, Orders, OrdersItem, Status};

/// How long an order waits to be paid.
pub const UNPAID_FOR: Duration = Duration::from_hours(48);

/// Expires orders that nobody pays.
pub struct ExpireUnpaid {
    /// To find orders.
    pub orders: Reader<Orders>,
    /// To write them.
    pub ledger: Writer<Orders>,
}

impl ExpireUnpaid {
    /// Expires the orders that at this instant have waited longer than [`UNPAID_FOR`]; returns how many. Doing it again,
    /// or twice at once, is harmless.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, OrderError> {
        let before = now.minus(UNPAID_FOR).to_string();
        let due = TextRange::between(Bound::<String>::Unbounded, Bound::Excluded(before.clone()));
        let (mut expired, mut cursor) = (0, None);
        loop {
            let query = IndexQuery::new(Orders::BY_STATUS, Status::Placed.as_str()).within(due.clone());
            let page = self.orders.query_index(&query.after(cursor.as_ref())?).await?;
            for found in page.items {
                if let Some(order) = found.item.order() {
                    expired += u64::from(self.expire_one(&order, &before).await?);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(expired);
            }
        }
    }

    /// Expires one order, if it is still due: the index may be behind.
    async fn expire_one(&self, found: &Order, before: &str) -> Result<bool, OrderError> {
        let Some(stored) = self.orders.get(&Orders::key_of(&found.user_id, &found.id)?).await? else {
            return Ok(false);
        };
        let order = match stored.item.order() {
            Some(order) if order.status == Status::Placed && order.placed_at.as_str() < before => order,
            _ => return Ok(false),
        };
        let item = OrdersItem::Order(Order { status: Status::Expired, ..order });
        match self.ledger.put(&item, Condition::Version(stored.version)).await {
            Ok(_) => Ok(true),
            // Paid, or expired by another, at this moment.
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
