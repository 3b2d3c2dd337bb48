//! Events as messages, whoever wrote them.
//!
//! CloudEvents 1.0 in JSON, or in the lines that the Azure adapter writes where JSON would be too long for its queue; and Event
//! Grid's own schema, read as its documentation maps the one to the other: `topic` is the source, `eventType` the type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use anyport_ports::messages::Message;

/// Attributes of CloudEvents that a message has no place for: when something happened its sender may say in its data.
const NOT_KEPT: [&str; 2] = ["time", "dataschema"];

/// What a CloudEvent has beside extensions.
const OWN: [&str; 8] = ["specversion", "id", "source", "type", "subject", "datacontenttype", "data", "data_base64"];

const JSON: &str = "application/json";

/// What the form in lines begins with: attributes, an empty line, and the data.
const LINES: &[u8] = b"ce-specversion: 1.0\n";

/// An attribute of dead letters, which is none of the event's.
const REASON: &str = "anyportdeadletterreason";

/// Bytes in base64 within what came as a text, at most once.
const MAX_BASE64: usize = 1;

/// The message of an event, in words why there is none.
pub(super) fn message(bytes: &[u8]) -> Result<Message, String> {
    let mut bytes = Cow::Borrowed(bytes);
    for _ in 0..=MAX_BASE64 {
        if bytes.starts_with(LINES) {
            return of_lines(&bytes[LINES.len()..]);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        if text.trim_start().starts_with('{') {
            return of_json(text);
        }
        bytes = Cow::Owned(BASE64.decode(text.trim()).map_err(|_| "it is no JSON object".to_owned())?);
    }
    Err("it is base64 of base64".to_owned())
}

fn of_json(json: &str) -> Result<Message, String> {
    let Ok(Value::Object(event)) = serde_json::from_str::<Value>(json) else {
        return Err("it is not a JSON object".to_owned());
    };
    let foreign = event.contains_key("data") || NOT_KEPT.iter().any(|name| event.contains_key(*name));
    if event.contains_key("specversion") {
        return if foreign { of_cloud_event(event) } else { own(json) };
    }
    if event.contains_key("eventType") {
        return of_event_grid(&event);
    }
    Err("it is neither a CloudEvent nor an event of Event Grid".to_owned())
}

fn of_lines(lines: &[u8]) -> Result<Message, String> {
    let end = lines.windows(2).position(|pair| pair == b"\n\n").ok_or("there is no empty line before the data")?;
    let head = std::str::from_utf8(&lines[..end]).map_err(|_| "an attribute is not UTF-8".to_owned())?;
    let mut attributes = BTreeMap::new();
    for line in head.split('\n') {
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("{line:?} is no attribute"))?;
        attributes.insert(name.strip_prefix("ce-").unwrap_or(name), value);
    }
    let mut taken = |name: &str| attributes.remove(name);
    taken(REASON);
    let (id, source, kind) = (taken("id"), taken("source"), taken("type"));
    let (subject, content_type) = (taken("subject"), taken("content-type"));
    let mut message =
        Message::new(id.unwrap_or_default(), source.unwrap_or_default(), kind.unwrap_or_default()).map_err(told)?;
    if let Some(subject) = subject {
        message = message.with_subject(subject).map_err(told)?;
    }
    for (name, value) in attributes {
        message = message.with_extension(name, value).map_err(told)?;
    }
    match content_type {
        Some(content_type) => message.with_data(content_type, lines[end + 2..].to_vec()).map_err(told),
        None => Ok(message),
    }
}

/// As the adapters write messages.
fn own(json: &str) -> Result<Message, String> {
    Message::from_cloud_event(json).map_err(|error| error.message().to_owned())
}

fn of_cloud_event(mut event: Map<String, Value>) -> Result<Message, String> {
    let mut message = begun(&event, "source", "type")?;
    let content_type = text(&event, "datacontenttype").unwrap_or(JSON).to_owned();
    if let Some(base64) = text(&event, "data_base64") {
        let data = BASE64.decode(base64).map_err(|error| format!("data_base64 is not base64: {error}"))?;
        message = message.with_data(content_type, data).map_err(told)?;
    } else if let Some(data) = event.remove("data").filter(|data| !data.is_null()) {
        message = message.with_data(content_type.clone(), bytes(data, &content_type)).map_err(told)?;
    }
    for (name, value) in event {
        if OWN.contains(&name.as_str()) || NOT_KEPT.contains(&name.as_str()) {
            continue;
        }
        let value = match value {
            Value::String(text) => text,
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => return Err(format!("the extension {name:?} is no single value")),
        };
        message = message.with_extension(name, value).map_err(told)?;
    }
    Ok(message)
}

