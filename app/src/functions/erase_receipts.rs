//! `erase-receipts`.

use anyport_ports::handles::{BlobReader, BlobWriter};
use anyport_runtimes::DocumentChanged;
use domain::UserId;
use domain::receipts::{EraseReceipts, ReceiptError, Receipts};
use domain::users::Users;

/// Erases the receipts of a user who was deleted.
pub async fn erase_receipts(
    change: DocumentChanged<Users>,
    receipts: BlobReader<Receipts>,
    shelf: BlobWriter<Receipts>,
) -> Result<(), ReceiptError> {
    match (&change.after, UserId::new(change.key.partition().as_str())) {
        (None, Ok(user)) => EraseReceipts { receipts, shelf }.of(&user).await,
        _ => Ok(()),
    }
}
