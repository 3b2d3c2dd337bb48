//! A call's span takes its place in the trace that the call belongs to.

use tracing::Span;

use crate::trace_context::TraceContext;

/// Makes a span that has not been entered yet the child of this parent, or without one the root of a new trace, and gives
/// the context of the span itself: what goes out as `traceparent`.
///
/// Where spans are sent to a collector, the ids are those that it will see; elsewhere they are made up here, and logs and
/// `traceparent` agree all the same. The fields `trace_id`, `span_id` and `trace_sampled` of the span are recorded, of
/// those that it has.
pub fn adopt(span: &Span, parent: Option<TraceContext>) -> TraceContext {
    let own = parent.as_ref().map_or_else(TraceContext::root, TraceContext::child);
    span.record("trace_id", own.trace_id());
    span.record("span_id", own.span_id());
    span.record("trace_sampled", own.is_sampled());
    own
}