fn of_event_grid(event: &Map<String, Value>) -> Result<Message, String> {
    let message = begun(event, "topic", "eventType")?;
    match event.get("data").filter(|data| !data.is_null()) {
        None => Ok(message),
        Some(data) => message.with_data(JSON, data.to_string()).map_err(told),
    }
}

/// A message with what names it.
fn begun(event: &Map<String, Value>, source: &str, kind: &str) -> Result<Message, String> {
    let needed = |name: &str| text(event, name).ok_or_else(|| format!("it has no text {name:?}"));
    let message = Message::new(needed("id")?, needed(source)?, needed(kind)?).map_err(told)?;
    match text(event, "subject").filter(|subject| !subject.is_empty()) {
        Some(subject) => message.with_subject(subject).map_err(told),
        None => Ok(message),
    }
}

/// JSON is written as JSON; a text of another type is its characters.
fn bytes(data: Value, content_type: &str) -> Vec<u8> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match data {
        Value::String(text) if essence != JSON && !essence.ends_with("+json") => text.into_bytes(),
        data => data.to_string().into_bytes(),
    }
}

fn text<'a>(event: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    event.get(name)?.as_str()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn told(error: anyport_ports::Error) -> String {
    error.message().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_schemas_are_read() {
        let own = Message::new("1", "s", "t").unwrap().with_data("text/plain", "x").unwrap();
        for written in [own.to_cloud_event(), BASE64.encode(own.to_cloud_event())] {
            assert_eq!(message(written.as_bytes()), Ok(own.clone()));
        }
        let lines = b"ce-specversion: 1.0\nce-id: 1\nce-source: s\nce-type: t\nce-tenant: x\ncontent-type: text/plain\n\nx\n\n\xff";
        let read = message(lines).unwrap();
        assert_eq!((&read.data()[..], read.extensions()["tenant"].as_str()), (&b"x\n\n\xff"[..], "x"));
        assert_eq!(message(BASE64.encode(lines).as_bytes()), Ok(read));

        let cloud = json!({
            "id": "1", "source": "s", "specversion": "1.0", "type": "created", "time": "2026-01-01T00:00:00Z", "subject": "a",
            "data": { "n": 1 }, "tenant": "x", "count": 3,
        });
        let read = message(cloud.to_string().as_bytes()).unwrap();
        assert_eq!((read.kind(), read.subject(), &read.data()[..]), ("created", Some("a"), &br#"{"n":1}"#[..]));
        assert_eq!(read.content_type(), Some("application/json"));
        let extensions: Vec<_> =
            read.extensions().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(extensions, [("count", "3"), ("tenant", "x")]);

        let grid = json!({
            "id": "1", "topic": "t", "subject": "s", "eventType": "created", "dataVersion": "1", "metadataVersion": "1",
            "eventTime": "2026-01-01T00:00:00Z", "data": {},
        });
        let read = message(grid.to_string().as_bytes()).unwrap();
        assert_eq!((read.source(), read.kind(), &read.data()[..]), ("t", "created", &b"{}"[..]));
    }

    #[test]
    fn data_are_read_as_their_type_says() {
        let of = |more: Value| {
            let mut event = json!({ "id": "1", "source": "s", "specversion": "1.0", "type": "t", "time": "x" });
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            message(event.to_string().as_bytes())
        };
        assert_eq!(&of(json!({ "data": "a", "datacontenttype": "text/plain" })).unwrap().data()[..], b"a");
        assert_eq!(&of(json!({ "data": "a" })).unwrap().data()[..], b"\"a\"");
        assert_eq!(&of(json!({ "data_base64": "AP8=", "datacontenttype": "image/png" })).unwrap().data()[..], [0, 255]);
        assert_eq!(of(json!({})).unwrap().content_type(), None);
        for bad in [json!({ "data_base64": "?" }), json!({ "list": [] }), json!({ "id": 1 }), json!({ "source": null })]
        {
            assert!(of(bad.clone()).is_err(), "{bad}");
        }
        for bad in [
            "",
            "1",
            "[]",
            "{}",
            "{\"specversion\":\"1.0\"}",
            "{\"eventType\":\"x\"}",
            "ce-specversion: 1.0\nce-id: 1\n\n",
        ] {
            assert!(message(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
