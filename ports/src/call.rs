//! What surrounds one call of a function: which request it is, whom it goes back to, and how long it may take.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use crate::messages::Message;

/// The extension attribute of messages, and the metadata of blobs, that holds the correlation id (CloudEvents extension
/// "correlation").
pub const CORRELATION_ID: &str = "correlationid";

/// The extension attribute of messages, and the metadata of blobs, that holds W3C Trace Context (CloudEvents extension
/// "distributed tracing").
pub const TRACEPARENT: &str = "traceparent";

/// Longest identifier of a request or a correlation, in bytes.
pub const MAX_ID_BYTES: usize = 128;

/// The call of a function that something is done for. Handles stamp what they publish and write with it, and outbound calls
/// keep to its deadline; a domain service need not know of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CallContext {
    request_id: Option<String>,
    correlation_id: Option<String>,
    traceparent: Option<String>,
    deadline: Option<Instant>,
}

impl CallContext {
    /// No call: nothing is stamped, and there is no deadline. What tools and tests use.
    pub fn none() -> Self {
        Self::default()
    }

    /// Of this request, which is its own correlation unless another is given.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = sane(id.into());
        self
    }

    /// Of this correlation: what all calls have in common that came of the same first request. What is no id (empty, over
    /// 128 bytes, other than visible ASCII without spaces) is passed over.
    #[must_use]
    pub fn with_correlation_id(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = sane(id.into()).or(self.correlation_id);
        self
    }

    /// In this trace: W3C `traceparent`, whose parent is the span of this call.
    #[must_use]
    pub fn with_traceparent(mut self, traceparent: impl Into<String>) -> Self {
        self.traceparent = sane(traceparent.into()).or(self.traceparent);
        self
    }

    /// To be over by this instant.
    #[must_use]
    pub fn with_deadline(mut self, deadline: impl Into<Option<Instant>>) -> Self {
        self.deadline = deadline.into();
        self
    }

    /// The request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The correlation: the request itself if nobody asked before it.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref().or(self.request_id.as_deref())
    }

    /// W3C `traceparent`.
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// When the call must be over.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How long is left at this instant; `None` without a deadline, zero if it is past.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(now))
    }

    /// What travels with messages and blobs that the call makes, by name.
    pub fn baggage(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let correlation = self.correlation_id().map(|id| (CORRELATION_ID, id));
        correlation.into_iter().chain(self.traceparent().map(|trace| (TRACEPARENT, trace)))
    }

    /// The message with the baggage among its extension attributes. One that has an attribute of that name keeps its own;
    /// one without room for it goes without.
    #[must_use]
    pub fn stamp(&self, message: Message) -> Message {
        self.baggage().fold(message, |message, (name, value)| {
            if message.extensions().contains_key(name) {
                return message;
            }
            message.clone().with_extension(name, value).unwrap_or(message)
        })
    }

    /// A blob's metadata with the baggage, as [`stamp`](Self::stamp) does with messages.
    pub(crate) fn stamp_metadata(&self, metadata: &mut BTreeMap<String, String>) {
        for (name, value) in self.baggage() {
            if !metadata.contains_key(name) {
                let mut stamped = metadata.clone();
                if crate::blobs::add_metadata(&mut stamped, name.to_owned(), value.to_owned()).is_ok() {
                    *metadata = stamped;
                }
            }
        }
    }

    /// The context that a message or a blob was made in, as its attributes or metadata tell: what a call that it causes
    /// goes on with.
    #[must_use]
    pub fn carried_by(attributes: &BTreeMap<String, String>) -> Self {
        let of = |name| attributes.get(name).cloned().unwrap_or_default();
        Self::none().with_correlation_id(of(CORRELATION_ID)).with_traceparent(of(TRACEPARENT))
    }
}

fn sane(id: String) -> Option<String> {
    let visible = id.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && (1..=MAX_ID_BYTES).contains(&id.len())).then_some(id)
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("request_id", &self.request_id)
            .field("correlation_id", &self.correlation_id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

    #[test]
    fn what_is_stamped_is_carried() {
        let context = CallContext::none().with_request_id("r1").with_traceparent(TRACE);
        let message = context.stamp(Message::new("1", "s", "t").unwrap());
        let next = CallContext::carried_by(message.extensions()).with_request_id("r2");
        assert_eq!((next.correlation_id(), next.traceparent()), (Some("r1"), Some(TRACE)));
        assert_eq!(CallContext::none().with_request_id("r2").stamp(message.clone()), message);
        let mut metadata = BTreeMap::new();
        context.stamp_metadata(&mut metadata);
        assert_eq!(CallContext::carried_by(&metadata).correlation_id(), Some("r1"));
    }

    #[test]
    fn a_full_message_goes_without() {
        let full = (0..crate::messages::MAX_EXTENSIONS)
            .try_fold(Message::new("1", "s", "t").unwrap(), |message, n| message.with_extension(format!("a{n}"), "x"));
        let full = full.unwrap();
        assert_eq!(CallContext::none().with_request_id("r1").stamp(full.clone()), full);
    }

    #[test]
    fn what_is_no_id_is_passed_over() {
        for insane in ["", "a b", "a\n", "ä", &"a".repeat(129)] {
            assert_eq!(CallContext::none().with_correlation_id(insane).correlation_id(), None, "{insane}");
        }
    }
}
