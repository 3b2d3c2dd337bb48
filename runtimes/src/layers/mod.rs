//! What stands around every call of a function, whatever its trigger and its host: one stack of `tower` layers, assembled
//! once for each function.
//!
//! | layer | |
//! |---|---|
//! | [`boundary`] | a panic anywhere inside ends this call alone: logged, counted, answered |
//! | [`context`] | request, correlation, trace; the call's span |
//! | [`telemetry`] | how it ended and how long it took |
//! | [`deadline`] | the function's timeout, or what the host has left |
//! | [`limits`] | how many at once, and only then the body, within its bound |
//! | [`authentication`] | who calls |
//! | [`validation`] | the parameters; the handler is not called before they are right |
//! | [`idempotency`] | what was done is answered again and not done again |
//! | [`handler`] | the function itself |
//!
//! The types keep the order: each layer takes what the one around it gives. Every service is always ready; what is over a
//! limit is shed, or waits within its call.

mod authentication;
mod boundary;
mod call;
mod context;
mod deadline;
mod events;
mod handler;
mod http;
mod idempotency;
mod kind;
mod limits;
mod telemetry;
mod validation;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyport_ports::handles::Ports;
use anyport_ports::idempotency::{DocumentIdempotency, Idempotency};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, ServiceExt as _};

pub use call::HostContext;
pub use deadline::Deadline;

pub(crate) use boundary::Interruption;
pub(crate) use call::{Call, State};
pub(crate) use context::{CORRELATION_ID, unrouted};
pub(crate) use events::Events;
pub(crate) use http::Arrived;
pub(crate) use kind::{Decode, Kind};

use crate::function::BoxFuture;
use crate::surroundings::Surroundings;
use crate::workload::PreparedFunction;

/// What the layers of all functions of a process share.
#[derive(Clone)]
pub(crate) struct Around {
    /// The workload's name.
    pub(crate) app: Arc<str>,
    pub(crate) ports: Ports,
    pub(crate) surroundings: Surroundings,
    /// How long a body may take to arrive.
    pub(crate) body_timeout: Duration,
    /// Keeps track of what idempotent functions did.
    pub(crate) idempotency: Arc<dyn Idempotency>,
    /// Whether a function has been called yet.
    called: Arc<AtomicBool>,
}

impl Around {
    pub(crate) fn new(app: &str, ports: Ports, surroundings: Surroundings, body_timeout: Duration) -> Self {
        let idempotency = surroundings.idempotency.clone().unwrap_or_else(|| {
            let (documents, clock, ids) = (ports.documents.clone(), ports.clock.clone(), ports.ids.clone());
            Arc::new(DocumentIdempotency::new(documents, clock, ids))
        });
        Self { app: app.into(), ports, surroundings, body_timeout, idempotency, called: Arc::default() }
    }

    /// Whether this is the first call of the process.
    fn is_first_call(&self) -> bool {
        !self.called.swap(true, Ordering::Relaxed)
    }
}

/// The layers around one function, with the function in them.
pub(crate) struct Stack<K: Kind> {
    service: BoxCloneSyncService<Call<K>, K::Answer, K::Rejection>,
    order: Arc<[&'static str]>,
}

impl<K: Kind> Stack<K> {
    /// Assembles the layers around a function.
    pub(crate) fn new(function: &PreparedFunction, decode: Decode<K>, around: &Around) -> Self {
        let name = &function.name;
        // Two halves, with the type of the inner one erased. The compiler proves what each layer asks of the one in it
        // four times over, so that a stack of all of them took it half a minute.
        let inner = ServiceBuilder::new()
            .layer(limits::LimitsLayer::new(function, around))
            .layer(authentication::AuthenticationLayer::new(function, around))
            .layer(validation::ValidationLayer::new(decode, function, around))
            .layer(idempotency::IdempotencyLayer::new(function, around))
            .service(handler::Handler);
        let outer = ServiceBuilder::new()
            .layer(boundary::BoundaryLayer::new(name))
            .layer(context::ContextLayer::new(name, around))
            .layer(telemetry::TelemetryLayer::new(name))
            .layer(deadline::DeadlineLayer::new(function.limits.timeout))
            .service(Self::erased(inner));
        Self::erased(outer)
    }

    fn erased(service: impl Inner<Call<K>, K>) -> Self {
        Self { order: service.order().into(), service: BoxCloneSyncService::new(service) }
    }

    /// Calls the function.
    pub(crate) async fn call(&self, call: Call<K>) -> Result<K::Answer, K::Rejection> {
        self.service.clone().oneshot(call).await
    }

    /// The names of the layers from the outermost to the handler, as they were assembled.
    pub(crate) fn order(&self) -> &Arc<[&'static str]> {
        &self.order
    }
}

impl<K: Kind> Clone for Stack<K> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), order: Arc::clone(&self.order) }
    }
}

impl<K: Kind> Service<Call<K>> for Stack<K> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, call: Call<K>) -> Self::Future {
        self.service.call(call)
    }
}

impl<K: Kind> InOrder for Stack<K> {
    fn order(&self) -> Vec<&'static str> {
        self.order.to_vec()
    }
}

/// A layer that knows its name and what it is around.
trait InOrder {
    /// The names from here inwards.
    fn order(&self) -> Vec<&'static str>;
}

/// A service that a layer of kind `K` can be around: it takes `Q`.
trait Inner<Q, K: Kind>:
    Service<Q, Response = K::Answer, Error = K::Rejection, Future: Send> + InOrder + Clone + Send + Sync + 'static
{
}

impl<S, Q, K: Kind> Inner<Q, K> for S where
    S: Service<Q, Response = K::Answer, Error = K::Rejection, Future: Send> + InOrder + Clone + Send + Sync + 'static
{
}
