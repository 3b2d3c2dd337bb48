//! The kinds of trigger, as types: what keeps an HTTP extractor out of a scheduled function.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use anyport_ports::blobs::{BlobName, Etag};
use anyport_ports::documents::DocumentChange;
use anyport_ports::handles;
use anyport_ports::idempotency::{Fingerprint, IdempotencyKey};
use anyport_ports::messages::Delivery;
use anyport_ports::{BucketName, CallContext, Failure, Timestamp};
use bytes::Bytes;
use http::HeaderMap;

use crate::answer::HttpAnswer;
use crate::auth::Principal;
use crate::fault::Fault;
use crate::problem::Problem;

/// Longest wait for the metadata of a blob.
const METADATA_PATIENCE: Duration = Duration::from_secs(2);

mod sealed {
    pub trait Sealed {}
}

/// A kind of trigger: what an invocation brings, and how it is answered.
pub trait TriggerKind: sealed::Sealed + Send + Sync + 'static {
    /// What the runtime hands to the function.
    type Invocation: Send + 'static;
    /// What a function that succeeded gives back.
    type Answer: Send + 'static;
    /// What a function that failed, or that could not be called, gives back.
    type Rejection: Send + 'static;

    /// What an error of the function is given back as.
    fn rejection(failure: &impl Failure) -> Self::Rejection;
}

/// Called by an HTTP request to a route.
#[derive(Debug)]
pub struct Http;

/// Called by each message of the subscription `S`.
#[derive(Debug)]
pub struct Subscription<S>(PhantomData<fn() -> S>);

/// Called by the clock.
#[derive(Debug)]
pub struct Schedule;

/// Called by each blob written to the bucket `B`.
#[derive(Debug)]
pub struct BlobsCreated<B>(PhantomData<fn() -> B>);

/// Called by each change of a document of the collection `C`.
#[derive(Debug)]
pub struct DocumentsChanged<C>(PhantomData<fn() -> C>);

/// An HTTP request, routed, with its body read.
#[derive(Debug)]
pub struct HttpInvocation {
    /// The route's parameters by name, percent-decoded.
    pub path: Vec<(String, String)>,
    /// The query as it came, without `?`.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if the function takes none.
    pub body: Bytes,
    /// Who sent it, where the function has a caller.
    pub principal: Option<Principal>,
}

/// A slot of a schedule that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When the invocation was due, which is before it happens.
    pub scheduled_for: Timestamp,
}

/// A blob that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedBlob {
    /// The bucket.
    pub bucket: BucketName,
    /// Its name.
    pub name: BlobName,
    /// The state of its bytes.
    pub etag: Etag,
}

/// What an event brings, as the host hands it to a function.
pub trait EventInput: sealed::Sealed + Send + Sync + 'static {
    /// The kind of trigger, for logs and metrics.
    const TRIGGER: &'static str;

    /// What the event is about, for logs: the id of a message, a slot, the name of a blob.
    fn subject(&self) -> String;

    /// Which attempt it is, from 1, if the event tells.
    fn attempt(&self) -> Option<u32> {
        None
    }

    /// What makes it the same event as another, and what it is then; `None` for events that are claimed by their state
    /// already.
    fn idempotency_key(&self) -> Option<(IdempotencyKey, Fingerprint)> {
        None
    }

    /// The correlation and the trace that it was made in.
    fn carried(&self, ports: &handles::Ports) -> impl Future<Output = CallContext> + Send;
}

impl sealed::Sealed for Delivery {}

impl EventInput for Delivery {
    const TRIGGER: &'static str = "subscription";

    fn subject(&self) -> String {
        self.message.id().to_owned()
    }

    fn attempt(&self) -> Option<u32> {
        Some(self.attempt)
    }

    /// `source` and `id`: the same in every delivery, and whenever the same event was published again.
    fn idempotency_key(&self) -> Option<(IdempotencyKey, Fingerprint)> {
        let message = &self.message;
        let fingerprint = Fingerprint::of_payload(message.data()).and("type", message.kind().as_bytes());
        Some((IdempotencyKey::of_parts(&[message.source(), message.id()]), fingerprint))
    }

    async fn carried(&self, _ports: &handles::Ports) -> CallContext {
        CallContext::carried_by(self.message.extensions())
    }
}

impl sealed::Sealed for Slot {}

impl EventInput for Slot {
    const TRIGGER: &'static str = "schedule";

    fn subject(&self) -> String {
        self.scheduled_for.to_string()
    }

    fn idempotency_key(&self) -> Option<(IdempotencyKey, Fingerprint)> {
        let slot = self.scheduled_for.to_string();
        Some((IdempotencyKey::of_parts(&[&slot]), Fingerprint::of_bytes(slot.as_bytes())))
    }

    async fn carried(&self, _ports: &handles::Ports) -> CallContext {
        CallContext::none()
    }
}

impl sealed::Sealed for CreatedBlob {}

impl EventInput for CreatedBlob {
    const TRIGGER: &'static str = "blob_created";

    fn subject(&self) -> String {
        self.name.as_str().to_owned()
    }

    /// Neither notifications nor listings hold metadata: the store is asked. What is not known by then is done without.
    async fn carried(&self, ports: &handles::Ports) -> CallContext {
        match tokio::time::timeout(METADATA_PATIENCE, ports.blobs.head(&self.bucket, &self.name)).await {
            Ok(Ok(info)) if info.etag == self.etag => CallContext::carried_by(&info.metadata),
            _ => CallContext::none(),
        }
    }
}

impl sealed::Sealed for DocumentChange {}

impl EventInput for DocumentChange {
    const TRIGGER: &'static str = "document_changed";

    fn subject(&self) -> String {
        self.key.to_string()
    }

    async fn carried(&self, _ports: &handles::Ports) -> CallContext {
        CallContext::none()
    }
}

impl sealed::Sealed for Http {}

impl TriggerKind for Http {
    type Invocation = HttpInvocation;
    type Answer = HttpAnswer;
    type Rejection = Problem;

    fn rejection(failure: &impl Failure) -> Problem {
        Problem::from(&Fault::of(failure))
    }
}

macro_rules! event_kind {
    ($kind:ty, $invocation:ty $(, $parameter:ident: $bound:path)?) => {
        impl$(<$parameter: $bound>)? sealed::Sealed for $kind {}

        impl$(<$parameter: $bound>)? TriggerKind for $kind {
            type Invocation = $invocation;
            type Answer = ();
            type Rejection = Fault;

            fn rejection(failure: &impl Failure) -> Fault {
                Fault::of(failure)
            }
        }
    };
}

event_kind!(Subscription<S>, Delivery, S: handles::Subscriber);
event_kind!(Schedule, Slot);
event_kind!(BlobsCreated<B>, CreatedBlob, B: handles::Bucket);
event_kind!(DocumentsChanged<C>, DocumentChange, C: handles::Collection);
