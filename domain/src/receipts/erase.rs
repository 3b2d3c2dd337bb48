//! Erasing what is kept of users who are gone.

use anyport_ports::blobs::ListBlobs;
use anyport_ports::handles::{BlobReader, BlobWriter};

use super::{ReceiptError, Receipts};
use crate::UserId;

/// Erases the receipts of a user.
pub struct EraseReceipts {
    /// To find them.
    pub receipts: BlobReader<Receipts>,
    /// To delete them.
    pub shelf: BlobWriter<Receipts>,
}

impl EraseReceipts {
    /// Deletes every receipt of this user; doing it again is harmless.
    pub async fn of(&self, user: &UserId) -> Result<(), ReceiptError> {
        let mut cursor = None;
        loop {
            let list = ListBlobs::prefix(Receipts::prefix_of(user)).after(cursor.as_ref())?;
            let page = self.receipts.list(&list).await?;
            for name in page.names() {
                self.shelf.delete(name).await?;
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }
}
