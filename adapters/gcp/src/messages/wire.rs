//! What a message is as a message of Pub/Sub, and back.
//!
//! Its data is the CloudEvent in structured JSON mode, so that whoever is handed it, by a pull or by a push of the whole
//! message, reads the same text with [`Message::from_cloud_event`]. The attributes say how it is to be handled, and what
//! reads the event does not need them:
//!
//! | attribute | |
//! |---|---|
//! | `content-type` | `application/cloudevents+json`, as CloudEvents' binding to Pub/Sub has it |
//! | `anyport-delay` | milliseconds from its publish before which it must not be delivered |
//! | `anyport-only` | the one subscription of the topic that it is for, by its name within the topic |
//! | `anyport-attempts` | how often it was delivered before it was published again |
//! | `anyport-reason` | why it is with the dead letters |

use std::collections::HashMap;
use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::Message;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::PubsubMessage;

/// The CloudEvents `type` of a message that is no CloudEvent, as it is handed out.
pub const FOREIGN_MESSAGE: &str = "anyport.foreign-message";

/// The `source` of such a message.
const FOREIGN_SOURCE: &str = "urn:anyport:foreign";

/// The media type of the data.
const MEDIA_TYPE: &str = "application/cloudevents+json";

pub(super) const DELAY: &str = "anyport-delay";
pub(super) const ONLY: &str = "anyport-only";
const ATTEMPTS: &str = "anyport-attempts";
const REASON: &str = "anyport-reason";

/// What Pub/Sub adds to a message that it forwards to the dead letters by itself begins with this.
const FORWARDED: &str = "CloudPubSubDeadLetterSource";

/// Why a message is with the dead letters that was moved there for its attempts.
pub(super) const EXHAUSTED: &str =
    "attempts exhausted: delivered as often as its subscription allows, and never acknowledged";

/// What to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) data: Vec<u8>,
    pub(super) attributes: HashMap<String, String>,
}

impl Letter {
    /// A letter of this event, in structured JSON mode.
    pub(super) fn of(event: impl Into<Vec<u8>>) -> Self {
        let attributes = HashMap::from([("content-type".to_owned(), MEDIA_TYPE.to_owned())]);
        Self { data: event.into(), attributes }
    }

    /// A letter of what was found, whatever it is, as it was first published.
    pub(super) fn again(found: &PubsubMessage) -> Self {
        let mut attributes = found.attributes.clone();
        attributes.retain(|key, _| !key.starts_with("anyport-") && !key.starts_with(FORWARDED));
        Self { data: found.data.clone(), attributes }
    }

    fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.attributes.insert(key.to_owned(), value.into());
        self
    }

    /// To be delivered not before this long after its publish.
    pub(super) fn delayed(self, delay: Duration) -> Self {
        if delay.is_zero() {
            return self;
        }
        // A part of a millisecond is one: never early.
        self.with(DELAY, delay.as_nanos().div_ceil(1_000_000).to_string())
    }

    /// For this subscription of the topic alone.
    pub(super) fn only(self, subscription: &str) -> Self {
        self.with(ONLY, subscription)
    }

    /// Delivered so often already.
    pub(super) fn after(self, attempts: u32) -> Self {
        if attempts == 0 { self } else { self.with(ATTEMPTS, attempts.to_string()) }
    }

    /// Given up for this reason.
    pub(super) fn because(self, reason: &str) -> Self {
        self.with(REASON, if reason.is_empty() { "given up without a reason" } else { reason })
    }
}

/// The event of a message, and its text to keep with it. What is no CloudEvent comes as the data of one, of the type
/// [`FOREIGN_MESSAGE`] and with Pub/Sub's id, so that a consumer sees it and decides; only what is too large for a message
/// is an error.
pub(super) fn event(found: &PubsubMessage) -> Result<(Message, String)> {
    let text = std::str::from_utf8(&found.data).ok();
    if let Some((text, message)) = text.and_then(|text| Some((text, Message::from_cloud_event(text).ok()?))) {
        return Ok((message, text.to_owned()));
    }
    let media_type = match text {
        Some(text) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => "application/json",
        Some(_) => "text/plain; charset=utf-8",
        None => "application/octet-stream",
    };
    let message = Message::new(&found.message_id, FOREIGN_SOURCE, FOREIGN_MESSAGE)?;
    let message = message.with_data(media_type, found.data.clone())?;
    let text = message.to_cloud_event();
    Ok((message, text))
}

