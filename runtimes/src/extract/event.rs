//! What events, schedules, blobs and changes of documents bring.

use std::fmt;
use std::marker::PhantomData;

use anyport_ports::blobs::{BlobName, Etag};
use anyport_ports::documents::{DocumentChange, Key};
use anyport_ports::handles::{Bucket, Collection, Ports, Stored, Subscriber, Topic};
use anyport_ports::messages::Delivery;
use anyport_ports::{ErrorKind, Timestamp};

use super::{FromInvocation, Parameter, Setup};
use crate::fault::Fault;
use crate::function::kind::{BlobsCreated, CreatedBlob, DocumentsChanged, Schedule, Slot, Subscription};

/// An event of the subscription `S`, decoded. A message that is not of the topic's type goes to the dead letters.
pub struct Event<S: Subscriber> {
    /// The event.
    pub event: <S::Topic as Topic>::Event,
    /// CloudEvents `id`: the same in every delivery, and whenever the same event was published again.
    pub id: String,
    /// Which delivery this is, from 1.
    pub attempt: u32,
}

impl<S: Subscriber> FromInvocation<Subscription<S>> for Event<S> {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Payload
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), delivery: &mut Delivery, _ports: &Ports) -> Result<Self, Fault> {
        let event = S::event(delivery)
            .map_err(|error| Fault::new(ErrorKind::InvalidInput, "invalid_event", error.message()))?;
        Ok(Self { event, id: delivery.message.id().to_owned(), attempt: delivery.attempt })
    }
}

impl<S: Subscriber> fmt::Debug for Event<S> {
    /// Events may hold personal data: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({:?}, attempt {})", self.id, self.attempt)
    }
}

/// The slot of a schedule that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When the invocation was due, which is before it happens.
    pub scheduled_for: Timestamp,
}

impl FromInvocation<Schedule> for Tick {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Payload
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), slot: &mut Slot, _ports: &Ports) -> Result<Self, Fault> {
        Ok(Self { scheduled_for: slot.scheduled_for })
    }
}

/// A blob written to the bucket `B`. Its bytes are read with a `BlobReader<B>`.
pub struct BlobCreated<B> {
    /// Its name.
    pub name: BlobName,
    /// The state of its bytes when it was seen; it may have been replaced or deleted since.
    pub etag: Etag,
    bucket: PhantomData<fn() -> B>,
}

impl<B> BlobCreated<B> {
    /// A blob of this name and state: what a test calls a function with.
    pub fn new(name: BlobName, etag: Etag) -> Self {
        Self { name, etag, bucket: PhantomData }
    }
}

impl<B: Bucket> FromInvocation<BlobsCreated<B>> for BlobCreated<B> {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Payload
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), created: &mut CreatedBlob, _ports: &Ports) -> Result<Self, Fault> {
        Ok(Self::new(created.name.clone(), created.etag.clone()))
    }
}

impl<B> fmt::Debug for BlobCreated<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobCreated({}, {:?})", self.name, self.etag)
    }
}

/// A change of a document of the collection `C`. A document that does not hold `C::Item` is `invalid_document`, and given up.
pub struct DocumentChanged<C: Collection> {
    /// The document's address.
    pub key: Key,
    /// The document as the change left it; `None` if it was deleted. It may have changed again since.
    pub after: Option<Stored<C::Item>>,
}

impl<C: Collection> FromInvocation<DocumentsChanged<C>> for DocumentChanged<C> {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Payload
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), change: &mut DocumentChange, _ports: &Ports) -> Result<Self, Fault> {
        let after = match &change.document {
            None => None,
            Some(document) => {
                let item = document.body.parse().map_err(|error| {
                    let message = format!("{}/{}: {}", C::NAME, change.key, error.message());
                    Fault::new(ErrorKind::InvalidInput, "invalid_document", message)
                })?;
                Some(Stored { item, version: document.version.clone() })
            }
        };
        Ok(Self { key: change.key.clone(), after })
    }
}

impl<C: Collection> fmt::Debug for DocumentChanged<C> {
    /// Documents may hold personal data: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.after.is_some() { "written" } else { "deleted" };
        write!(f, "DocumentChanged({}, {what})", self.key)
    }
}
