//! The typed handle.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Consumed, DocumentInbox, InboxStore, Once};
use crate::Result;
use crate::documents::Partition;
use crate::handles::{Access, Change, Collection, Handle, Need, Ports, Subscriber, Topic, transaction_of};

/// Writes a collection, once for each message of a subscription; apart from that it cannot read it.
pub struct Inbox<C, S> {
    store: Arc<dyn InboxStore>,
    of: PhantomData<fn() -> (C, S)>,
}

impl<C: Collection, S: Subscriber> Inbox<C, S> {
    /// The inbox of the subscription, whose effects are in the collection.
    pub fn new(store: Arc<dyn InboxStore>) -> Self {
        Self { store, of: PhantomData }
    }

    /// Does all of these changes in one partition, or none, if they were not done there before for the event of this id
    /// (`Event::id`) of the subscription's topic. See [`InboxStore::once`].
    pub async fn once(&self, partition: Partition, id: &str, changes: Vec<Change<C::Item>>) -> Result<Once> {
        let message = Consumed {
            consumer: S::subscription().to_string(),
            source: <S::Topic as Topic>::SOURCE.to_owned(),
            id: id.to_owned(),
        };
        self.store.once(&C::NAME, &message, transaction_of::<C>(partition, changes)?).await
    }
}

impl<C: Collection, S: Subscriber> Handle for Inbox<C, S> {
    fn needs() -> Vec<Need> {
        let need = |access| Need::Collection { name: C::NAME, access, indexes: C::indexes() };
        vec![need(Access::Read), need(Access::Write)]
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::new(DocumentInbox::new(Arc::clone(&ports.documents), Arc::clone(&ports.clock))))
    }
}

impl<C: Collection, S: Subscriber> fmt::Debug for Inbox<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({} of {})", C::NAME, S::subscription())
    }
}
