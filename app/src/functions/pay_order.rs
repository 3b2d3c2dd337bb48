//! `pay-order`.

use std::sync::Arc;

use anyport_ports::handles::{Api, Reader, Writer};
use anyport_runtimes::{Caller, Json, Path};
use domain::orders::{self, OrderError, Orders, PayOrder};
use domain::users::Users;

use crate::payments::{HttpGateway, Payments};
use crate::schemas::{OrderPath, OrderView};

/// Pays an order.
pub async fn pay_order(
    caller: Caller,
    Path(path): Path<OrderPath>,
    users: Reader<Users>,
    orders: Reader<Orders>,
    ledger: Writer<Orders>,
    payments: Api<Payments>,
) -> Result<Json<OrderView>, OrderError> {
    orders::only_own(caller.subject(), &path.user)?;
    let gateway = Arc::new(HttpGateway(payments));
    Ok(Json(PayOrder { users, orders, ledger, gateway }.pay(&path.user, &path.order).await?.into()))
}
