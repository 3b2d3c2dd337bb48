//! Documents that changed in Cosmos DB: pages of its change feed.
//!
//! What one document tells is read by the adapter whose document it is: it is handed the document's JSON as it came
//! ([`Surroundings::decoding_changes`](crate::Surroundings::decoding_changes)).

use std::sync::Arc;

use anyport_ports::documents::{DocumentChange, Documents};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, CollectionName, ErrorKind};
use serde_json::value::RawValue;

use super::InvocationError;
use super::payload::Payload;
use crate::events::EventFunction;
use crate::fault::Fault;
use crate::given_up;
use crate::layers::HostContext;
use crate::surroundings::DecodeChange;

const EXPECTED: &str = "a list of documents";

/// The input that `function.json` calls the documents.
pub(super) const NAMES: [&str; 1] = ["documents"];

/// The function of a collection.
pub(super) struct Follower {
    collection: CollectionName,
    function: EventFunction<DocumentChange>,
    decode: Option<DecodeChange>,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
}

impl Follower {
    pub(super) fn new(
        collection: CollectionName,
        function: EventFunction<DocumentChange>,
        decode: Option<DecodeChange>,
        ports: &Ports,
    ) -> Self {
        let (documents, clock) = (Arc::clone(&ports.documents), Arc::clone(&ports.clock));
        Self { collection, function, decode, documents, clock }
    }

    /// Calls the function for each change, one after another. If one fails the whole page comes again, where the function's
    /// `function.json` has a retry policy; without one the host goes on.
    ///
    /// A change that can never be done is given up at once, and on record.
    pub(super) async fn changed(&self, payload: &Payload, host: &HostContext) -> Result<(), InvocationError> {
        let text = payload.text();
        if !text.trim_start().starts_with('[') {
            return Err(InvocationError::malformed(EXPECTED, "it is not an array"));
        }
        let page: Vec<&RawValue> =
            serde_json::from_str(&text).map_err(|error| InvocationError::malformed(EXPECTED, &error))?;
        let decode = self.decode.as_ref().ok_or(InvocationError::NoDecoder)?;
        for document in page {
            match decode(document.get()) {
                Ok(change) => self.call(change, host).await?,
                // It never gets better, and would hold up what comes after it.
                Err(error) => {
                    let function = self.function.name();
                    tracing::error!(function, collection = %self.collection, %error, "given up: what is no document");
                }
            }
        }
        Ok(())
    }

    async fn call(&self, change: DocumentChange, host: &HostContext) -> Result<(), InvocationError> {
        let name = self.function.name();
        if host.deadline.left().is_some_and(|left| left.is_zero()) {
            let fault = Fault::new(ErrorKind::Unavailable, "timeout", "not begun: the invocation's time is over");
            return Err(InvocationError::failed(name, fault));
        }
        let (result, span) = self.function.call(change.clone(), host.clone()).await;
        match result {
            Ok(()) => span.in_scope(|| tracing::info!("done")),
            Err(fault) if fault.is_permanent() => {
                let (documents, clock) = (&*self.documents, &*self.clock);
                given_up::record(documents, clock, name, &self.collection, &change, (1, &fault)).await;
            }
            Err(fault) => {
                span.in_scope(|| tracing::warn!(error = %fault, "to be tried again"));
                return Err(InvocationError::failed(name, fault));
            }
        }
        Ok(())
    }
}
