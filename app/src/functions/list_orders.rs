//! `list-orders`.

use anyport_ports::handles::Reader;
use anyport_runtimes::{Caller, Page, Path, Query};
use domain::orders::{self, OrderError, Orders};
use domain::users::Users;

use crate::schemas::{OrderView, PageQuery, UserPath};

/// Lists a user's orders.
pub async fn list_orders(
    caller: Caller,
    Path(path): Path<UserPath>,
    Query(query): Query<PageQuery>,
    users: Reader<Users>,
    orders: Reader<Orders>,
) -> Result<Page<OrderView>, OrderError> {
    orders::only_own(caller.subject(), &path.user)?;
    let page = orders::list(&users, &orders, &path.user, query.limit.into(), query.cursor.as_ref()).await?;
    Ok(Page { items: page.orders.into_iter().map(OrderView::from).collect(), next: page.next })
}
