//! One call on its way through the layers.

use std::sync::{Arc, OnceLock};

use anyport_ports::CallContext;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Span;

use super::deadline::Deadline;
use super::idempotency::Identity;
use super::kind::Kind;
use crate::function::BoxFuture;
use crate::trace_context::TraceContext;

/// What a host knows of a call that it makes. Of what it does not know the layers make up what is needed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HostContext {
    /// When the host takes the process's time away.
    pub deadline: Deadline,
    /// The request, if whoever asks has named it; else a fresh one.
    pub request_id: Option<String>,
    /// What it came of, if the invocation itself does not tell; else the request.
    pub correlation_id: Option<String>,
    /// The span that it was made by, if the invocation itself does not tell.
    pub trace: Option<TraceContext>,
    /// Which attempt it is, from 1, if the host counts them.
    pub attempt: Option<u32>,
    /// How long the host leaves what is called alone, if it does so for a time: the visibility of a message, the lease of a
    /// claim.
    pub lease: Option<std::time::Duration>,
}

impl HostContext {
    /// With this deadline.
    pub fn until(deadline: Deadline) -> Self {
        Self { deadline, ..Self::default() }
    }

    /// In this trace, unless the invocation itself tells of one.
    #[must_use]
    pub fn in_trace(mut self, trace: Option<TraceContext>) -> Self {
        self.trace = trace;
        self
    }
}

impl From<Deadline> for HostContext {
    fn from(deadline: Deadline) -> Self {
        Self::until(deadline)
    }
}

/// The span of a call, once it has one: for who is around the layer that opens it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedSpan(Arc<OnceLock<Span>>);

impl SharedSpan {
    pub(super) fn open(&self, span: &Span) {
        // A call is given one span.
        let _ = self.0.set(span.clone());
    }

    /// The call's span, or the current one if the call never got to have one.
    pub(crate) fn get(&self) -> Span {
        self.0.get().cloned().unwrap_or_else(Span::current)
    }
}

/// The right to run, among as many as the function's limits allow.
pub(super) type Permit = Arc<OwnedSemaphorePermit>;

/// What is known of a call besides what it brings.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) host: HostContext,
    pub(super) span: SharedSpan,
    /// What handles stamp with and outbound calls keep to.
    pub(super) context: CallContext,
    /// When the call must be over.
    pub(super) deadline: Deadline,
    /// Whether it is the first of its process.
    pub(super) cold_start: bool,
    /// That it counts among those running: kept for as long as anything of it runs.
    pub(super) permit: Option<Permit>,
}

impl State {
    pub(crate) fn new(host: HostContext) -> Self {
        Self { host, ..Self::default() }
    }

    pub(crate) fn span(&self) -> SharedSpan {
        self.span.clone()
    }
}

/// A call as the host makes it.
pub(crate) struct Call<K: Kind> {
    pub(crate) arrival: K::Arrival,
    pub(crate) state: State,
}

/// A call that there is room for: what it brings has been read.
pub(super) struct Admitted<K: Kind> {
    pub(super) invocation: K::Invocation,
    pub(super) state: State,
}

/// A call whose parameters are right: the handler is ready to run, and has not begun.
pub(super) struct Validated<K: Kind> {
    pub(super) run: BoxFuture<'static, Result<K::Answer, K::Rejection>>,
    /// What makes it the same call as another, if its function is idempotent and it has a key; or what is wrong with the key.
    pub(super) identity: Result<Option<Identity>, K::Rejection>,
    pub(super) state: State,
}
