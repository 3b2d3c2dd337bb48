//! What a fault of the inbox is written as.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Documents, Transaction};
use anyport_ports::inbox::{Consumed, InboxStore, Once};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use crate::built::{MakeInbox, OutboxHandle};
use crate::mutants::Wrap;
use crate::mutants::below::{Below, tampered};

/// A sound inbox, and the documents that it keeps its markers in.
pub(super) struct Sound {
    pub(super) inbox: Arc<dyn InboxStore>,
    pub(super) documents: Arc<dyn Documents>,
}

/// A fault of the one operation.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once>;
}

struct Tampered<T> {
    sound: Sound,
    fault: Arc<T>,
}

#[async_trait]
impl<T: Tamper> InboxStore for Tampered<T> {
    async fn once(&self, collection: &CollectionName, message: &Consumed, effect: Transaction) -> Result<Once> {
        self.fault.once(&self.sound, collection, message, effect).await
    }
}

fn making(remake: impl Fn(&MakeInbox) -> MakeInbox + Send + Sync + 'static) -> Wrap<OutboxHandle> {
    Box::new(move |handle| OutboxHandle { make_inbox: remake(&handle.make_inbox), ..handle })
}

/// Puts a fault before the inbox.
pub(super) fn above<T: Tamper>(fault: T) -> Wrap<OutboxHandle> {
    let fault = Arc::new(fault);
    making(move |make| {
        let (make, fault) = (Arc::clone(make), Arc::clone(&fault));
        Arc::new(move |documents, clock, remembers| {
            let inbox = make(Arc::clone(&documents), clock, remembers);
            Arc::new(Tampered { sound: Sound { inbox, documents }, fault: Arc::clone(&fault) })
        })
    })
}

/// Puts a fault between the inbox and its documents.
pub(super) fn below(fault: impl Below) -> Wrap<OutboxHandle> {
    let fault: Arc<dyn Below> = Arc::new(fault);
    making(move |make| {
        let (make, fault) = (Arc::clone(make), Arc::clone(&fault));
        Arc::new(move |documents, clock, remembers| make(tampered(documents, Arc::clone(&fault)), clock, remembers))
    })
}

/// Has the inbox remember messages for another time than it was made with.
pub(super) fn remembering(other: fn(Duration) -> Duration) -> Wrap<OutboxHandle> {
    making(move |make| {
        let make = Arc::clone(make);
        Arc::new(move |documents, clock, remembers| make(documents, clock, other(remembers)))
    })
}
