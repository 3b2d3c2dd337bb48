//! `pay-order`.

use anyport_ports::handles::{Reader, Writer};
use anyport_runtimes::{Json, Path};
use domain::orders::{OrderError, Orders, PayOrder};
use domain::users::Users;

use crate::schemas::{OrderPath, OrderView};

/// Pays an order.
pub async fn pay_order(
    Path(path): Path<OrderPath>,
    users: Reader<Users>,
    orders: Reader<Orders>,
    ledger: Writer<Orders>,
) -> Result<Json<OrderView>, OrderError> {
    Ok(Json(PayOrder { users, orders, ledger }.pay(&path.user, &path.order).await?.into()))
}
