//! The place of a `tracing` span in its trace.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::trace_context::TraceContext;

/// Puts the span under its parent, and tells its own context; `None` where spans are not sent to a collector.
pub(in crate::telemetry) fn place(span: &Span, parent: Option<&TraceContext>) -> Option<TraceContext> {
    if let Some(parent) = parent {
        let context = Context::new().with_remote_span_context(remote(parent));
        // Where there is no tracer, the context is found invalid just below.
        span.set_parent(context).ok();
    }
    let context = span.context();
    let own = context.span().span_context().clone();
    let ids = (u128::from_be_bytes(own.trace_id().to_bytes()), u64::from_be_bytes(own.span_id().to_bytes()));
    TraceContext::from_ids(ids.0, ids.1, own.is_sampled(), &own.trace_state().header())
}

fn remote(parent: &TraceContext) -> SpanContext {
    let (trace, span) = parent.ids();
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let state: TraceState = parent.to_tracestate().and_then(|state| state.parse().ok()).unwrap_or_default();
    SpanContext::new(TraceId::from(trace), SpanId::from(span), flags, true, state)
}
