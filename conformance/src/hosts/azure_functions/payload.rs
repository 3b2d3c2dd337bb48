//! `{"Data": ..., "Metadata": ...}` as the host writes it, its oddities first: what is text is JSON within a text, and what a
//! payload has at its top is written over the metadata.

use serde_json::{Map, Value, json};

/// An invocation that is being written.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    data: Map<String, Value>,
    metadata: Map<String, Value>,
}

/// What the host hands to a binding.
pub(super) enum Content<'a> {
    /// A text, serialised into another.
    Text(&'a str),
    /// Bytes: bare base64.
    Bytes(&'a [u8]),
}

impl Payload {
    /// With this trigger, and what the host says of it.
    pub(super) fn new(name: &str, content: Content<'_>, metadata: Value) -> Self {
        let Value::Object(mut metadata) = metadata else { return Self::new(name, content, json!({})) };
        let (value, carried) = match content {
            Content::Text(text) => (serialised(&Value::from(text)), serde_json::from_str::<Value>(text).ok()),
            Content::Bytes(bytes) => (Value::from(base64(bytes)), None),
        };
        if let Some(Value::Object(carried)) = carried {
            for (key, value) in carried.into_iter().filter(|(_, value)| !value.is_array()) {
                metadata.insert(key, merged(value));
            }
        }
        metadata.retain(|key, _| !key.to_ascii_lowercase().ends_with("trigger"));
        Self { data: Map::from_iter([(name.to_owned(), value)]), metadata }
    }

    /// With this trigger, of which nothing is merged.
    pub(super) fn bare(name: &str, object: Value, metadata: Map<String, Value>) -> Self {
        Self { data: Map::from_iter([(name.to_owned(), object)]), metadata }
    }

    /// With what the host says of the call itself.
    pub(super) fn called(mut self, function: &str, guid: &str, now: &str) -> Self {
        let sys = json!({ "MethodName": function, "UtcNow": now, "RandGuid": guid });
        self.metadata.insert("sys".to_owned(), sys);
        self
    }

    /// With what a retry policy says of the attempt.
    pub(super) fn retried(mut self, count: u32, most: i64, before: Option<&str>) -> Self {
        let exception = before.map_or(Value::Null, |problem| json!({ "Message": problem }));
        let context = json!({ "RetryCount": count, "MaxRetryCount": most, "Exception": exception });
        self.metadata.insert("RetryContext".to_owned(), context);
        self
    }

    pub(super) fn to_json(&self) -> String {
        json!({ "Data": self.data, "Metadata": self.metadata }).to_string()
    }
}

/// JSON within a text.
pub(super) fn serialised(value: &Value) -> Value {
    Value::from(value.to_string())
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A property as it stands among the metadata: objects as they are, all else as a text within a text; instants are written
/// anew, without their fractions and zones.
fn merged(value: Value) -> Value {
    let text = match value {
        object @ Value::Object(_) => return object,
        Value::String(text) => american(&text).unwrap_or(text),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    serialised(&Value::from(text))
}

/// `2024-04-06T15:30:00.123Z` as `04/06/2024 15:30:00`.
fn american(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { return None };
    let numbers = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let time = time.get(..8).filter(|time| time.split(':').filter(|part| part.parse::<u8>().is_ok()).count() == 3)?;
    (numbers && year.len() == 4).then(|| format!("{month}/{day}/{year} {time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_overwrite_what_the_host_says() {
        let text = r#"{"id":1,"DequeueCount":9,"at":"2024-04-06T15:30:00.5Z","list":[1],"o":{"a":1},"OwnTrigger":"x"}"#;
        let metadata = json!({ "DequeueCount": "1", "Id": "\"m\"", "BlobTrigger": "\"c/x\"" });
        let written: Value = serde_json::from_str(&Payload::new("q", Content::Text(text), metadata).to_json()).unwrap();
        assert_eq!(written["Data"]["q"], serialised(&Value::from(text)));
        assert_eq!(
            written["Metadata"],
            json!({
                "Id": "\"m\"", "id": "\"1\"", "DequeueCount": "\"9\"", "at": "\"04/06/2024 15:30:00\"", "o": { "a": 1 },
            })
        );
    }
}
