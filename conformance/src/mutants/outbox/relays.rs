//! Faults of relays.

use std::time::Duration;

use anyport_ports::documents::{Body, Condition, Documents, Key, Partition, Put, Query, Version};
use anyport_ports::messages::{Batch, Messages, Outgoing};
use anyport_ports::outbox::{PREFIX, Relayed};
use anyport_ports::{CollectionName, Result, TopicName};
use async_trait::async_trait;
use serde_json::Value;

use super::tamper::{Publishing, Sound, Tamper, above, below, beyond, mutant};
use crate::built::OutboxHandle;
use crate::mutants::Mutant;
use crate::mutants::below::Below;
use crate::suite::THINGS;

pub(super) fn mutants() -> Vec<Mutant<OutboxHandle>> {
    vec![
        mutant("published_not_removed", "OBX-REL-2", "A published event stays recorded.", |_| below(RemovesNothing)),
        mutant("removed_before_published", "OBX-REL-3", "A record is removed, and its event published then.", |_| {
            beyond(RemovesFirst)
        }),
        mutant("limit_ignored", "OBX-REL-4", "A relay publishes whatever it finds.", |_| above(|| NoLimit)),
        mutant("more_not_told", "OBX-REL-4", "A relay that stopped at its limit says that it is done.", |_| {
            above(|| NeverMore)
        }),
        mutant("topics_mixed", "OBX-REL-5", "A relay publishes what waits for other topics as well.", |_| {
            above(|| EveryTopic)
        }),
        mutant("partition_ignored", "OBX-PAR-1", "The relay of a partition is that of the collection.", |_| {
            above(|| EveryPartition)
        }),
        mutant("outage_swallowed", "OBX-ERR-2", "Messages that are not reached are taken for published.", |_| {
            beyond(SwallowsOutages)
        }),
        mutant("delay_from_the_relay", "OBX-DLY-1", "A delay counts from when the event is relayed.", |_| {
            beyond(DelaysAnew)
        }),
        mutant("stops_at_poison", "OBX-PSN-1", "An event that is refused ends the relay.", |_| beyond(StopsAtRefusal)),
        mutant(
            "poison_not_put_off",
            "OBX-PSN-1",
            "An event that is refused keeps its place before all others.",
            |_| below(KeepsPlace),
        ),
        mutant("poison_dropped", "OBX-PSN-2", "An event that is refused is removed.", |_| beyond(DropsRefused)),
        mutant("poison_tried_at_once", "OBX-PSN-2", "An event that is refused is tried again without a pause.", |_| {
            below(NoPause)
        }),
        mutant("poison_given_up", "OBX-PSN-2", "An event that was refused five times is removed.", |_| below(GivesUp)),
    ]
}

struct RemovesNothing;

#[async_trait]
impl Below for RemovesNothing {
    async fn delete(&self, _: &dyn Documents, _: &CollectionName, _: &Key, _: &Condition) -> Result<()> {
        Ok(())
    }
}

struct RemovesFirst;

#[async_trait]
impl Publishing for RemovesFirst {
    async fn publish(
        &self,
        sound: &dyn Messages,
        documents: &dyn Documents,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>> {
        for partition in batch.as_slice().iter().filter_map(|event| event.message.subject()) {
            let query = Query::partition(Partition::new(partition)?).prefix(PREFIX);
            for record in documents.query(&THINGS, &query).await?.documents {
                // Lost removals are as good as none.
                let _unseen = documents.delete(&THINGS, &record.key, &Condition::Always).await;
                let _unseen = documents.delete(&THINGS, &record.key, &Condition::Always).await;
            }
        }
        sound.publish(topic, batch).await
    }
}

struct NoLimit;

#[async_trait]
impl Tamper for NoLimit {
    async fn relay(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        topic: &TopicName,
        limit: usize,
    ) -> Result<Relayed> {
        let limit = if (1..=100).contains(&limit) { 100 } else { limit };
        sound.outbox.relay(collection, topic, limit).await
    }
}

struct NeverMore;

#[async_trait]
impl Tamper for NeverMore {
    async fn relay(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        topic: &TopicName,
        limit: usize,
    ) -> Result<Relayed> {
        let mut relayed = sound.outbox.relay(collection, topic, limit).await?;
        relayed.more = false;
        Ok(relayed)
    }
}

struct EveryTopic;

#[async_trait]
impl Tamper for EveryTopic {
    async fn relay_partition(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        let other = TopicName::new("other-news")?;
        sound.outbox.relay_partition(collection, partition, &other).await?;
        sound.outbox.relay_partition(collection, partition, topic).await
    }
}

struct EveryPartition;

#[async_trait]
impl Tamper for EveryPartition {
    async fn relay_partition(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        _partition: &Partition,
        topic: &TopicName,
    ) -> Result<Relayed> {
        sound.outbox.relay(collection, topic, 100).await
    }
}

struct SwallowsOutages;

#[async_trait]
impl Publishing for SwallowsOutages {
    async fn publish(
        &self,
        sound: &dyn Messages,
        _documents: &dyn Documents,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>> {
        let answers = sound.publish(topic, batch).await;
        Ok(answers.unwrap_or_else(|_| batch.as_slice().iter().map(|_| Ok(())).collect()))
    }
}

struct DelaysAnew;

#[async_trait]
impl Publishing for DelaysAnew {
    async fn publish(
        &self,
        sound: &dyn Messages,
        _documents: &dyn Documents,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>> {
        let anew = |event: &Outgoing| {
            let delay = if event.delay.is_zero() { event.delay } else { Duration::from_secs(3) };
            Outgoing::delayed(event.message.clone(), delay)
        };
        let batch = Batch::new(batch.as_slice().iter().map(anew).collect::<Result<Vec<_>>>()?)?;
        sound.publish(topic, &batch).await
    }
}

struct StopsAtRefusal;

#[async_trait]
impl Publishing for StopsAtRefusal {
    async fn publish(
        &self,
        sound: &dyn Messages,
        _documents: &dyn Documents,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>> {
        let answers = sound.publish(topic, batch).await?;
        answers.into_iter().collect::<Result<Vec<()>>>().map(|all| all.into_iter().map(Ok).collect())
    }
}

struct DropsRefused;

#[async_trait]
impl Publishing for DropsRefused {
    async fn publish(
        &self,
        sound: &dyn Messages,
        _documents: &dyn Documents,
        topic: &TopicName,
        batch: &Batch<Outgoing>,
    ) -> Result<Vec<Result<()>>> {
        Ok(sound.publish(topic, batch).await?.into_iter().map(|_| Ok(())).collect())
    }
}

struct KeepsPlace;

#[async_trait]
impl Below for KeepsPlace {
    async fn put(&self, _: &dyn Documents, _: &CollectionName, _: &Key, _: &Put) -> Result<Version> {
        Ok(Version::new("not written"))
    }
}

struct NoPause;

#[async_trait]
impl Below for NoPause {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let mut fields = put.body.fields().clone();
        fields.insert("outbox_due".to_owned(), "2026-01-01T00:00:00.000Z".into());
        let now = Put::new(Body::new(fields)?).when(put.condition.clone());
        sound.put(collection, key, &now).await
    }
}

struct GivesUp;

#[async_trait]
impl Below for GivesUp {
    async fn put(&self, sound: &dyn Documents, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        if put.body.fields().get("outbox_attempts").and_then(Value::as_u64) >= Some(5) {
            sound.delete(collection, key, &put.condition).await?;
            return Ok(Version::new("deleted"));
        }
        sound.put(collection, key, put).await
    }
}
