//! `get-order`.

use anyport_ports::handles::Reader;
use anyport_runtimes::{Caller, Json, Path};
use domain::orders::{self, OrderError, Orders};
use domain::users::Users;

use crate::schemas::{OrderPath, OrderView};

/// Shows an order.
pub async fn get_order(
    caller: Caller,
    Path(path): Path<OrderPath>,
    users: Reader<Users>,
    orders: Reader<Orders>,
) -> Result<Json<OrderView>, OrderError> {
    orders::only_own(caller.subject(), &path.user)?;
    Ok(Json(orders::find(&users, &orders, &path.user, &path.order).await?.into()))
}