/// How often the message was delivered before it was published again.
pub(super) fn attempts_before(found: &PubsubMessage) -> u32 {
    found.attributes.get(ATTEMPTS).and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// How long after its publish the message must not be delivered.
pub(super) fn delay(found: &PubsubMessage) -> Duration {
    let millis = found.attributes.get(DELAY).and_then(|millis| millis.parse().ok());
    Duration::from_millis(millis.unwrap_or(0))
}

/// Why a message is with the dead letters.
pub(super) fn reason(found: &PubsubMessage) -> String {
    match found.attributes.get(REASON) {
        Some(reason) => reason.clone(),
        None if found.attributes.keys().any(|key| key.starts_with(FORWARDED)) => EXHAUSTED.to_owned(),
        None => "nobody says: it was not put here by this adapter".to_owned(),
    }
}

/// What a subscription takes of its topic, in the language of Pub/Sub's filters: what is for everybody or for it, now if
/// `later` is not set, else later.
pub(super) fn filter(subscription: &str, later: bool) -> String {
    let not = if later { "" } else { "NOT " };
    format!("{not}attributes:{DELAY} AND (NOT attributes:{ONLY} OR attributes.{ONLY} = \"{subscription}\")")
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;
    use anyport_ports::messages::MAX_MESSAGE_BYTES;

    use super::*;

    fn found(letter: Letter) -> PubsubMessage {
        PubsubMessage {
            data: letter.data,
            attributes: letter.attributes,
            message_id: "17".to_owned(),
            ..PubsubMessage::default()
        }
    }

    fn message() -> Message {
        let message = Message::new("1", "test", "t").unwrap().with_extension("odd", "\u{ffff}é \"\\").unwrap();
        message.with_data("application/octet-stream", vec![0, 0xff]).unwrap()
    }

    #[test]
    fn a_message_comes_back_and_its_data_is_the_event_itself() {
        let letter = Letter::of(message().to_cloud_event());
        assert_eq!(letter.attributes["content-type"], "application/cloudevents+json");
        let pushed = std::str::from_utf8(&letter.data).unwrap();
        assert_eq!(Message::from_cloud_event(pushed).unwrap(), message());
        assert_eq!(event(&found(letter)).unwrap(), (message(), message().to_cloud_event()));
    }

    #[test]
    fn what_is_no_event_is_the_data_of_one() {
        for (data, media_type) in [
            (&b"hello"[..], "text/plain; charset=utf-8"),
            (b"", "text/plain; charset=utf-8"),
            (b"{\"a\":1}", "application/json"),
            (&[0xff], "application/octet-stream"),
        ] {
            let of = |data: &[u8]| found(Letter { data: data.to_vec(), attributes: HashMap::new() });
            let (message, kept) = event(&of(data)).unwrap();
            assert_eq!((message.id(), message.kind()), ("17", FOREIGN_MESSAGE));
            assert_eq!((message.content_type(), &message.data()[..]), (Some(media_type), data));
            assert_eq!(event(&of(kept.as_bytes())).unwrap().0, message, "kept as it was handed out");
        }
        let large = found(Letter { data: vec![b'x'; MAX_MESSAGE_BYTES], attributes: HashMap::new() });
        assert_eq!(event(&large).unwrap_err().kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn attributes_tell_how_it_is_to_be_handled_and_do_not_stay() {
        let letter = Letter::of("{}").delayed(Duration::from_micros(1_500)).only("fulfil").after(2).because("why");
        let found = found(letter);
        assert_eq!(delay(&found), Duration::from_millis(2));
        assert_eq!((attempts_before(&found), reason(&found)), (2, "why".to_owned()));
        assert_eq!(Letter::again(&found), Letter::of("{}"));
        assert_eq!(Letter::of("{}").delayed(Duration::ZERO).after(0), Letter::of("{}"));
    }

    #[test]
    fn a_dead_letter_has_a_reason_whoever_put_it_there() {
        let of = |key: &str| found(Letter::of("{}").with(key, "5"));
        let forwarded = of("CloudPubSubDeadLetterSourceDeliveryCount");
        assert_eq!(reason(&forwarded), EXHAUSTED);
        assert_eq!(Letter::again(&forwarded), Letter::of("{}"));
        assert!(!reason(&of("other")).is_empty());
        assert!(!reason(&found(Letter::of("{}").because(""))).is_empty());
    }

    #[test]
    fn the_longest_filter_is_within_the_256_bytes_of_pubsub() {
        assert!(filter(&"s".repeat(48), false).len() <= 256);
        assert_eq!(
            filter("fulfil", true),
            "attributes:anyport-delay AND (NOT attributes:anyport-only OR attributes.anyport-only = \"fulfil\")"
        );
    }
}
