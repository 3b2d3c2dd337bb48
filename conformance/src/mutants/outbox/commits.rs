//! Faults of commits.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{MAX_TRANSACTION, Partition, Transaction, Version};
use anyport_ports::messages::{Message, Outgoing};
use anyport_ports::outbox::{PREFIX, Relayed};
use anyport_ports::{CollectionName, ErrorKind, Result, TopicName};
use async_trait::async_trait;

use super::tamper::{Sound, Tamper, above, mutant};
use crate::built::OutboxHandle;
use crate::mutants::Mutant;

pub(super) fn mutants() -> Vec<Mutant<OutboxHandle>> {
    vec![
        mutant(
            "event_without_effect",
            "OBX-COM-1",
            "Events are recorded first, and the documents written then.",
            |_| above(|| EventsFirst),
        ),
        mutant("effect_without_event", "OBX-COM-2", "Events are kept in memory until they are relayed.", |_| {
            above(|| InMemory(Mutex::default()))
        }),
        mutant("versions_of_records_too", "OBX-COM-3", "A commit returns a version for each record as well.", |_| {
            above(|| TooManyVersions)
        }),
        mutant("same_id_dropped", "OBX-COM-4", "An event whose id was committed before is not recorded.", |_| {
            above(|| DropsSameId(Mutex::default()))
        }),
        mutant("surplus_dropped", "OBX-COM-5", "Events that do not fit the transaction are left out.", |_| {
            above(|| DropsSurplus)
        }),
        mutant(
            "doubt_recorded_apart",
            "OBX-ERR-1",
            "After a lost answer the events are recorded by themselves.",
            |_| above(|| RecordsApart),
        ),
        mutant("own_keys_open", "OBX-KEY-1", "Documents of the domain may stand under keys of the outbox.", |_| {
            above(|| OpensKeys)
        }),
        mutant("correlation_dropped", "OBX-REL-1", "An event is recorded without its extension attributes.", |_| {
            above(|| DropsExtensions)
        }),
        mutant("delay_forgotten", "OBX-DLY-1", "An event is recorded without its delay.", |_| above(|| ForgetsDelay)),
    ]
}

struct EventsFirst;

#[async_trait]
impl Tamper for EventsFirst {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let alone = Transaction::in_partition(transaction.partition().clone());
        sound.outbox.commit(collection, alone, topic, events).await?;
        sound.documents.transact(collection, &transaction).await
    }
}

/// Events that wait for the next relay.
struct InMemory(Mutex<Vec<Outgoing>>);

#[async_trait]
impl Tamper for InMemory {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        _topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let versions = sound.documents.transact(collection, &transaction).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(events);
        Ok(versions)
    }

    async fn relay_partition(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        let events = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if !events.is_empty() {
            sound.outbox.commit(collection, Transaction::in_partition(partition.clone()), topic, &events).await?;
        }
        sound.outbox.relay_partition(collection, partition, topic).await
    }
}

struct TooManyVersions;

#[async_trait]
impl Tamper for TooManyVersions {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let mut versions = sound.outbox.commit(collection, transaction, topic, events).await?;
        versions.extend(events.iter().map(|_| Version::new("of a record")));
        Ok(versions)
    }
}

/// Ids that were committed.
struct DropsSameId(Mutex<HashSet<String>>);

#[async_trait]
impl Tamper for DropsSameId {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let fresh: Vec<Outgoing> = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            events.iter().filter(|event| seen.insert(event.message.id().to_owned())).cloned().collect()
        };
        if fresh.is_empty() && transaction.operations().is_empty() {
            return Ok(Vec::new());
        }
        sound.outbox.commit(collection, transaction, topic, &fresh).await
    }
}

struct DropsSurplus;

#[async_trait]
impl Tamper for DropsSurplus {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let room = MAX_TRANSACTION.saturating_sub(transaction.operations().len()).min(events.len());
        sound.outbox.commit(collection, transaction, topic, &events[..room]).await
    }
}

struct RecordsApart;

#[async_trait]
impl Tamper for RecordsApart {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let alone = Transaction::in_partition(transaction.partition().clone());
        match sound.outbox.commit(collection, transaction, topic, events).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate => {
                sound.outbox.commit(collection, alone, topic, events).await?;
                Err(error)
            }
            answer => answer,
        }
    }
}

struct OpensKeys;

#[async_trait]
impl Tamper for OpensKeys {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        if transaction.operations().iter().any(|(key, _)| key.sort().starts_with(PREFIX)) {
            return sound.documents.transact(collection, &transaction).await;
        }
        sound.outbox.commit(collection, transaction, topic, events).await
    }
}

struct DropsExtensions;

#[async_trait]
impl Tamper for DropsExtensions {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let bare = |event: &Outgoing| {
            let full = &event.message;
            let mut message = Message::new(full.id(), full.source(), full.kind())?;
            if let Some(subject) = full.subject() {
                message = message.with_subject(subject)?;
            }
            if let Some(content_type) = full.content_type() {
                message = message.with_data(content_type, full.data().clone())?;
            }
            Outgoing::delayed(message, event.delay)
        };
        let events: Vec<Outgoing> = events.iter().map(bare).collect::<Result<_>>()?;
        sound.outbox.commit(collection, transaction, topic, &events).await
    }
}

struct ForgetsDelay;

#[async_trait]
impl Tamper for ForgetsDelay {
    async fn commit(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        transaction: Transaction,
        topic: &TopicName,
        events: &[Outgoing],
    ) -> Result<Vec<Version>> {
        let events: Vec<Outgoing> = events.iter().map(|event| event.message.clone().into()).collect();
        sound.outbox.commit(collection, transaction, topic, &events).await
    }
}
