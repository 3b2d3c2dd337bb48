//! Structured mode: one JSON object.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::event::{CONTENT_TYPE, SPEC_VERSION, is_json, is_text};
use super::{CloudEvent, CloudEventError};

/// The media type.
pub const STRUCTURED: &str = "application/cloudevents+json";

/// The media type of data that have none.
const DEFAULT_CONTENT_TYPE: &str = "application/json";

/// The members of an object as they came, each there once: two readers of one that is there twice may differ.
pub(super) struct Members(BTreeMap<String, Box<RawValue>>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EachOnce;

        impl<'de> Visitor<'de> for EachOnce {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = entries.next_entry::<String, Box<RawValue>>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is there twice"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(EachOnce)
    }
}

impl CloudEvent {
    /// Reads an event in structured mode.
    ///
    /// # Errors
    ///
    /// `Version` for another one than 1.0, `Attribute` and `Malformed` for what is wrong.
    pub fn from_structured(json: &[u8]) -> Result<Self, CloudEventError> {
        let members = serde_json::from_slice(json).map_err(|error| CloudEventError::malformed(error.to_string()))?;
        Self::of_members(members)
    }

    pub(super) fn of_members(Members(mut members): Members) -> Result<Self, CloudEventError> {
        let (plain, encoded) = (members.remove("data"), members.remove("data_base64"));
        let mut attributes = BTreeMap::new();
        for (name, value) in members {
            if let Some(text) = attribute(&name, &value)? {
                attributes.insert(name, text);
            }
        }
        match attributes.remove("specversion") {
            Some(version) if version == SPEC_VERSION => {}
            found => return Err(CloudEventError::Version { found: found.unwrap_or_default() }),
        }
        // `null` in place of base64 is nothing; in place of data it is a value.
        let data = match (plain, encoded.filter(|encoded| encoded.get() != "null")) {
            (None, None) => None,
            (Some(_), Some(_)) => return Err(CloudEventError::malformed("it has both data and data_base64")),
            (None, Some(encoded)) => {
                let text: Option<String> = serde_json::from_str(encoded.get()).ok();
                let bytes = text.and_then(|text| BASE64.decode(text).ok());
                Some(Bytes::from(bytes.ok_or_else(|| CloudEventError::malformed("data_base64 is not base64"))?))
            }
            (Some(data), None) => {
                let content_type =
                    attributes.entry(CONTENT_TYPE.to_owned()).or_insert_with(|| DEFAULT_CONTENT_TYPE.to_owned());
                let text =
                    (!is_json(Some(content_type))).then(|| serde_json::from_str::<String>(data.get()).ok()).flatten();
                Some(Bytes::from(text.unwrap_or_else(|| data.get().to_owned())))
            }
        };
        Self::of(attributes, data)
    }

    /// The event in structured mode, of the media type [`STRUCTURED`].
    pub fn to_structured(&self) -> String {
        let mut json = format!("{{\"specversion\":\"{SPEC_VERSION}\"");
        for (name, value) in self.attributes() {
            push(&mut json, name, &quoted(value));
        }
        if let Some(data) = self.data() {
            match std::str::from_utf8(data) {
                Ok(text) if self.is_json() && is_one_value(text) => push(&mut json, "data", text),
                Ok(text) if is_text(self.content_type()) => push(&mut json, "data", &quoted(text)),
                _ => push(&mut json, "data_base64", &quoted(&BASE64.encode(data))),
            }
        }
        json.push('}');
        json
    }
}

/// The canonical text of an attribute; none if it is `null`, which is as if it were not there.
fn attribute(name: &str, value: &RawValue) -> Result<Option<String>, CloudEventError> {
    let value: Value =
        serde_json::from_str(value.get()).map_err(|error| CloudEventError::malformed(error.to_string()))?;
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(Some(number.to_string())),
        _ => Err(CloudEventError::attribute(name, "is neither a text, a whole number nor a truth value")),
    }
}

/// Whether this is the text of a JSON value and nothing else, not even space around it.
fn is_one_value(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok_and(|value| value.get().len() == text.len())
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn push(json: &mut String, name: &str, value: &str) {
    // Names are plain.
    json.extend([",\"", name, "\":", value]);
}
