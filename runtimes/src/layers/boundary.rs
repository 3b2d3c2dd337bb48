//! The outermost layer: the boundary that panics stop at.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyport_ports::ErrorKind;
use futures_util::FutureExt as _;
use tower::{Layer, Service};

use super::{Call, InOrder, Inner, Kind};
use crate::fault::Fault;
use crate::function::BoxFuture;
use crate::problem::Problem;
use crate::telemetry::metrics;

/// The code of what ran into its deadline.
pub(super) const TIMEOUT: &str = "timeout";

/// Why a call did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// It was not over by its deadline, this long after it began.
    TimedOut(Duration),
    /// It panicked; the panic has been logged.
    Panicked,
}

#[derive(Clone, Debug)]
pub(super) struct BoundaryLayer(Arc<str>);

impl BoundaryLayer {
    pub(super) fn new(function: &Arc<str>) -> Self {
        Self(Arc::clone(function))
    }
}

/// Ends a call that panics, wherever within the layers, and no other. The panic is logged in the call's span and counted.
#[derive(Clone)]
pub(super) struct Boundary<S> {
    inner: S,
    function: Arc<str>,
}

impl<S> Layer<S> for BoundaryLayer {
    type Service = Boundary<S>;

    fn layer(&self, inner: S) -> Boundary<S> {
        Boundary { inner, function: Arc::clone(&self.0) }
    }
}

impl<K: Kind, S: Inner<Call<K>, K>> Service<Call<K>> for Boundary<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call<K>) -> Self::Future {
        let (mut inner, function, span) = (self.inner.clone(), Arc::clone(&self.function), call.state.span());
        Box::pin(async move {
            // What the call borrowed is dropped with it, and what it shares is behind locks of its own.
            let guarded = AssertUnwindSafe(async move { inner.call(call).await }).catch_unwind();
            guarded.await.unwrap_or_else(|panic| {
                let text = message(panic.as_ref());
                span.get().in_scope(|| tracing::error!(panic = text, function = &*function, "the function panicked"));
                metrics::panicked(&function);
                Err(Interruption::Panicked.into())
            })
        })
    }
}

impl<S: InOrder> InOrder for Boundary<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["error boundary"], self.inner.order()].concat()
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}

impl From<Interruption> for Fault {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::TimedOut(after) => {
                Self::new(ErrorKind::Unavailable, TIMEOUT, format!("no answer within {after:?}"))
            }
            Interruption::Panicked => Self::new(ErrorKind::Internal, "panic", "the function panicked"),
        }
    }
}

impl From<Interruption> for Problem {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::TimedOut(after) => {
                let detail = format!("there was no answer within {after:?}; what was begun may have been done");
                Self::new(http::StatusCode::GATEWAY_TIMEOUT, TIMEOUT, detail)
            }
            Interruption::Panicked => Self::internal(),
        }
    }
}
