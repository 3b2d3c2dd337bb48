//! What the host hands to a function that is no request: `{"Data": {"<binding>": ...}, "Metadata": {...}}`.
//!
//! The host serialises what triggered the function once, twice or not at all, by its type: bytes are bare base64, objects are
//! objects, all else is JSON within a text, so that a text that holds JSON comes as a text within a text. And it merges what a
//! payload that is an object has at its top into the metadata, over what stood there: nothing in the metadata is believed
//! whose name the payload could have (fact 10 of the host's).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::InvocationError;

const EXPECTED: &str = "an object with the trigger's payload in Data";

/// Texts within texts, at most.
const MAX_WRAPS: usize = 4;

/// An invocation as it comes.
#[derive(Deserialize)]
struct Invocation {
    #[serde(rename = "Data")]
    data: BTreeMap<String, Box<RawValue>>,
    /// Whatever it is: what it should be, it may not be.
    #[serde(rename = "Metadata", default)]
    metadata: Value,
}

/// What triggered a function, and what the host says about it.
#[derive(Debug)]
pub(super) struct Payload {
    /// As it came: JSON, whatever is within.
    raw: Box<RawValue>,
    metadata: Value,
}

impl Payload {
    /// Reads an invocation. Among several inputs the trigger's is the one that the function's `function.json` names so.
    pub(super) fn of(body: &[u8], names: &[&str]) -> Result<Self, InvocationError> {
        let text = std::str::from_utf8(body).map_err(|_| InvocationError::malformed(EXPECTED, "it is not UTF-8"))?;
        if !text.trim_start().starts_with('{') {
            return Err(InvocationError::malformed(EXPECTED, "it is not a JSON object"));
        }
        let Invocation { mut data, metadata } =
            serde_json::from_str(text).map_err(|error| InvocationError::malformed(EXPECTED, &error))?;
        let by_name = names.iter().find_map(|name| data.remove(*name));
        let only = || if data.len() == 1 { data.pop_first().map(|(_, raw)| raw) } else { None };
        match by_name.or_else(only) {
            Some(raw) => Ok(Self { raw, metadata }),
            None => Err(InvocationError::malformed(
                EXPECTED,
                &format!("Data has none of {names:?}, and not one input alone"),
            )),
        }
    }

    /// The payload: JSON text as its sender wrote it, or whatever other text it is, taken out of the texts around it.
    pub(super) fn text(&self) -> String {
        let mut text = self.raw.get().to_owned();
        for _ in 0..MAX_WRAPS {
            if !text.trim_start().starts_with('"') {
                break;
            }
            let Ok(inner) = serde_json::from_str::<String>(&text) else { break };
            text = inner;
        }
        text
    }

