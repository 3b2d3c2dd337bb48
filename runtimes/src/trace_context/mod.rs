//! Where a call stands in a distributed trace: W3C Trace Context, and the forms that AWS X-Ray and Google Cloud have for it.

mod google;
#[cfg(test)]
mod properties;
mod state;
mod w3c;
mod xray;

use std::sync::Arc;

use http::HeaderMap;
use uuid::Uuid;

/// The header of W3C Trace Context.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// The header of what vendors add to it.
const TRACESTATE: &str = "tracestate";
/// The header of AWS X-Ray.
const XRAY: &str = "x-amzn-trace-id";
/// The header of Google Cloud.
const GOOGLE: &str = "x-cloud-trace-context";

/// A trace, and a span in it: that of the call itself, or that of whoever made it.
///
/// ```
/// use anyport_runtimes::TraceContext;
///
/// let caller = TraceContext::from_xray("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
/// let call = caller.unwrap().child();
/// assert_eq!(call.trace_id(), "5759e988bd862e3fe1be46a994272793");
/// assert!(call.to_traceparent().starts_with("00-5759e988bd862e3fe1be46a994272793-"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
    state: Option<Arc<str>>,
}

impl TraceContext {
    /// A new trace. That it is recorded nobody has promised, so it is not sampled.
    pub fn root() -> Self {
        Self { trace: Uuid::new_v4().as_u128(), span: new_span(), sampled: false, state: None }
    }

    /// That of a request's headers: W3C `traceparent` with `tracestate`, or else `X-Amzn-Trace-Id`, or else
    /// `X-Cloud-Trace-Context`; the first of them that is well-formed. One that is sent twice is none.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let one = |name: &str| {
            let mut values = headers.get_all(name).iter();
            let value = values.next()?.to_str().ok()?;
            values.next().is_none().then_some(value)
        };
        let w3c = || {
            let states = headers.get_all(TRACESTATE).iter().map(|value| value.to_str());
            let states: Option<Vec<&str>> = states.collect::<Result<_, _>>().ok();
            Some(Self::from_traceparent(one(TRACEPARENT)?)?.with_tracestate(&states.unwrap_or_default().join(",")))
        };
        w3c().or_else(|| Self::from_xray(one(XRAY)?)).or_else(|| Self::from_google(one(GOOGLE)?))
    }

    /// Another span of the same trace, sampled as this one: that of a call that this one makes.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span: new_span(), ..self.clone() }
    }

    /// The trace, in 32 hexadecimal digits: what logs of all its calls have in common.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span, in 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether whoever began the trace has it recorded.
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// From what a tracer tells of a span.
    #[cfg(all(feature = "otlp", any(feature = "server", feature = "aws-lambda", feature = "azure-functions")))]
    pub(crate) fn from_ids(trace: u128, span: u64, sampled: bool, tracestate: &str) -> Option<Self> {
        Some(Self { trace, span, sampled, state: None }.valid()?.with_tracestate(tracestate))
    }

    /// The ids as numbers, for a tracer.
    #[cfg(all(feature = "otlp", any(feature = "server", feature = "aws-lambda", feature = "azure-functions")))]
    pub(crate) fn ids(&self) -> (u128, u64) {
        (self.trace, self.span)
    }

    /// All standards have zeros for "none".
    fn valid(self) -> Option<Self> {
        (self.trace != 0 && self.span != 0).then_some(self)
    }
}

/// Never zero: the upper bits of this half say which kind of UUID it is.
fn new_span() -> u64 {
    Uuid::new_v4().as_u64_pair().1
}

/// Exactly so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const W3C: &str = "00-00000000000000000000000000000001-0000000000000001-01";
    const AWS: &str = "Root=1-00000000-000000000000000000000002;Parent=0000000000000002;Sampled=1";
    const CLOUD: &str = "00000000000000000000000000000003/3;o=1";

    fn of(headers: &[(&'static str, &'static str)]) -> Option<TraceContext> {
        let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().copied().map(header) {
            map.append(name, value);
        }
        TraceContext::of(&map)
    }

    #[test]
    fn the_standard_goes_before_x_ray_and_x_ray_before_google() {
        let trace = |headers: &[_]| of(headers).map(|context| context.ids_for_test());
        assert_eq!(trace(&[(GOOGLE, CLOUD), (XRAY, AWS), (TRACEPARENT, W3C)]), Some((1, 1)));
        assert_eq!(trace(&[(GOOGLE, CLOUD), (XRAY, AWS), (TRACEPARENT, "garbage")]), Some((2, 2)));
        assert_eq!(trace(&[(GOOGLE, CLOUD), (XRAY, AWS), (TRACEPARENT, W3C), (TRACEPARENT, W3C)]), Some((2, 2)));
        assert_eq!(trace(&[(GOOGLE, CLOUD), (XRAY, "garbage")]), Some((3, 3)));
        assert_eq!(trace(&[(TRACESTATE, "a=1")]), None);
    }

    #[test]
    fn the_state_of_several_headers_is_one() {
        let states = |states: &[&'static str]| {
            let headers: Vec<_> = states.iter().map(|state| (TRACESTATE, *state)).chain([(TRACEPARENT, W3C)]).collect();
            of(&headers).unwrap().child().to_tracestate().map(str::to_owned)
        };
        assert_eq!(states(&["a=1", "b=2,c=3"]).as_deref(), Some("a=1,b=2,c=3"));
        assert_eq!(states(&[]), None);
        assert_eq!(states(&["not a state"]), None, "and the trace goes on");
    }

    #[test]
    fn a_child_is_another_span_of_the_same_trace() {
        let parent = TraceContext::from_traceparent(W3C).unwrap();
        let child = parent.child();
        assert_eq!((child.trace_id(), child.is_sampled()), (parent.trace_id(), true));
        assert_ne!(child.span_id(), parent.span_id());
        let root = TraceContext::root();
        assert_eq!(TraceContext::from_traceparent(&root.to_traceparent()), Some(root));
    }

    impl TraceContext {
        fn ids_for_test(&self) -> (u128, u64) {
            (self.trace, self.span)
        }
    }
}
