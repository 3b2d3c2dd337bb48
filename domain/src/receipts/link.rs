//! Linking to a receipt.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{SignedUrlTtl, Verb};
use anyport_ports::handles::{BlobReader, BlobSigner, Reader};
use anyport_ports::{Clock, ErrorKind, Timestamp};

use super::{ReceiptError, Receipts};
use crate::orders::{self, Orders};
use crate::users::Users;
use crate::{OrderId, UserId};

const GOOD_FOR: Duration = Duration::from_mins(10);

/// A URL that whoever has it may use until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedLink {
    /// The URL.
    pub url: String,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// Gives links to receipts.
pub struct ReceiptLink {
    /// To see that the user exists.
    pub users: Reader<Users>,
    /// To see that there is the order.
    pub orders: Reader<Orders>,
    /// To see that there is the receipt.
    pub receipts: BlobReader<Receipts>,
    /// To sign.
    pub signer: BlobSigner<Receipts>,
    /// To tell when the link expires.
    pub clock: Arc<dyn Clock>,
}

impl ReceiptLink {
    /// A link to the receipt of an order, good for ten minutes; none while the order is not fulfilled.
    ///
    /// # Errors
    ///
    /// `Order` if there is no such order.
    pub async fn to(&self, user: &UserId, order: &OrderId) -> Result<Option<SignedLink>, ReceiptError> {
        orders::find(&self.users, &self.orders, user, order).await?;
        let name = Receipts::name_of(user, order)?;
        match self.receipts.head(&name).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let expires_at = self.clock.now().plus(GOOD_FOR);
        let url = self.signer.sign(&name, Verb::Get, SignedUrlTtl::new(GOOD_FOR)?).await?;
        Ok(Some(SignedLink { url, expires_at }))
    }
}
