//! What the checks of the outbox work at.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::documents::{Body, Documents, IndexQuery, Key, Partition, Put, Transaction};
use anyport_ports::messages::{Message, Outgoing};
use anyport_ports::outbox::{self, OutboxStore};
use anyport_ports::{Clock, CollectionName, Result};
use serde_json::json;

use super::post::{Post, records};
use crate::built::OutboxHandle;
use crate::check::{Context, Verdict, Violation, ensure};
use crate::suite::{NEWS, THINGS};

/// How long an index may be behind.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// An outbox whose messages are written down, by a clock that stands until it is moved.
pub(super) struct Desk {
    pub(super) cx: Context<OutboxHandle>,
    pub(super) handle: OutboxHandle,
    pub(super) post: Arc<Post>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) outbox: Arc<dyn OutboxStore>,
}

impl Desk {
    pub(super) async fn of(cx: &Context<OutboxHandle>) -> Result<Self> {
        let handle = cx.connect().await?;
        let (post, clock) = (Post::beside(&handle.store.documents), Arc::new(ManualClock::new()));
        let outbox = handle.outbox_to(Arc::clone(&post) as _, Arc::clone(&clock) as Arc<dyn Clock>);
        Ok(Self { cx: cx.clone(), handle, post, clock, outbox })
    }

    pub(super) fn documents(&self) -> &Arc<dyn Documents> {
        &self.handle.store.documents
    }

    /// Commits a document named after each event, and the events.
    pub(super) async fn commit(&self, partition: &str, ids: &[&str]) -> Verdict {
        let mut transaction = Transaction::in_partition(Partition::new(partition)?);
        for id in ids {
            transaction = transaction.put(format!("effect/{id}"), effect()?)?;
        }
        let events: Vec<Outgoing> = ids.iter().map(|id| event(partition, id)).collect::<Result<_>>()?;
        self.outbox.commit(&THINGS, transaction, &NEWS, &events).await?;
        Ok(())
    }

    /// The records that stand in a partition.
    pub(super) async fn records(&self, partition: &str) -> Result<usize> {
        records(&**self.documents(), &THINGS, &Partition::new(partition)?).await
    }

    /// Whether the effect of this name stands.
    pub(super) async fn has_effect(&self, partition: &str, name: &str) -> Result<bool> {
        let key = Key::new(partition, format!("effect/{name}"))?;
        Ok(self.documents().get(&THINGS, &key).await?.is_some())
    }

    /// Waits until the index shows so many records of a topic, as relays will find them.
    pub(super) async fn await_index(&self, collection: &CollectionName, count: usize) -> Verdict {
        let query = IndexQuery::new(outbox::INDEX, NEWS.as_str());
        let found = self.cx.eventually(PATIENCE, || async {
            let shown = self.documents().query_index(collection, &query).await?.documents.len();
            Ok((shown == count).then_some(()))
        });
        let message = || Violation::new(format!("the index of the outbox does not show {count} records"));
        found.await?.ok_or_else(message)
    }

    /// Relays until this holds of what was posted.
    pub(super) async fn relay_until(&self, what: &str, limit: usize, done: impl Fn(&Post) -> bool) -> Verdict {
        let found = self.cx.eventually(PATIENCE, || async {
            let relayed = self.outbox.relay(&THINGS, &NEWS, limit).await?;
            self.cx.note(format!("relay: {relayed:?}"));
            Ok(done(&self.post).then_some(()))
        });
        let found = found.await?;
        ensure!(found.is_some(), "{what}: relays have published only {:?}", self.post.ids());
        Ok(())
    }
}

/// A small document.
pub(super) fn effect() -> Result<Put> {
    Ok(Put::new(Body::of(&json!({ "state": "open", "rank": "1" }))?))
}

/// An event of this id, that says of which partition it speaks.
pub(super) fn event(partition: &str, id: &str) -> Result<Outgoing> {
    let message = Message::new(id, "conformance", "thing.happened")?.with_subject(partition)?;
    Ok(message.with_data("text/plain", format!("the data of {id}"))?.into())
}
