//! Paying an order.

use std::sync::Arc;

use anyport_ports::ErrorKind;
use anyport_ports::documents::Condition;
use anyport_ports::handles::{Reader, Stored, Writer};

use super::{Order, OrderError, Orders, OrdersItem, Status};
use crate::payments::{Charge, Charged, PaymentGateway, PaymentId};
use crate::users::{self, Users};
use crate::{OrderId, UserId};

const ROUNDS: usize = 8;

/// Has orders paid.
pub struct PayOrder {
    /// To see that the user exists.
    pub users: Reader<Users>,
    /// To read orders.
    pub orders: Reader<Orders>,
    /// To write them.
    pub ledger: Writer<Orders>,
    /// To move the money.
    pub gateway: Arc<dyn PaymentGateway>,
}

impl PayOrder {
    /// Charges what an order costs, and marks it as paid; one that is paid already stays so, and nothing is charged. An
    /// order that expired while it was being charged is paid all the same: the money has moved.
    ///
    /// # Errors
    ///
    /// `UserNotFound`, `NotFound`, `Expired`, `PaymentDeclined`, `Contended`. After `Ports` the money may have moved:
    /// paying again charges under the same key, which moves it once.
    pub async fn pay(&self, user: &UserId, id: &OrderId) -> Result<Order, OrderError> {
        users::find(&self.users, user).await.map_err(OrderError::of_user)?;
        let (order, _) = self.standing(user, id).await?;
        match order.status {
            Status::Paid => return Ok(order),
            Status::Expired => return Err(OrderError::Expired(id.clone())),
            Status::Placed => {}
        }
        match self.gateway.charge(&Charge::for_order(user, id, order.total_cents)).await? {
            Charged::Accepted(payment) => self.mark(user, id, payment).await,
            Charged::Declined => Err(OrderError::PaymentDeclined(id.clone())),
        }
    }

    async fn mark(&self, user: &UserId, id: &OrderId, payment: PaymentId) -> Result<Order, OrderError> {
        for _ in 0..ROUNDS {
            let (order, condition) = self.standing(user, id).await?;
            if order.status == Status::Paid {
                return Ok(order);
            }
            let paid = Order { status: Status::Paid, payment: Some(payment.clone()), ..order };
            match self.ledger.put(&OrdersItem::Order(paid.clone()), condition).await {
                Ok(_) => return Ok(paid),
                Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(OrderError::Contended)
    }

    async fn standing(&self, user: &UserId, id: &OrderId) -> Result<(Order, Condition), OrderError> {
        let not_found = || OrderError::NotFound(id.clone());
        let Stored { item, version } = self.orders.get(&Orders::key_of(user, id)?).await?.ok_or_else(not_found)?;
        Ok((item.order().ok_or_else(not_found)?, Condition::Version(version)))
    }
}
