//! What a message is as the text of a Storage message, and back: base64, since the service alters or loses some characters
//! of plain text.
//!
//! In base64 there is the event in CloudEvents' structured JSON mode, or if that is too long lines of attributes, an empty
//! line, and the data: attributes hold no line feeds, so nothing in there is longer than it was. A message within the port's
//! limit always fits in one of the two forms.

use anyport_ports::messages::Message;
use anyport_ports::{Error, ErrorKind, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// The CloudEvents `type` of a message that is no CloudEvent, as it is handed out.
pub const FOREIGN_MESSAGE: &str = "anyport.foreign-message";

/// The `source` of such a message.
const FOREIGN_SOURCE: &str = "urn:anyport:foreign";

/// The attribute of a dead letter that holds its reason. The port's own names are shorter, so no message has it.
const REASON: &str = "anyportdeadletterreason";

/// Most bytes before base64: Storage's 64 KiB.
const MAX_BYTES: usize = 48 * 1024;

/// The first line of the form with lines.
const LINES: &str = "ce-specversion: 1.0\n";

/// What a reason may hold and a line may not.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// What stands in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) message: Message,
    /// Why it was given up, if it is a dead letter.
    pub(super) reason: Option<String>,
}

impl Stored {
    /// As the text of a Storage message.
    pub(super) fn text(&self) -> String {
        let json = self.json();
        if json.len() <= MAX_BYTES { BASE64.encode(json) } else { BASE64.encode(self.lines()) }
    }

    fn json(&self) -> String {
        let mut json = self.message.to_cloud_event();
        if let Some(reason) = &self.reason {
            // An event is an object, and never an empty one.
            json.pop();
            json.extend([",\"", REASON, "\":", &Value::from(reason.as_str()).to_string(), "}"]);
        }
        json
    }

    fn lines(&self) -> Vec<u8> {
        let message = &self.message;
        let mut lines = LINES.to_owned();
        let mut line = |name: &str, value: &str| lines.extend([name, ": ", value, "\n"]);
        line("ce-id", message.id());
        line("ce-source", message.source());
        line("ce-type", message.kind());
        if let Some(subject) = message.subject() {
            line("ce-subject", subject);
        }
        for (name, value) in message.extensions() {
            line(&format!("ce-{name}"), value);
        }
        if let Some(reason) = &self.reason {
            line(REASON, &utf8_percent_encode(reason, ESCAPED).to_string());
        }
        if let Some(content_type) = message.content_type() {
            line("content-type", content_type);
        }
        let mut bytes = lines.into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(message.data());
        bytes
    }

    /// What such a text says. What is no event comes as the data of one, of the type [`FOREIGN_MESSAGE`] and with the Storage
    /// message's id; only what is too large for a message is an error.
    pub(super) fn of(text: &str, id: &str) -> Result<Self> {
        let bytes = BASE64.decode(text.trim()).unwrap_or_else(|_| text.as_bytes().to_vec());
        let known = if bytes.starts_with(LINES.as_bytes()) { from_lines(&bytes) } else { from_json(&bytes) };
        known.or_else(|_| {
            let media_type = match std::str::from_utf8(&bytes) {
                Ok(text) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => "application/json",
                Ok(_) => "text/plain; charset=utf-8",
                Err(_) => "application/octet-stream",
            };
            let message = Message::new(id, FOREIGN_SOURCE, FOREIGN_MESSAGE)?.with_data(media_type, bytes)?;
            Ok(Self { message, reason: None })
        })
    }
}

fn foreign() -> Error {
    Error::new(ErrorKind::Internal, "not a stored CloudEvent")
}

fn from_json(bytes: &[u8]) -> Result<Stored> {
    let json = std::str::from_utf8(bytes).map_err(|_| foreign())?;
    if !json.contains(REASON) {
        return Ok(Stored { message: Message::from_cloud_event(json)?, reason: None });
    }
    let mut event: serde_json::Map<String, Value> = serde_json::from_str(json).map_err(|_| foreign())?;
    let reason = match event.remove(REASON) {
        Some(Value::String(reason)) => Some(reason),
        Some(_) => return Err(foreign()),
        None => None,
    };
    Ok(Stored { message: Message::from_cloud_event(&Value::Object(event).to_string())?, reason })
}

