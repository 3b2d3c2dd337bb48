//! The typed handles.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::record::indexes_with;
use super::{DocumentOutbox, OutboxStore, Relayed};
use crate::documents::{Partition, Version};
use crate::handles::{Access, Change, Collection, Handle, Need, Ports, Topic, transaction_of};
use crate::messages::Outgoing;
use crate::{CallContext, Result};

/// Writes a collection together with the events that speak of it; cannot read it, and cannot publish without writing.
pub struct Outbox<C, T> {
    store: Arc<dyn OutboxStore>,
    call: Arc<CallContext>,
    of: PhantomData<fn() -> (C, T)>,
}

impl<C: Collection, T: Topic> Outbox<C, T> {
    /// The outbox of the collection for the topic. Events are stamped with the call's correlation and trace.
    pub fn new(store: Arc<dyn OutboxStore>, call: Arc<CallContext>) -> Self {
        Self { store, call, of: PhantomData }
    }

    /// Does all of these changes in one partition and records the events, or does nothing; returns one version for each
    /// `Put`. See [`OutboxStore::commit`].
    pub async fn commit(
        &self,
        partition: Partition,
        changes: Vec<Change<C::Item>>,
        events: &[T::Event],
    ) -> Result<Vec<Version>> {
        self.commit_delayed(partition, changes, events, Duration::ZERO).await
    }

    /// As [`commit`](Self::commit), and the events are not delivered before `delay`, of at most 15 minutes, is over.
    pub async fn commit_delayed(
        &self,
        partition: Partition,
        changes: Vec<Change<C::Item>>,
        events: &[T::Event],
        delay: Duration,
    ) -> Result<Vec<Version>> {
        let transaction = transaction_of::<C>(partition, changes)?;
        let outgoing = |event| Outgoing::delayed(self.call.stamp(T::message(event)?), delay);
        let events: Vec<Outgoing> = events.iter().map(outgoing).collect::<Result<_>>()?;
        self.store.commit(&C::NAME, transaction, &T::NAME, &events).await
    }
}

/// Publishes what the outboxes of a collection have recorded for a topic.
pub struct Relay<C, T> {
    store: Arc<dyn OutboxStore>,
    of: PhantomData<fn() -> (C, T)>,
}

impl<C: Collection, T: Topic> Relay<C, T> {
    /// The relay of the collection to the topic.
    pub fn new(store: Arc<dyn OutboxStore>) -> Self {
        Self { store, of: PhantomData }
    }

    /// Publishes up to `limit` events (1 to 100) that wait in any partition; see [`OutboxStore::relay`].
    pub async fn all(&self, limit: usize) -> Result<Relayed> {
        self.store.relay(&C::NAME, &T::NAME, limit).await
    }

    /// Publishes the events that wait in one partition; see [`OutboxStore::relay_partition`].
    pub async fn partition(&self, partition: &Partition) -> Result<Relayed> {
        self.store.relay_partition(&C::NAME, partition, &T::NAME).await
    }
}

fn store_of(ports: &Ports) -> Arc<dyn OutboxStore> {
    let (documents, messages) = (Arc::clone(&ports.documents), Arc::clone(&ports.messages));
    Arc::new(DocumentOutbox::new(documents, messages, Arc::clone(&ports.clock), Arc::clone(&ports.ids)))
}

fn need<C: Collection>(access: Access) -> Need {
    Need::Collection { name: C::NAME, access, indexes: indexes_with(C::indexes()) }
}

impl<C: Collection, T: Topic> Handle for Outbox<C, T> {
    fn needs() -> Vec<Need> {
        vec![need::<C>(Access::Write)]
    }

    fn open(ports: &Ports) -> Self {
        Self::new(store_of(ports), Arc::clone(&ports.call))
    }
}

impl<C: Collection, T: Topic> Handle for Relay<C, T> {
    fn needs() -> Vec<Need> {
        let publish = Need::Topic { name: T::NAME, access: Access::Publish };
        vec![need::<C>(Access::Read), need::<C>(Access::Write), publish]
    }

    fn open(ports: &Ports) -> Self {
        Self::new(store_of(ports))
    }
}

impl<C: Collection, T: Topic> fmt::Debug for Outbox<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({} for {})", C::NAME, T::NAME)
    }
}

impl<C: Collection, T: Topic> fmt::Debug for Relay<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({} to {})", C::NAME, T::NAME)
    }
}
