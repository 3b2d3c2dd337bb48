//! Messages as an outbox sees them, written down: what was published, in what state of the store, and what was refused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::documents::{Documents, Partition, Query};
use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, TopicName, outbox};
use async_trait::async_trait;

use crate::suite::THINGS;

/// Whose id begins with this is refused for good.
pub(super) const REFUSED: &str = "refused-";

/// A message that was accepted.
#[derive(Clone)]
pub(super) struct Posted {
    pub(super) topic: TopicName,
    pub(super) event: Outgoing,
}

/// Accepts every message but those it refuses, and keeps them.
pub(super) struct Post {
    documents: Arc<dyn Documents>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    posted: Vec<Posted>,
    /// Ids that were refused, as often as they were.
    refused: Vec<String>,
    /// What every call is told instead.
    outage: Option<ErrorKind>,
    /// Whether what is refused is accepted from now on.
    accepts_all: bool,
    /// Messages that were published while their records were no longer in the partition.
    unrecorded: usize,
}

impl Post {
    /// With a view on the records in these documents.
    pub(super) fn beside(documents: &Arc<dyn Documents>) -> Arc<Self> {
        Arc::new(Self { documents: Arc::clone(documents), state: Mutex::default() })
    }

    /// What was accepted, in order.
    pub(super) fn posted(&self) -> Vec<Posted> {
        self.state().posted.clone()
    }

    /// The ids of what was accepted, sorted, as often as each was.
    pub(super) fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> =
            self.state().posted.iter().map(|posted| posted.event.message.id().to_owned()).collect();
        ids.sort();
        ids
    }

    /// How often the message of this id was refused.
    pub(super) fn refusals(&self, id: &str) -> usize {
        self.state().refused.iter().filter(|refused| *refused == id).count()
    }

    /// How many were published whose record was gone by then. The subject of a message says in which partition it was.
    pub(super) fn unrecorded(&self) -> usize {
        self.state().unrecorded
    }

    /// From now on every call is told this; `None` ends it.
    pub(super) fn fail(&self, outage: Option<ErrorKind>) {
        self.state().outage = outage;
    }

    /// From now on nothing is refused.
    pub(super) fn accept_all(&self) {
        self.state().accepts_all = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The records in a partition.
pub(super) async fn records(
    documents: &dyn Documents,
    collection: &CollectionName,
    partition: &Partition,
) -> Result<usize> {
    let query = Query::partition(partition.clone()).prefix(outbox::PREFIX);
    Ok(documents.query(collection, &query).await?.documents.len())
}

#[async_trait]
impl Messages for Post {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let mut answers = Vec::new();
        let mut recorded = Vec::new();
        for event in batch.as_slice() {
            let partition = Partition::new(event.message.subject().unwrap_or("none"))?;
            recorded.push(records(&*self.documents, &THINGS, &partition).await? > 0);
        }
        let mut state = self.state();
        if let Some(kind) = state.outage {
            return Err(Error::new(kind, "injected fault: the messages are not reached"));
        }
        for (event, recorded) in batch.as_slice().iter().zip(recorded) {
            let id = event.message.id();
            if id.starts_with(REFUSED) && !state.accepts_all {
                state.refused.push(id.to_owned());
                answers.push(Err(Error::invalid("injected fault: this message is never accepted")));
                continue;
            }
            state.unrecorded += usize::from(!recorded);
            state.posted.push(Posted { topic: topic.clone(), event: event.clone() });
            answers.push(Ok(()));
        }
        Ok(answers)
    }

    async fn receive(&self, _subscription: &Subscription, _receive: Receive) -> Result<Vec<Delivery>> {
        Ok(Vec::new())
    }

    async fn ack(&self, _subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        Ok(receipts.as_slice().iter().map(|_| Ok(())).collect())
    }

    async fn nack(&self, _subscription: &Subscription, _receipt: &Receipt, _delay: Delay) -> Result<()> {
        Ok(())
    }

    async fn extend(&self, _subscription: &Subscription, _receipt: &Receipt, _lease: Lease) -> Result<()> {
        Ok(())
    }

    async fn dead_letter(&self, _subscription: &Subscription, _receipt: &Receipt, _reason: &str) -> Result<()> {
        Ok(())
    }

    async fn redrive(&self, _subscription: &Subscription, _max: usize) -> Result<usize> {
        Ok(0)
    }
}
