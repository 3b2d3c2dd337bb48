//! Messages of Pub/Sub as they are pushed.

use std::collections::BTreeMap;

use anyport_ports::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::PushError;
use super::arrival::instant;

/// A message, out of its envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pushed {
    /// What was published.
    pub(super) data: Bytes,
    /// What it was published with.
    pub(super) attributes: BTreeMap<String, String>,
    /// What Pub/Sub calls it.
    pub(super) id: Option<String>,
    /// When it was published.
    pub(super) published: Option<Timestamp>,
    /// The subscription's name within its project.
    pub(super) subscription: Option<String>,
    /// Which delivery it is, from 1: counted where the subscription has a dead-letter policy.
    pub(super) attempt: Option<u32>,
}

/// What tells an envelope from anything else.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    specversion: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    message: Message,
    #[serde(default)]
    subscription: Option<String>,
    #[serde(default)]
    delivery_attempt: Option<u32>,
}

/// Names are there in two spellings, which say the same: one of them is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    attributes: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "messageId")]
    id: Option<String>,
    #[serde(default)]
    publish_time: Option<String>,
}

impl Pushed {
    /// The message in an envelope; `None` if it is no envelope: a JSON object with an object `message`, that is not itself an
    /// event.
    pub(super) fn wrapped(body: &[u8]) -> Option<Result<Self, PushError>> {
        // An array would be read as a struct's fields in order.
        let object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let probe: Probe<'_> = serde_json::from_slice(body).ok().filter(|_| object)?;
        let is_object = probe.message.is_some_and(|message| message.get().starts_with('{'));
        (is_object && probe.specversion.is_none()).then(|| Self::of(body))
    }

    fn of(body: &[u8]) -> Result<Self, PushError> {
        let malformed = |problem: String| PushError::malformed("a message of Pub/Sub", &problem);
        let mut json = serde_json::Deserializer::from_slice(body);
        let envelope: Envelope =
            serde_path_to_error::deserialize(&mut json).map_err(|error| malformed(error.to_string()))?;
        let Envelope { message, subscription, delivery_attempt } = envelope;
        let data = BASE64.decode(message.data.unwrap_or_default());
        Ok(Self {
            data: data.map_err(|error| malformed(format!("message.data: {error}")))?.into(),
            attributes: message.attributes.unwrap_or_default(),
            id: message.id,
            published: message.publish_time.as_deref().and_then(instant),
            subscription: subscription.as_deref().map(last_segment),
            attempt: delivery_attempt.filter(|attempt| *attempt > 0),
        })
    }

    /// A message without an envelope: the body is what was published, and headers may tell the rest.
    pub(super) fn unwrapped(headers: &HeaderMap, body: Bytes) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            data: body,
            id: text("x-goog-pubsub-message-id").map(str::to_owned),
            published: text("x-goog-pubsub-publish-time").and_then(instant),
            subscription: text("x-goog-pubsub-subscription-name").map(last_segment),
            ..Self::default()
        }
    }
}

/// `projects/<project>/subscriptions/<name>`, or the name alone.
fn last_segment(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"{"message":{"attributes":{"k":"v"},"data":"aGk=","messageId":"1","message_id":"1","orderingKey":"k",
        "publishTime":"2026-01-01T00:00:00.1Z","publish_time":"2026-01-01T00:00:00.1Z"},
        "subscription":"projects/p/subscriptions/s","deliveryAttempt":5}"#;

    #[test]
    fn the_envelope_is_taken_off() {
        let pushed = Pushed::wrapped(EXAMPLE.as_bytes()).unwrap().unwrap();
        assert_eq!(pushed.data, "hi");
        assert_eq!(pushed.attributes["k"], "v");
        assert_eq!(
            (pushed.id.as_deref(), pushed.subscription.as_deref(), pushed.attempt),
            (Some("1"), Some("s"), Some(5))
        );
    }

    #[test]
    fn what_may_be_absent_is_done_without() {
        for bare in [r#"{"message":{}}"#, r#"{"message":{"data":null,"attributes":null},"deliveryAttempt":null}"#] {
            assert_eq!(Pushed::wrapped(bare.as_bytes()).unwrap().unwrap(), Pushed::default(), "{bare}");
        }
    }

    #[test]
    fn what_is_no_envelope_is_told_from_a_broken_one() {
        for none in [
            "",
            "hi",
            "{}",
            "[]",
            "null",
            r#"{"message":"text"}"#,
            r#"[{"message":{}}]"#,
            r#"{"specversion":"1.0","id":"1","source":"s","type":"t","message":{}}"#,
        ] {
            assert!(Pushed::wrapped(none.as_bytes()).is_none(), "{none}");
        }
        for broken in [
            r#"{"message":{"data":"?"}}"#,
            r#"{"message":{"data":1}}"#,
            r#"{"message":{"attributes":[]}}"#,
            r#"{"message":{},"deliveryAttempt":"5"}"#,
        ] {
            assert!(Pushed::wrapped(broken.as_bytes()).unwrap().is_err(), "{broken}");
        }
    }
}
