//! Paying an order.

use anyport_ports::ErrorKind;
use anyport_ports::documents::Condition;
use anyport_ports::handles::{Reader, Writer};

use super::{Order, OrderError, Orders, OrdersItem, Status};
use crate::users::{self, Users};
use crate::{OrderId, UserId};

const ROUNDS: usize = 8;

/// Takes note that orders are paid.
pub struct PayOrder {
    /// To see that the user exists.
    pub users: Reader<Users>,
    /// To read orders.
    pub orders: Reader<Orders>,
    /// To write them.
    pub ledger: Writer<Orders>,
}

impl PayOrder {
    /// Marks an order as paid; one that is paid already stays so.
    ///
    /// # Errors
    ///
    /// `UserNotFound`, `NotFound`, `Expired`, `Contended`.
    pub async fn pay(&self, user: &UserId, id: &OrderId) -> Result<Order, OrderError> {
        users::find(&self.users, user).await.map_err(OrderError::of_user)?;
        let key = Orders::key_of(user, id)?;
        for _ in 0..ROUNDS {
            let not_found = || OrderError::NotFound(id.clone());
            let stored = self.orders.get(&key).await?.ok_or_else(not_found)?;
            let order = stored.item.order().ok_or_else(not_found)?;
            let paid = match order.status {
                Status::Paid => return Ok(order),
                Status::Expired => return Err(OrderError::Expired(id.clone())),
                Status::Placed => Order { status: Status::Paid, ..order },
            };
            let item = OrdersItem::Order(paid.clone());
            match self.ledger.put(&item, Condition::Version(stored.version)).await {
                Ok(_) => return Ok(paid),
                Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(OrderError::Contended)
    }
}
