//! Functions: one trigger, one payload type, and an async fn whose parameters say what it may touch.

mod handler;
mod idempotent;
pub mod kind;
mod limits;
mod trigger;

use std::fmt;

use anyport_ports::handles::{Bucket, Collection, Subscriber};
use http::Method;

pub use handler::{BoxFuture, Decode, Decoder, Handler, Signature};
pub use idempotent::{Idempotent, IdempotentManifest};
pub use limits::Limits;
pub use trigger::Trigger;

use crate::extract::{Parameter, Setup};
use crate::fault::Fault;
use kind::{BlobsCreated, CreatedBlob, DocumentsChanged, Http, Schedule, Slot, Subscription, TriggerKind};

pub(crate) type EventDecode<I> = Decoder<I, Result<(), Fault>, Fault>;

/// A function ready to be called, by its kind of trigger.
#[derive(Clone)]
pub(crate) enum AnyDecode {
    Http(Decode<Http>),
    Subscription(EventDecode<anyport_ports::messages::Delivery>),
    Schedule(EventDecode<Slot>),
    BlobCreated(EventDecode<CreatedBlob>),
    DocumentChanged(EventDecode<anyport_ports::documents::DocumentChange>),
}

type Prepare = Box<dyn Fn(&Setup<'_>) -> Result<AnyDecode, Vec<String>> + Send + Sync>;

/// A function of a workload.
///
/// The kind of trigger decides which extractors the handler may have; an HTTP extractor in a scheduled function does
/// not compile:
///
/// ```compile_fail,E0277
/// use anyport_runtimes::{Function, Path};
///
/// async fn nightly(id: Path<String>) -> Result<(), anyport_ports::Error> { Ok(()) }
/// Function::schedule("nightly", "0 3 * * *", nightly);
/// ```
///
/// while this does:
///
/// ```
/// use anyport_runtimes::{Function, Tick};
///
/// async fn nightly(tick: Tick) -> Result<(), anyport_ports::Error> { Ok(()) }
/// Function::schedule("nightly", "0 3 * * *", nightly);
/// ```
pub struct Function {
    pub(crate) name: String,
    pub(crate) summary: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) idempotent: Option<Idempotent>,
    pub(crate) trigger: Trigger,
    pub(crate) signature: Signature,
    pub(crate) prepare: Prepare,
}

impl Function {
    /// Called by requests of this method to this route. Parameters of the route stand in braces and take one segment:
    /// `/api/users/{id}`. A `GET` route serves `HEAD` as well.
    #[expect(clippy::needless_pass_by_value, reason = "it reads as in every router: Method::GET")]
    pub fn http<H, A>(name: impl Into<String>, method: Method, path: impl Into<String>, handler: H) -> Self
    where
        H: Handler<Http, A>,
    {
        let trigger = Trigger::Http { method: method.as_str().to_owned(), path: path.into() };
        Self::new(name, trigger, handler, AnyDecode::Http)
    }

    /// Called by each message of the subscription `S`.
    pub fn subscription<S, H, A>(name: impl Into<String>, handler: H) -> Self
    where
        S: Subscriber,
        H: Handler<Subscription<S>, A>,
    {
        let subscription = S::subscription();
        let trigger = Trigger::Subscription {
            topic: subscription.topic().clone(),
            name: subscription.name().to_owned(),
            max_attempts: S::MAX_ATTEMPTS,
        };
        Self::new(name, trigger, handler, AnyDecode::Subscription)
    }

    /// Called by the clock, in UTC. The cron pattern has five fields (minute, hour, day of month, month, day of week), or
    /// six with seconds in front.
    pub fn schedule<H, A>(name: impl Into<String>, cron: impl Into<String>, handler: H) -> Self
    where
        H: Handler<Schedule, A>,
    {
        Self::new(name, Trigger::Schedule { cron: cron.into() }, handler, AnyDecode::Schedule)
    }

    /// Called by each blob written to the bucket `B` whose name begins with `prefix`, at least once for each state of its
    /// bytes, those that were there before the function included.
    pub fn blob_created<B, H, A>(name: impl Into<String>, prefix: impl Into<String>, handler: H) -> Self
    where
        B: Bucket,
        H: Handler<BlobsCreated<B>, A>,
    {
        let trigger = Trigger::BlobCreated { bucket: B::NAME, prefix: prefix.into() };
        Self::new(name, trigger, handler, AnyDecode::BlobCreated)
    }

    /// Called by each change of a document of the collection `C` (created, replaced, deleted), at least once and, for one
    /// document, in the order of its changes; those from before the function was first started are not among them.
    ///
    /// While one change of a document is tried again, its later ones wait. One that can never be done, or that failed too
    /// often, is given up: it is logged as an error, and the document's later changes go on.
    pub fn document_changed<C, H, A>(name: impl Into<String>, handler: H) -> Self
    where
        C: Collection,
        H: Handler<DocumentsChanged<C>, A>,
    {
        Self::new(name, Trigger::DocumentChanged { collection: C::NAME }, handler, AnyDecode::DocumentChanged)
    }

    fn new<K: TriggerKind, A, H: Handler<K, A>>(
        name: impl Into<String>,
        trigger: Trigger,
        handler: H,
        wrap: fn(Decode<K>) -> AnyDecode,
    ) -> Self {
        Self {
            name: name.into(),
            summary: None,
            limits: Limits::default(),
            idempotent: None,
            trigger,
            signature: H::signature(),
            prepare: Box::new(move |setup| handler.clone().prepare(setup).map(wrap)),
        }
    }

    /// Whether it can have a caller, and so needs an authenticator.
    pub(crate) fn has_caller(&self) -> bool {
        self.signature.parameters.iter().any(|parameter| matches!(parameter, Parameter::Caller { .. }))
    }

    /// Whether a request without a caller is refused.
    pub(crate) fn requires_caller(&self) -> bool {
        self.signature.parameters.iter().any(|parameter| matches!(parameter, Parameter::Caller { required: true, .. }))
    }

    /// What the caller must be allowed.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &'static str> {
        self.signature.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Caller { scope, .. } => *scope,
            _ => None,
        })
    }

    /// What it does, in a few words, for the OpenAPI document and the manifest.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Done once for each key, however often it is asked for. Not for functions called by blobs or by changes, which are
    /// called once for each state already, nor for answers that are streams.
    #[must_use]
    pub fn idempotent(mut self, idempotent: Idempotent) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Its bounds instead of the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("trigger", &self.trigger)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
