//! Messages whose data is too large for one.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::blobs::{BlobName, BlobRange, Blobs, MAX_PUT_BYTES, PutBlob};
use crate::messages::Message;
use crate::{BucketName, Error, ErrorKind, Result};

/// The extension attribute that holds the name of the blob (CloudEvents extension "claim check").
pub const DATA_REFERENCE: &str = "dataref";

/// The folder of such blobs.
const FOLDER: &str = "claims";

/// Claim check: data that does not fit into a message goes to a blob, and the message carries a reference to it. Data of up to
/// 8 MiB, what a blob holds that is written in one call.
///
/// The blob is named by the message's source and id and by a digest of the data: a message that is made again names the
/// same blob, and data that is not what was checked in is found out. So only blobs of this folder are read, whatever a
/// message says.
///
/// Blobs are not deleted, since nobody knows which subscription is the last to read one, or whether a dead letter is
/// redriven: a rule of the bucket deletes what is below `claims/` once it is older than messages are kept (14 days on SQS).
///
/// ```
/// # use anyport_ports::{Result, TopicName, decorators::ClaimCheck, messages::{Batch, Message, Messages}};
/// async fn announce(claims: &ClaimCheck, messages: &dyn Messages, topic: &TopicName, report: Vec<u8>) -> Result<()> {
///     let head = Message::new("report-7", "/reports", "report.made")?;
///     let message = claims.check_in(head, "text/csv", report).await?;
///     messages.publish(topic, &Batch::one(message.into())).await?.into_iter().collect()
/// }
///
/// async fn read(claims: &ClaimCheck, message: &Message) -> Result<usize> {
///     Ok(claims.open(message).await?.len())
/// }
/// ```
#[derive(Clone)]
pub struct ClaimCheck {
    blobs: Arc<dyn Blobs>,
    bucket: BucketName,
}

impl ClaimCheck {
    /// With blobs in this bucket.
    pub fn new(blobs: Arc<dyn Blobs>, bucket: BucketName) -> Self {
        Self { blobs, bucket }
    }

    /// The message with this data: in itself if it fits, else by reference to a blob, which this writes. It is published
    /// like any other: at once, later, or through an outbox. Done again, it does the same.
    ///
    /// # Errors
    ///
    /// `TooLarge` for more than 8 MiB, `InvalidInput` for a bad content type or a message that has a reference, and those of
    /// [`Blobs::put`].
    pub async fn check_in(&self, head: Message, content_type: &str, data: impl Into<Bytes>) -> Result<Message> {
        if head.extensions().contains_key(DATA_REFERENCE) {
            return Err(Error::invalid(format!("the message has the attribute {DATA_REFERENCE} already")));
        }
        let data = data.into();
        match head.clone().with_data(content_type, data.clone()) {
            Err(error) if error.kind() == ErrorKind::TooLarge => {}
            made => return made,
        }
        let name = format!("{FOLDER}/{}/{}", event(&head), digest(&[&data]));
        let message = head.with_data(content_type, Bytes::new())?.with_extension(DATA_REFERENCE, name.clone())?;
        self.blobs.put(&self.bucket, &BlobName::new(name)?, &PutBlob::new(content_type, data)?).await?;
        Ok(message)
    }

    /// The data of a message, wherever it is.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a reference to something else than data of this very message, `NotFound` if the blob was
    /// deleted, and those of [`Blobs::get`].
    pub async fn open(&self, message: &Message) -> Result<Bytes> {
        let Some(reference) = message.extensions().get(DATA_REFERENCE) else { return Ok(message.data().clone()) };
        let foreign = || Error::invalid("the message refers to data that was not checked in for it");
        let folder = format!("{FOLDER}/{}/", event(message));
        let expected = reference.strip_prefix(&folder).ok_or_else(foreign)?;
        let name = BlobName::new(reference.as_str())?;
        let data = self.blobs.get(&self.bucket, &name, BlobRange::All).await?.bytes(MAX_PUT_BYTES).await?;
        if digest(&[&data]) == expected { Ok(data) } else { Err(foreign()) }
    }
}

/// What names the event, as part of a blob's name.
fn event(message: &Message) -> String {
    // No attribute holds a control character.
    digest(&[message.source().as_bytes(), b"\0", message.id().as_bytes()])
}

fn digest(parts: &[&[u8]]) -> String {
    let digest = parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

impl fmt::Debug for ClaimCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimCheck({})", self.bucket)
    }
}
