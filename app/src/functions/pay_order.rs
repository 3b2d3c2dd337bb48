//! `pay-order`.

use anyport_ports::handles::{Reader, Writer};
use anyport_runtimes::{Json, Path};
use domain::orders::{OrderError, Orders, PayOrder};

use crate::schemas::{OrderPath, OrderView};

/// Pays an order.
pub async fn pay_order(
    Path(path): Path<OrderPath>,
    orders: Reader<Orders>,
    ledger: Writer<Orders>,
) -> Result<Json<OrderView>, OrderError> {
    Ok(Json(PayOrder { orders, ledger }.pay(&path.user, &path.order).await?.into()))
}