    /// The payload's bytes: decoded if they came in base64, else those of its text.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        let decoded = self.is_bytes().then(|| BASE64.decode(text.trim()).ok()).flatten();
        decoded.unwrap_or_else(|| text.into_bytes())
    }

    /// Whether it is bytes, in base64: a text that is JSON itself begins with what is no base64.
    pub(super) fn is_bytes(&self) -> bool {
        let once = serde_json::from_str::<String>(self.raw.get());
        once.is_ok_and(|text| !text.trim_start().starts_with(['"', '{', '[']))
    }

    /// What the host says of this, if the payload had no way to say it: as text, taken out of the texts around it.
    ///
    /// `None` if the host says nothing.
    pub(super) fn metadata(&self, key: &'static str) -> Result<Option<String>, InvocationError> {
        if self.carried().contains(key) {
            return Err(InvocationError::Overwritten { key });
        }
        Ok(match self.metadata.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.clone())),
            Some(other) => Some(other.to_string()),
        })
    }

    /// The names that the payload has at its top. The host tells cases apart: beside its own `Id` stands a payload's `id`.
    fn carried(&self) -> BTreeSet<String> {
        if self.is_bytes() {
            return BTreeSet::new();
        }
        let object = serde_json::from_str::<BTreeMap<String, Value>>(&self.text());
        object.map(|object| object.into_keys().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(data: &Value, metadata: &Value) -> Payload {
        let body = json!({ "Data": { "q": data }, "Metadata": metadata }).to_string();
        Payload::of(body.as_bytes(), &[]).unwrap()
    }

    #[test]
    fn a_text_is_taken_out_of_the_texts_around_it() {
        let plain = r#"{"id":1}"#;
        let (once, twice) = (json!(plain), json!(json!(plain).to_string()));
        for data in [json!({ "id": 1 }), once, twice.clone(), json!(twice.to_string())] {
            assert_eq!(payload(&data, &json!({})).text(), plain, "{data}");
        }
        assert_eq!(payload(&json!("\"hello\""), &json!({})).text(), "hello");
        assert_eq!(payload(&json!("5"), &json!({})).text(), "5");
        assert_eq!(payload(&json!("\"unclosed"), &json!({})).text(), "\"unclosed");
    }

    #[test]
    fn a_number_is_not_changed_on_its_way() {
        let body = r#"{"Data":{"q":{"n":1.0,"big":9007199254740993,"e":1e2}}}"#;
        assert_eq!(Payload::of(body.as_bytes(), &[]).unwrap().text(), r#"{"n":1.0,"big":9007199254740993,"e":1e2}"#);
    }

    #[test]
    fn bytes_are_told_from_texts() {
        for (data, bytes) in [
            (json!("dGV4dA=="), true),
            (json!(""), true),
            (json!("1234"), true),
            (json!("\"dGV4dA==\""), false),
            (json!("[1]"), false),
            (json!({}), false),
            (json!(1), false),
        ] {
            assert_eq!(payload(&data, &json!({})).is_bytes(), bytes, "{data}");
        }
        for (data, bytes) in
            [("dGV4dP8=", &b"text\xff"[..]), ("\"dGV4dA==\"", b"dGV4dA=="), ("no base64", b"no base64")]
        {
            assert_eq!(payload(&json!(data), &json!({})).bytes(), bytes, "{data}");
        }
    }

    #[test]
    fn metadata_are_not_believed_where_the_payload_could_have_written_them() {
        let metadata = json!({ "DequeueCount": "1", "PopReceipt": "\"AgAA==\"", "sys": { "MethodName": "q" } });
        let of = |data: Value, key| payload(&data, &metadata).metadata(key);
        let plain = || json!("\"{\\\"id\\\":1}\"");
        assert_eq!(of(plain(), "DequeueCount"), Ok(Some("1".to_owned())));
        assert_eq!(of(plain(), "PopReceipt"), Ok(Some("AgAA==".to_owned())));
        assert_eq!(of(plain(), "MessageId"), Ok(None));
        assert_eq!(of(json!({ "dequeuecount": 7 }), "DequeueCount"), Ok(Some("1".to_owned())), "which is another name");
        for carried in [r#"{"DequeueCount":9}"#, r#"{"a":1,"DequeueCount":[]}"#] {
            for data in [json!(carried), json!(json!(carried).to_string()), serde_json::from_str(carried).unwrap()] {
                assert_eq!(
                    of(data.clone(), "DequeueCount"),
                    Err(InvocationError::Overwritten { key: "DequeueCount" }),
                    "{data}"
                );
            }
        }
        assert_eq!(payload(&plain(), &json!(7)).metadata("DequeueCount"), Ok(None), "whatever the metadata are");
    }

    #[test]
    fn what_is_no_invocation_is_told() {
        for bad in [
            "",
            "null",
            "[]",
            "1",
            "{",
            "{}",
            r#"{"Data":null}"#,
            r#"{"Data":[]}"#,
            r#"{"Data":{}}"#,
            r#"{"Data":{"a":1,"b":2}}"#,
        ] {
            let told = Payload::of(bad.as_bytes(), &["message"]).unwrap_err();
            assert_eq!(told.error_type(), "Anyport.MalformedInvocation", "{bad}");
        }
        assert!(Payload::of(b"\xff", &[]).is_err());
        let two = br#"{"Data":{"other":1,"message":2}}"#;
        assert_eq!(Payload::of(two, &["message"]).unwrap().text(), "2");
    }
}