fn from_lines(bytes: &[u8]) -> Result<Stored> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or_else(foreign)?;
    let (head, data) = (&bytes[LINES.len()..=end], &bytes[end + 2..]);
    let head = std::str::from_utf8(head).map_err(|_| foreign())?;
    let (mut id, mut source, mut kind) = ("", "", "");
    let (mut subject, mut content_type, mut reason, mut extensions) = (None, None, None, Vec::new());
    for line in head.split_terminator('\n') {
        let (name, value) = line.split_once(": ").ok_or_else(foreign)?;
        match name {
            "ce-id" => id = value,
            "ce-source" => source = value,
            "ce-type" => kind = value,
            "ce-subject" => subject = Some(value),
            "content-type" => content_type = Some(value),
            REASON => reason = Some(percent_decode_str(value).decode_utf8_lossy().into_owned()),
            _ => extensions.push((name.strip_prefix("ce-").ok_or_else(foreign)?, value)),
        }
    }
    let mut message = Message::new(id, source, kind)?;
    if let Some(subject) = subject {
        message = message.with_subject(subject)?;
    }
    for (name, value) in extensions {
        message = message.with_extension(name, value)?;
    }
    if let Some(content_type) = content_type {
        message = message.with_data(content_type, data.to_vec())?;
    }
    Ok(Stored { message, reason })
}

#[cfg(test)]
mod tests {
    use anyport_ports::messages::{MAX_ATTRIBUTE_BYTES, MAX_EXTENSIONS, MAX_MESSAGE_BYTES, MAX_REASON_BYTES};

    use super::*;

    /// Storage's own limit.
    const MAX_TEXT: usize = 64 * 1024;

    fn event() -> Message {
        Message::new("1", "test", "t").unwrap()
    }

    fn filled(message: Message) -> Message {
        let room = MAX_MESSAGE_BYTES - message.size() - "a/b".len();
        message.with_data("a/b", vec![b'\n'; room]).unwrap()
    }

    /// The message whose attributes grow most in JSON.
    fn quotes() -> Message {
        let most = "\"".repeat(MAX_ATTRIBUTE_BYTES);
        let mut message = Message::new(most.as_str(), most.as_str(), most.as_str()).unwrap();
        message = message.with_subject(most.as_str()).unwrap();
        for number in 0..MAX_EXTENSIONS {
            message = message.with_extension(format!("extension{number}"), most.as_str()).unwrap();
        }
        filled(message)
    }

    #[test]
    fn every_message_within_the_limit_fits_and_comes_back_with_its_reason() {
        let odd = event().with_subject(" : padded ").unwrap().with_extension("odd", "\u{feff}\u{ffff}: é").unwrap();
        let messages = [event(), event().with_data("text/plain", "").unwrap(), odd.clone(), filled(event()), quotes()];
        let reasons =
            [None, Some(String::new()), Some("é \"left\"".to_owned()), Some("\0%\n".repeat(MAX_REASON_BYTES / 3))];
        for message in messages {
            for reason in &reasons {
                let stored = Stored { message: message.clone(), reason: reason.clone() };
                let text = stored.text();
                assert!(text.len() <= MAX_TEXT, "{} bytes", text.len());
                assert_eq!(Stored::of(&text, "id").unwrap(), stored);
                // Each form by itself, too.
                assert_eq!(from_lines(&stored.lines()).unwrap(), stored);
                assert_eq!(from_json(stored.json().as_bytes()).unwrap(), stored);
            }
        }
    }

    #[test]
    fn a_usual_message_is_an_event_in_json() {
        let stored = |reason: Option<&str>| Stored { message: event(), reason: reason.map(str::to_owned) };
        let json = |stored: Stored| String::from_utf8(BASE64.decode(stored.text()).unwrap()).unwrap();
        assert_eq!(json(stored(None)), event().to_cloud_event());
        let letter: Value = serde_json::from_str(&json(stored(Some("why")))).unwrap();
        assert_eq!((&letter["id"], &letter[REASON]), (&Value::from("1"), &Value::from("why")));
        assert!(quotes().to_cloud_event().len() > MAX_BYTES, "the other form is for something");
    }

    #[test]
    fn what_is_no_event_is_the_data_of_one() {
        for (text, data, media_type) in [
            ("hello!", &b"hello!"[..], "text/plain; charset=utf-8"),
            ("aGVsbG8=", b"hello", "text/plain; charset=utf-8"),
            ("/w==", b"\xff", "application/octet-stream"),
            (r#"{"Records":[]}"#, br#"{"Records":[]}"#, "application/json"),
            ("Y2Utc3BlY3ZlcnNpb246IDEuMApvZGQ=", b"ce-specversion: 1.0\nodd", "text/plain; charset=utf-8"),
        ] {
            let found = Stored::of(text, "storage-id").unwrap();
            let message = &found.message;
            assert_eq!((message.id(), message.kind()), ("storage-id", FOREIGN_MESSAGE), "{text}");
            assert_eq!((message.content_type(), &message.data()[..]), (Some(media_type), data), "{text}");
            assert_eq!(Stored::of(&found.text(), "another").unwrap(), found, "kept as it was handed out");
        }
        let error = Stored::of(&"x!".repeat(MAX_MESSAGE_BYTES), "storage-id").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}
