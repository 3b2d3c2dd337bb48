//! A call's span takes its place in the trace that the call belongs to.

use tracing::Span;

use crate::trace_context::TraceContext;

/// Makes a span that has not been entered yet the child of this parent, and gives the context of the span itself: what goes
/// out as `traceparent`. Without a parent it is a child of the span around it, or else the root of a new trace.
///
/// Where spans are sent to a collector, the ids are those that it will see; elsewhere they are made up here, and logs and
/// `traceparent` agree all the same. The fields `trace_id`, `span_id` and `trace_sampled` of the span are recorded, of
/// those that it has.
pub fn adopt(span: &Span, parent: Option<&TraceContext>) -> TraceContext {
    let own = placed(span, parent).unwrap_or_else(|| parent.map_or_else(TraceContext::root, TraceContext::child));
    span.record("trace_id", own.trace_id());
    span.record("span_id", own.span_id());
    span.record("trace_sampled", own.is_sampled());
    own
}

#[cfg(all(feature = "otlp", any(feature = "server", feature = "aws-lambda", feature = "azure-functions")))]
fn placed(span: &Span, parent: Option<&TraceContext>) -> Option<TraceContext> {
    super::otlp::place(span, parent)
}

#[cfg(not(all(feature = "otlp", any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))))]
fn placed(_span: &Span, _parent: Option<&TraceContext>) -> Option<TraceContext> {
    None
}
