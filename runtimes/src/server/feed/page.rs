//! Calling a function for a page of changes.

use std::collections::HashMap;

use anyport_ports::ErrorKind;
use anyport_ports::documents::DocumentChange;
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::{Feed, sleep};
use crate::claims::MAX_ATTEMPTS;
use crate::fault::Fault;
use crate::given_up;
use crate::layers::HostContext;

impl Feed {
    /// Calls the function for each change; whether all are done with, or given up, rather than stopped at.
    pub(super) async fn handle(&self, changes: Vec<DocumentChange>, deaths: u32, stop: &CancellationToken) -> bool {
        if deaths >= MAX_ATTEMPTS {
            for change in &changes {
                let fault = Fault::new(ErrorKind::Internal, "abandoned", "each attempt's process died");
                self.give_up(change, deaths, &fault).await;
            }
            return true;
        }
        let most = usize::try_from(self.function.limits().concurrency).unwrap_or(usize::MAX).max(1);
        // In a loop: of a closure the compiler cannot tell that its future may move between threads.
        let mut documents = Vec::new();
        for of_document in by_document(changes) {
            documents.push(self.in_order(of_document, stop));
        }
        let ended: Vec<bool> = futures_util::stream::iter(documents).buffer_unordered(most).collect().await;
        ended.into_iter().all(|done| done)
    }

    /// The changes of one document.
    async fn in_order(&self, changes: Vec<DocumentChange>, stop: &CancellationToken) -> bool {
        for change in changes {
            if stop.is_cancelled() || !self.done(change, stop).await {
                return false;
            }
        }
        true
    }

    async fn done(&self, change: DocumentChange, stop: &CancellationToken) -> bool {
        let mut attempt = 1;
        loop {
            let host = HostContext { attempt: Some(attempt), ..HostContext::default() };
            let (result, span) = self.function.call(change.clone(), host).await;
            let Err(fault) = result else {
                span.in_scope(|| tracing::info!("done"));
                return true;
            };
            if fault.is_permanent() || attempt >= MAX_ATTEMPTS {
                self.give_up(&change, attempt, &fault).await;
                return true;
            }
            let pause = fault.backoff(attempt, self.retry_base);
            span.in_scope(|| tracing::warn!(error = %fault, ?pause, "to be tried again"));
            sleep(pause, stop).await;
            if stop.is_cancelled() {
                return false;
            }
            attempt += 1;
        }
    }

    async fn give_up(&self, change: &DocumentChange, attempts: u32, fault: &Fault) {
        let (documents, clock) = (&*self.documents, &*self.clock);
        given_up::record(documents, clock, self.function.name(), &self.collection, change, (attempts, fault)).await;
    }
}

/// The changes of each document, in order.
fn by_document(changes: Vec<DocumentChange>) -> Vec<Vec<DocumentChange>> {
    let mut places = HashMap::new();
    let mut documents: Vec<Vec<DocumentChange>> = Vec::new();
    for change in changes {
        let place = *places.entry(change.key.clone()).or_insert(documents.len());
        match documents.get_mut(place) {
            Some(of_document) => of_document.push(change),
            None => documents.push(vec![change]),
        }
    }
    documents
}
