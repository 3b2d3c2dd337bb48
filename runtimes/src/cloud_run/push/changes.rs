//! Changes of documents: events of Firestore.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{DocumentChange, Documents};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, CollectionName};

use super::PushError;
use super::arrival::Arrival;
use super::kept::{Kept, Lost};
use super::order::{Order, Turn};
use super::verdict::Verdict;
use crate::cloud_events::CloudEvent;
use crate::events::EventFunction;
use crate::fault::Fault;
use crate::given_up;
use crate::layers::HostContext;
use crate::surroundings::DecodeChange;

/// What the types of events of documents begin with: `created`, `updated`, `deleted`, `written`, each with and without
/// `.withAuthContext`.
const DOCUMENTS: &str = "google.cloud.firestore.document.v1.";

/// A function that changes of documents call.
pub(super) struct Changes {
    collection: CollectionName,
    function: EventFunction<DocumentChange>,
    decode: DecodeChange,
    order: Order,
    kept: Kept,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    retry_base: Duration,
}

/// What came in place of a change.
struct NoChange {
    error: PushError,
    /// What is kept of it.
    data: Vec<u8>,
    id: Option<String>,
}

impl Changes {
    pub(super) fn new(
        collection: CollectionName,
        function: EventFunction<DocumentChange>,
        decode: DecodeChange,
        ports: &Ports,
        retry_base: Duration,
    ) -> Self {
        let (order, kept) = (Order::new(&function, ports), Kept::new(ports));
        let (documents, clock) = (Arc::clone(&ports.documents), Arc::clone(&ports.clock));
        Self { collection, function, decode, order, kept, documents, clock, retry_base }
    }

    /// Calls the function for a change, unless a later one of the same document was done before: Eventarc keeps no order.
    pub(super) async fn take(&self, arrival: Arrival, host: &HostContext) -> Result<Verdict, PushError> {
        let (event, change) = match self.decoded(arrival) {
            Ok(decoded) => decoded,
            Err(NoChange { error, data, id }) => {
                let (function, code, reason) = (self.function.name(), error.code(), error.to_string());
                let lost = Lost { function, id: id.as_deref(), attempts: 1, code, reason: &reason, data: &data };
                return Ok(self.kept.keep(lost).await);
            }
        };
        Ok(match self.order.turn(&change.key, event.attribute("time")).await {
            Ok(Turn::Now(turn)) => {
                let verdict = self.call(change, host).await;
                if verdict == Verdict::Done {
                    self.order.done(turn).await
                } else {
                    self.order.left(turn).await;
                    verdict
                }
            }
            Ok(Turn::Past) => {
                tracing::info!(function = self.function.name(), event = event.id(), "a later change was done before");
                Verdict::Done
            }
            Ok(Turn::Busy(after)) => Verdict::after(after),
            Err(error) => {
                tracing::warn!(function = self.function.name(), %error, "whose turn it is cannot be told");
                Verdict::later(&Fault::of(&error), 1, self.retry_base)
            }
        })
    }

    fn decoded(&self, arrival: Arrival) -> Result<(CloudEvent, DocumentChange), NoChange> {
        let expected = "changes of documents of Firestore";
        let Arrival::Eventarc(event) = arrival else {
            let found = arrival.described();
            let data = if let Arrival::Broken { body, .. } = arrival { body.to_vec() } else { Vec::new() };
            return Err(NoChange { error: PushError::NotForThis { expected, found }, data, id: None });
        };
        let (record, id) = (event.to_structured(), Some(event.id().to_owned()));
        if !event.kind().starts_with(DOCUMENTS) {
            let found = format!("an event {}", event.kind());
            return Err(NoChange { error: PushError::NotForThis { expected, found }, data: record.into_bytes(), id });
        }
        match (self.decode)(&record) {
            Ok(change) => Ok((event, change)),
            Err(error) => {
                let error = PushError::malformed("a change of a document", error.message());
                Err(NoChange { error, data: record.into_bytes(), id })
            }
        }
    }

    async fn call(&self, change: DocumentChange, host: &HostContext) -> Verdict {
        let (result, span) = self.function.call(change.clone(), host.clone()).await;
        match result {
            Ok(()) => {
                span.in_scope(|| tracing::info!("done"));
                Verdict::Done
            }
            Err(fault) if fault.is_permanent() => {
                let (documents, clock) = (&*self.documents, &*self.clock);
                given_up::record(documents, clock, self.function.name(), &self.collection, &change, (1, &fault)).await;
                Verdict::Done
            }
            Err(fault) => {
                span.in_scope(|| tracing::warn!(error = %fault, "to be tried again"));
                Verdict::later(&fault, 1, self.retry_base)
            }
        }
    }
}
