//! What a message is as the body of an SQS message, and back.

use std::borrow::Cow;
use std::fmt::Write as _;

use anyport_ports::Result;
use anyport_ports::messages::Message;

/// The CloudEvents `type` of a message that is no CloudEvent, as it is handed out.
pub const FOREIGN_MESSAGE: &str = "anyport.foreign-message";

/// The `source` of such a message.
const FOREIGN_SOURCE: &str = "urn:anyport:foreign";

/// The body of an SQS message: the event in CloudEvents' structured JSON mode, of characters that SQS admits.
pub(super) fn body(message: &Message) -> String {
    let json = message.to_cloud_event();
    match escaped(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(escaped) => escaped,
    }
}

/// Whether SQS admits the character: those of XML 1.0.
fn is_admitted(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Whether SQS admits the text as the value of an attribute.
pub(super) fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_admitted)
}

/// A JSON text in which what SQS refuses is escaped. It can only stand within strings, and lies below U+10000.
fn escaped(json: &str) -> Cow<'_, str> {
    if json.chars().all(is_admitted) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        if is_admitted(char) {
            escaped.push(char);
        } else {
            // Writing to a String does not fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(char));
        }
    }
    Cow::Owned(escaped)
}

/// The message of a body, and the body to keep with it. What is no CloudEvent comes as the data of one, of the type
/// [`FOREIGN_MESSAGE`] and with the SQS message's id, so that a consumer sees it and decides; only what is too large for a
/// message is an error.
pub(super) fn message<'a>(found: &'a str, sqs_id: &str) -> Result<(Message, Cow<'a, str>)> {
    if let Ok(message) = Message::from_cloud_event(found) {
        return Ok((message, Cow::Borrowed(found)));
    }
    let json = serde_json::from_str::<serde::de::IgnoredAny>(found).is_ok();
    let media_type = if json { "application/json" } else { "text/plain; charset=utf-8" };
    let message = Message::new(sqs_id, FOREIGN_SOURCE, FOREIGN_MESSAGE)?.with_data(media_type, found.to_owned())?;
    let kept = body(&message);
    Ok((message, Cow::Owned(kept)))
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;
    use anyport_ports::messages::MAX_MESSAGE_BYTES;

    use super::*;

    fn event() -> Message {
        Message::new("1", "test", "t").unwrap()
    }

    #[test]
    fn a_body_holds_only_what_sqs_admits_and_comes_back_exactly() {
        let odd = "\u{feff}\u{fffd}\u{fffe}\u{ffff}\u{10000}\u{1fffe}\u{10ffff} \u{2028} é \"\\";
        let message = event().with_extension("odd", odd).unwrap().with_data("text/plain", vec![0, 0xff]).unwrap();
        let body = body(&message);
        assert!(body.contains(r"\ufffe\uffff"), "{body}");
        assert!(body.chars().all(is_admitted));
        assert_eq!(super::message(&body, "sqs").unwrap(), (message, Cow::Borrowed(body.as_str())));
    }

    #[test]
    fn a_plain_body_is_the_event_itself() {
        assert_eq!(body(&event()), event().to_cloud_event());
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escaped("\"a\u{1}\u{b}\tb\u{7f}\""), "\"a\\u0001\\u000b\tb\u{7f}\"");
    }

    #[test]
    fn what_is_no_event_is_the_data_of_one() {
        for (body, media_type) in [
            ("hello", "text/plain; charset=utf-8"),
            ("", "text/plain; charset=utf-8"),
            (r#"{"Records":[]}"#, "application/json"),
            (r#"{"specversion":"1.0","id":"","source":"s","type":"t"}"#, "application/json"),
        ] {
            let (message, kept) = message(body, "sqs-id").unwrap();
            assert_eq!((message.id(), message.kind()), ("sqs-id", FOREIGN_MESSAGE));
            assert_eq!(super::message(&kept, "another").unwrap().0, message, "kept as it was handed out");
            assert_eq!((message.content_type(), &message.data()[..]), (Some(media_type), body.as_bytes()));
        }
        let error = message(&"x".repeat(MAX_MESSAGE_BYTES), "sqs-id").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn a_reason_is_text_if_sqs_admits_it() {
        assert!(is_text("the customer é \"left\"\n"));
        for other in ["", "\u{0}", "\u{ffff}"] {
            assert!(!is_text(other), "{other:?}");
        }
    }
}
