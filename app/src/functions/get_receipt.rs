//! `get-receipt`.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::handles::{BlobReader, BlobSigner, Reader};
use anyport_runtimes::{Caller, Json, Path};
use domain::orders::{self, Orders};
use domain::receipts::{ReceiptError, ReceiptLink, Receipts};
use domain::users::Users;

use crate::schemas::{OrderPath, ReceiptView};

/// Gives a link to an order's receipt, once there is one.
pub async fn get_receipt(
    caller: Caller,
    Path(path): Path<OrderPath>,
    users: Reader<Users>,
    orders: Reader<Orders>,
    receipts: BlobReader<Receipts>,
    signer: BlobSigner<Receipts>,
    clock: Arc<dyn Clock>,
) -> Result<Json<ReceiptView>, ReceiptError> {
    orders::only_own(caller.subject(), &path.user)?;
    let link = ReceiptLink { users, orders, receipts, signer, clock };
    Ok(Json(link.to(&path.user, &path.order).await?.into()))
}
