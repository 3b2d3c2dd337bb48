//! Which request it is, whom it goes back to, and the span of the call.

use std::sync::Arc;
use std::task::{Context, Poll};

use anyport_ports::CallContext;
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use super::{Around, Call, InOrder, Inner, Kind};
use crate::function::BoxFuture;
use crate::telemetry::adopt;
use crate::trace_context::TraceContext;

/// The header that holds the correlation id, in requests and answers.
pub(crate) const CORRELATION_ID: &str = "x-correlation-id";

#[derive(Clone)]
pub(super) struct ContextLayer {
    function: Arc<str>,
    around: Around,
}

impl ContextLayer {
    pub(super) fn new(function: &Arc<str>, around: &Around) -> Self {
        Self { function: Arc::clone(function), around: around.clone() }
    }
}

/// Gives a call its identifiers and its span, in which everything within runs.
#[derive(Clone)]
pub(super) struct RequestContext<S> {
    inner: S,
    layer: ContextLayer,
}

impl<S> Layer<S> for ContextLayer {
    type Service = RequestContext<S>;

    fn layer(&self, inner: S) -> RequestContext<S> {
        RequestContext { inner, layer: self.clone() }
    }
}

impl<K: Kind, S: Inner<Call<K>, K>> Service<Call<K>> for RequestContext<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut call: Call<K>) -> Self::Future {
        let (mut inner, ContextLayer { function, around }) = (self.inner.clone(), self.layer.clone());
        Box::pin(async move {
            let carried = K::carried(&call.arrival, &around.ports).await;
            let host = &mut call.state.host;
            host.attempt = K::attempt(&call.arrival).or(host.attempt);
            let trace = host.trace.take();
            let request_id = host.request_id.take().unwrap_or_else(|| Uuid::now_v7().to_string());
            let context = CallContext::none()
                .with_request_id(request_id)
                .with_correlation_id(host.correlation_id.take().unwrap_or_default())
                .with_correlation_id(carried.correlation_id().unwrap_or_default());
            call.state.cold_start = around.is_first_call();
            let span = tracing::info_span!(
                "call",
                function = &*function,
                trigger = K::TRIGGER,
                subject = K::subject(&call.arrival),
                attempt = host.attempt,
                request_id = context.request_id(),
                correlation_id = context.correlation_id(),
                trace_id = tracing::field::Empty,
                span_id = tracing::field::Empty,
                trace_sampled = tracing::field::Empty,
                cold_start = call.state.cold_start,
                outcome = tracing::field::Empty,
                otel.name = &*function,
                otel.kind = kind(K::TRIGGER),
                otel.status_code = tracing::field::Empty,
            );
            let parent = carried.traceparent().and_then(TraceContext::from_traceparent).or(trace);
            let own = adopt(&span, parent.as_ref());
            call.state.context = context.clone().with_traceparent(own.to_traceparent());
            call.state.span.open(&span);
            inner.call(call).instrument(span).await
        })
    }
}

impl<S: InOrder> InOrder for RequestContext<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["request context"], self.inner.order()].concat()
    }
}

/// The span of a request that no function is called by.
pub(crate) fn unrouted(request_id: &str, correlation_id: &str, trace: Option<&TraceContext>) -> Span {
    let span = tracing::info_span!(
        "call",
        trigger = "http",
        request_id,
        correlation_id,
        trace_id = tracing::field::Empty,
        span_id = tracing::field::Empty,
        trace_sampled = tracing::field::Empty,
        cold_start = false,
        otel.name = "no function",
        otel.kind = kind("http"),
    );
    adopt(&span, trace);
    span
}

/// What tracers call a span of this trigger.
fn kind(trigger: &str) -> &'static str {
    match trigger {
        "http" => "server",
        "schedule" => "internal",
        _ => "consumer",
    }
}
