//! `get-totals`.

use anyport_ports::handles::Reader;
use anyport_runtimes::{Caller, Json, Path};
use domain::orders::{self, OrderError, Orders};
use domain::users::Users;

use crate::schemas::{TotalsView, UserPath};

/// Shows what a user's orders add up to.
pub async fn get_totals(
    caller: Caller,
    Path(path): Path<UserPath>,
    users: Reader<Users>,
    orders: Reader<Orders>,
) -> Result<Json<TotalsView>, OrderError> {
    orders::only_own(caller.subject(), &path.user)?;
    Ok(Json(orders::totals(&users, &orders, &path.user).await?.into()))
}
