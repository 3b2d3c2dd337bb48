//! Fulfilling an order: its receipt is written.

use anyport_ports::ErrorKind;
use anyport_ports::blobs::{BlobCondition, PutBlob};
use anyport_ports::handles::{BlobWriter, Reader, SecretOf, Subscriber};

use super::{ReceiptError, ReceiptKey, Receipts, signature, text};
use crate::orders::{self, OrderEvents, OrderPlaced, Orders};

/// The subscription that fulfils orders.
pub enum Fulfilment {}

impl Subscriber for Fulfilment {
    type Topic = OrderEvents;

    const NAME: &'static str = "fulfilment";
}

/// Fulfils orders.
pub struct Fulfil {
    /// To read the order.
    pub orders: Reader<Orders>,
    /// To write its receipt.
    pub receipts: BlobWriter<Receipts>,
    /// To sign it.
    pub key: SecretOf<ReceiptKey>,
}

impl Fulfil {
    /// Writes the receipt of an order that was placed, once: however often it is told, the first receipt stands.
    ///
    /// # Errors
    ///
    /// `Order` if there is no such order, `KeyMissing`.
    pub async fn fulfil(&self, placed: &OrderPlaced) -> Result<(), ReceiptError> {
        let order = orders::look_up(&self.orders, &placed.user_id, &placed.order_id).await?;
        let key = self.key.get().await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => ReceiptError::KeyMissing,
            _ => error.into(),
        })?;
        let receipt = signature::signed(text::of(&order), &key.value)?;
        let put = PutBlob::new("text/plain; charset=utf-8", receipt)?.when(BlobCondition::Absent);
        match self.receipts.put(&Receipts::name_of(&order.user_id, &order.id)?, &put).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
