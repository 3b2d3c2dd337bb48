//! `place-order`.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::handles::Reader;
use anyport_ports::outbox::{Outbox, Relay};
use anyport_runtimes::{Caller, Created, Json, Path};
use domain::orders::{self, OrderError, OrderEvents, Orders, PlaceOrder};
use domain::users::Users;

use crate::schemas::{NewOrderBody, OrderView, UserPath};

/// Places an order. A repeated request is answered as the first one was: 201, with the order as it stands.
pub async fn place_order(
    caller: Caller,
    Path(path): Path<UserPath>,
    Json(body): Json<NewOrderBody>,
    users: Reader<Users>,
    orders: Reader<Orders>,
    ledger: Outbox<Orders, OrderEvents>,
    relay: Relay<Orders, OrderEvents>,
    clock: Arc<dyn Clock>,
) -> Result<Created<OrderView>, OrderError> {
    orders::only_own(caller.subject(), &path.user)?;
    let order = PlaceOrder { users, orders, ledger, relay, clock }.place(&path.user, body.into()).await?;
    let location = format!("/api/users/{}/orders/{}", order.user_id, order.id);
    Ok(Created { location, etag: None, body: order.into() })
}
