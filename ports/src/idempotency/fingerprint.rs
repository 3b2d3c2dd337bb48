//! What was asked for, so that another request under the same key is noticed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::Digest;

/// The hash of what a caller asks for: 64 hexadecimal digits of SHA-256.
///
/// JSON counts by its content: white space and the order of fields do not matter, anything else does (`1` and `1.0`
/// differ). Everything else counts by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Digest::of("bytes").part(bytes).hex())
    }

    /// Of this JSON.
    pub fn of_json(value: &Value) -> Self {
        let mut canonical = String::new();
        write_canonical(value, &mut canonical);
        Self(Digest::of("json").part(canonical.as_bytes()).hex())
    }

    /// Of the JSON that these bytes are, or of the bytes if they are none.
    pub fn of_payload(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).map_or_else(|_| Self::of_bytes(bytes), |value| Self::of_json(&value))
    }

    /// Of this and of something else that belongs to the request (its path, its query), under a name for it.
    #[must_use]
    pub fn and(&self, name: &str, bytes: &[u8]) -> Self {
        Self(Digest::of("and").part(self.0.as_bytes()).part(name.as_bytes()).part(bytes).hex())
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Compact JSON with the fields of each object in byte order, however the map keeps them.
fn write_canonical(value: &Value, to: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            to.push('{');
            for (at, (name, value)) in fields.into_iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                to.push_str(&Value::from(name.as_str()).to_string());
                to.push(':');
                write_canonical(value, to);
            }
            to.push('}');
        }
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write_canonical(item, to);
            }
            to.push(']');
        }
        plain => to.push_str(&plain.to_string()),
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if hexadecimal && text.len() == 64 { Ok(Self(text)) } else { Err("a fingerprint is 64 hexadecimal digits") }
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(payload: &str) -> Fingerprint {
        Fingerprint::of_payload(payload.as_bytes())
    }

    #[test]
    fn json_counts_by_its_content() {
        let canonical = of(r#"{"a":{"x":1,"y":[1,2]},"b":"é"}"#);
        assert_eq!(of("{ \"b\" : \"\\u00e9\", \"a\": {\"y\":[1, 2],\n \"x\":1} }"), canonical);
        for other in [r#"{"a":{"x":1,"y":[2,1]},"b":"é"}"#, r#"{"a":{"x":1.0,"y":[1,2]},"b":"é"}"#, "{}", "[]", "null"]
        {
            assert_ne!(of(other), canonical, "{other}");
        }
    }

    #[test]
    fn what_is_no_json_counts_by_its_bytes() {
        assert_ne!(of("a=1"), of("a = 1"));
        assert_eq!(of("a=1"), Fingerprint::of_bytes(b"a=1"));
        assert_ne!(Fingerprint::of_bytes(b"{}"), of("{}"), "bytes are not taken for JSON");
        assert_ne!(of(""), of(" "));
    }

    #[test]
    fn what_belongs_to_it_counts_under_its_name() {
        let body = of("{}");
        assert_ne!(body.and("path", b"/a"), body);
        assert_ne!(body.and("path", b"/a"), body.and("query", b"/a"));
        assert_ne!(body.and("a", b"bc"), body.and("ab", b"c"));
    }

    #[test]
    fn it_is_stored_by_one_fixed_rule() {
        // A record outlives the release that wrote it.
        assert_eq!(of(r#"{"b":[1,"x"],"a":null}"#).as_str(), GOLDEN_JSON);
        assert_eq!(of("plain").as_str(), GOLDEN_BYTES);
    }

    const GOLDEN_JSON: &str = "bf4011280a0b87fae410361ce7afee95a20faaaede479ce32caf95897cf3cb7f";
    const GOLDEN_BYTES: &str = "ab9618b95ef7fac0b0c7b371c0ee48d50f4228041eee20e1b8bbccc94e03a523";
}
