//! Receipts: one signed text per order, written when the order was placed, and links to it.

mod erase;
mod error;
mod fulfil;
mod link;
mod signature;
mod text;

use anyport_ports::blobs::BlobName;
use anyport_ports::handles::{Bucket, NamedSecret};
use anyport_ports::{BucketName, Result, SecretName};

pub use erase::EraseReceipts;
pub use error::ReceiptError;
pub use fulfil::{Fulfil, Fulfilment};
pub use link::{ReceiptLink, SignedLink};
pub use signature::is_genuine;

use crate::{OrderId, UserId};

/// The bucket of receipts.
pub enum Receipts {}

impl Bucket for Receipts {
    const NAME: BucketName = BucketName::from_static("receipts");
}

impl Receipts {
    /// Where the receipt of an order is kept.
    fn name_of(user: &UserId, order: &OrderId) -> Result<BlobName> {
        BlobName::new(format!("{}{order}.txt", Self::prefix_of(user)))
    }

    /// What the names of a user's receipts begin with.
    fn prefix_of(user: &UserId) -> String {
        format!("receipts/{user}/")
    }
}

/// The key that receipts are signed with: any bytes, at least 32 of them random.
pub enum ReceiptKey {}

impl NamedSecret for ReceiptKey {
    const NAME: SecretName = SecretName::from_static("receipt-key");
}
