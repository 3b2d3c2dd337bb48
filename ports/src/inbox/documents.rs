//! The inbox on any store of documents.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::marker::PREFIX;
use super::{Consumed, InboxStore, Once, RETENTION};
use crate::documents::{Documents, Key, Operation, Transaction};
use crate::{Clock, CollectionName, Error, ErrorKind, Result};

/// Marks messages in the partition of their effect.
pub struct DocumentInbox {
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    remembers: Duration,
}

impl DocumentInbox {
    /// An inbox on these documents, that remembers messages for [`RETENTION`].
    pub fn new(documents: Arc<dyn Documents>, clock: Arc<dyn Clock>) -> Self {
        Self { documents, clock, remembers: RETENTION }
    }

    /// Remembers messages for this long: longer than one may be delivered again, from dead letters included.
    #[must_use]
    pub fn remembering(mut self, remembers: Duration) -> Self {
        self.remembers = remembers;
        self
    }

    async fn perform(&self, collection: &CollectionName, message: &Consumed, effect: Transaction) -> Result<Once> {
        if let Some((key, _)) = effect.operations().iter().find(|(key, _)| key.sort().starts_with(PREFIX)) {
            return Err(Error::invalid(format!("{key} is a key of the inbox: choose one without {PREFIX:?}")));
        }
        let key = effect.partition().key(message.sort_key())?;
        let puts = effect.operations().iter().filter(|(_, operation)| matches!(operation, Operation::Put(_))).count();
        let transaction = effect.put(key.sort(), message.put(self.clock.now().plus(self.remembers))?)?;
        match self.documents.transact(collection, &transaction).await {
            Ok(mut versions) => {
                versions.truncate(puts);
                Ok(Once::Done(versions))
            }
            Err(error) if may_be_marked(error.kind()) => self.already(collection, &key, error).await,
            Err(error) => Err(error),
        }
    }

    /// `Already` if the message is marked, else this error.
    async fn already(&self, collection: &CollectionName, key: &Key, error: Error) -> Result<Once> {
        match self.documents.get(collection, key).await {
            Ok(Some(_)) => Ok(Once::Already),
            // A condition failed, the marker's or another: nothing happened, and which one it was must be read again.
            Err(unread) if error.kind() != ErrorKind::Indeterminate => Err(unread),
            Ok(None) | Err(_) => Err(error),
        }
    }
}

/// Whether a transaction may have failed so because the message is marked: its conditions failed, of which any may be the one
/// reported, or it took effect and the answer was lost.
fn may_be_marked(kind: ErrorKind) -> bool {
    use ErrorKind::{Conflict, Indeterminate, NotFound, PreconditionFailed};
    matches!(kind, Conflict | PreconditionFailed | NotFound | Indeterminate)
}

#[async_trait]
impl InboxStore for DocumentInbox {
    async fn once(&self, collection: &CollectionName, message: &Consumed, effect: Transaction) -> Result<Once> {
        let at = format!("{collection}/{}", effect.partition().as_str().escape_debug());
        self.perform(collection, message, effect).await.map_err(|error| error.during("inbox.once", at))
    }
}

impl fmt::Debug for DocumentInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentInbox(remembers {:?})", self.remembers)
    }
}
