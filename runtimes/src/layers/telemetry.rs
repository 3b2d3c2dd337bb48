//! How a call ended and how long it took.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tower::{Layer, Service};
use tracing::Span;

use super::{Call, InOrder, Inner, Kind};
use crate::function::BoxFuture;
use crate::telemetry::metrics::{self, CallEnd, Outcome};

/// A call that is being measured. It is counted when it is dropped, so that none is missed that panics or is given up.
struct Running {
    function: Arc<str>,
    trigger: &'static str,
    cold_start: bool,
    began: Instant,
    outcome: Option<Outcome>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let unended = if std::thread::panicking() { Outcome::Panicked } else { Outcome::Failed };
        let outcome = self.outcome.unwrap_or(unended);
        // It is dropped within the call's span, whatever it is dropped for.
        let span = Span::current();
        span.record("outcome", outcome.as_str());
        if outcome.is_error() {
            span.record("otel.status_code", "ERROR");
        }
        metrics::call_ended(&CallEnd {
            function: &self.function,
            trigger: self.trigger,
            outcome,
            duration: self.began.elapsed(),
            cold_start: self.cold_start,
        });
    }
}

#[derive(Clone, Debug)]
pub(super) struct TelemetryLayer(Arc<str>);

impl TelemetryLayer {
    pub(super) fn new(function: &Arc<str>) -> Self {
        Self(Arc::clone(function))
    }
}

/// Measures calls.
#[derive(Clone)]
pub(super) struct Telemetry<S> {
    inner: S,
    function: Arc<str>,
}

impl<S> Layer<S> for TelemetryLayer {
    type Service = Telemetry<S>;

    fn layer(&self, inner: S) -> Telemetry<S> {
        Telemetry { inner, function: Arc::clone(&self.0) }
    }
}

impl<K: Kind, S: Inner<Call<K>, K>> Service<Call<K>> for Telemetry<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call<K>) -> Self::Future {
        let (function, cold_start) = (Arc::clone(&self.function), call.state.cold_start);
        let running = Running { function, trigger: K::TRIGGER, cold_start, began: Instant::now(), outcome: None };
        let call = self.inner.call(call);
        Box::pin(async move {
            let mut running = running;
            let answer = call.await;
            running.outcome = Some(answer.as_ref().map_or_else(K::outcome, |_| Outcome::Succeeded));
            answer
        })
    }
}

impl<S: InOrder> InOrder for Telemetry<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["telemetry"], self.inner.order()].concat()
    }
}
