//! `fulfil-order`.

use anyport_ports::handles::{BlobWriter, Reader, SecretOf};
use anyport_runtimes::Event;
use domain::orders::Orders;
use domain::receipts::{Fulfil, Fulfilment, ReceiptError, ReceiptKey, Receipts};

/// Writes the receipt of an order that was placed.
pub async fn fulfil_order(
    placed: Event<Fulfilment>,
    orders: Reader<Orders>,
    receipts: BlobWriter<Receipts>,
    key: SecretOf<ReceiptKey>,
) -> Result<(), ReceiptError> {
    Fulfil { orders, receipts, key }.fulfil(&placed.event).await
}
