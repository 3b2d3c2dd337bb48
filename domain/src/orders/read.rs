//! Reading orders.

use anyport_ports::Cursor;
use anyport_ports::documents::{Partition, Query};
use anyport_ports::handles::Reader;

use super::{Order, OrderError, Orders, OrdersItem, Totals};
use crate::users::{self, Users};
use crate::{OrderId, UserId};

/// Refuses whoever is not this user: orders are their user's own.
pub fn only_own(subject: &str, user: &UserId) -> Result<(), OrderError> {
    if subject == user.as_str() { Ok(()) } else { Err(OrderError::NotYours) }
}

/// A page of a user's orders.
#[derive(Clone, Debug)]
pub struct OrdersPage {
    /// The orders, by id.
    pub orders: Vec<Order>,
    /// Where the listing goes on.
    pub next: Option<Cursor>,
}

/// An order of a user who is there.
pub async fn find(
    users: &Reader<Users>,
    orders: &Reader<Orders>,
    user: &UserId,
    order: &OrderId,
) -> Result<Order, OrderError> {
    users::find(users, user).await.map_err(OrderError::of_user)?;
    look_up(orders, user, order).await
}

/// An order, whether or not its user is still there.
pub(crate) async fn look_up(orders: &Reader<Orders>, user: &UserId, order: &OrderId) -> Result<Order, OrderError> {
    let stored = orders.get(&Orders::key_of(user, order)?).await?;
    stored.and_then(|stored| stored.item.order()).ok_or_else(|| OrderError::NotFound(order.clone()))
}

/// A page of at most `limit` (1 to 100) of a user's orders, by id, from where an earlier page ended.
pub async fn list(
    users: &Reader<Users>,
    orders: &Reader<Orders>,
    user: &UserId,
    limit: usize,
    after: Option<&Cursor>,
) -> Result<OrdersPage, OrderError> {
    users::find(users, user).await.map_err(OrderError::of_user)?;
    let partition = Partition::new(user.as_str())?;
    let query = Query::partition(partition).prefix(Orders::PREFIX).limit(limit)?;
    let query = query.after(after).map_err(|_| OrderError::BadCursor)?;
    let page = orders.query(&query).await?;
    let orders = page.items.into_iter().filter_map(|stored| stored.item.order()).collect();
    Ok(OrdersPage { orders, next: page.next })
}

/// What all orders of a user add up to.
pub async fn totals(users: &Reader<Users>, orders: &Reader<Orders>, user: &UserId) -> Result<Totals, OrderError> {
    users::find(users, user).await.map_err(OrderError::of_user)?;
    let stored = orders.get(&Orders::totals_of(user)?).await?;
    let none = || Totals { user_id: user.clone(), count: 0, amount_cents: 0 };
    Ok(match stored.map(|stored| stored.item) {
        Some(OrdersItem::Totals(totals)) => totals,
        _ => none(),
    })
}
