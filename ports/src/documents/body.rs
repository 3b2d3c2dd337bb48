//! The content of a document.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, ErrorKind, Result};

/// Largest body, in bytes of compact JSON. DynamoDB's item limit of 400 KB, with what its native attributes and an
/// adapter's own fields add, is the narrowest.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Deepest nesting of objects and arrays, the body itself being the first level. Firestore allows 20 levels, of which
/// an adapter's escapes may need some.
pub const MAX_BODY_DEPTH: usize = 16;

/// A JSON object within the limits of the contract.
///
/// Two bodies are equal if their compact JSON is: `1` differs from `1.0`, `0.0` from `-0.0`, a field that is `null`
/// from one that is missing; the order of fields does not count.
#[derive(Clone)]
pub struct Body {
    fields: Map<String, Value>,
}

impl Body {
    /// A body of these fields, or [`TooLarge`](ErrorKind::TooLarge) for more than 256 KiB of compact JSON,
    /// [`InvalidInput`](ErrorKind::InvalidInput) for nesting deeper than 16 levels.
    pub fn new(fields: Map<String, Value>) -> Result<Self> {
        let depth = 1 + fields.values().map(depth).max().unwrap_or(0);
        if depth > MAX_BODY_DEPTH {
            return Err(Error::invalid(format!(
                "the body is nested {depth} levels deep: at most {MAX_BODY_DEPTH} are allowed"
            )));
        }
        let body = Self { fields };
        let length = body.to_json().len();
        if length > MAX_BODY_BYTES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the body is {length} bytes of JSON: at most {MAX_BODY_BYTES} are allowed"),
            ));
        }
        Ok(body)
    }

    /// The body that `item` serialises to; it must be a JSON object.
    pub fn of<T: Serialize>(item: &T) -> Result<Self> {
        match serde_json::to_value(item) {
            Ok(Value::Object(fields)) => Self::new(fields),
            Ok(_) => {
                Err(Error::invalid("a document's body must be a JSON object: store a struct, a map or a tagged enum"))
            }
            Err(error) => Err(Error::invalid("the item cannot be written as JSON").caused_by(error)),
        }
    }

    /// Reads the body back from [`Body::to_json`].
    pub fn from_json(json: &str) -> Result<Self> {
        let fields = serde_json::from_str(json).map_err(|error| {
            Error::new(ErrorKind::Internal, "the stored body is not a JSON object").caused_by(error)
        })?;
        Self::new(fields)
    }

    /// The item that this body holds; [`Internal`](ErrorKind::Internal) if it does not fit the type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(Value::Object(self.fields.clone())).map_err(|error| {
            let expected = std::any::type_name::<T>();
            Error::new(ErrorKind::Internal, format!("the stored document is not a {expected}")).caused_by(error)
        })
    }

    /// The fields.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The text at a field of the top level, if there is text: what an index orders by.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// The body as compact JSON with the fields of each object in byte order.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.fields).unwrap_or_default()
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    /// Bodies may hold personal data: only the size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} fields)", self.fields.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: &Value) -> Result<Body> {
        Body::of(value)
    }

    #[test]
    fn equality_is_that_of_the_text() {
        assert_ne!(body(&json!({"a": 1})).unwrap(), body(&json!({"a": 1.0})).unwrap());
        assert_ne!(body(&json!({"a": 0.0})).unwrap(), body(&json!({"a": -0.0})).unwrap());
        assert_ne!(body(&json!({"a": null})).unwrap(), body(&json!({})).unwrap());
        assert_eq!(body(&json!({"a": 1, "b": 2})).unwrap(), body(&json!({"b": 2, "a": 1})).unwrap());
    }

    #[test]
    fn size_and_depth_are_bounded_exactly() {
        let of_size = |bytes: usize| body(&json!({"a": "x".repeat(bytes - r#"{"a":""}"#.len())}));
        assert!(of_size(MAX_BODY_BYTES).is_ok());
        assert_eq!(of_size(MAX_BODY_BYTES + 1).unwrap_err().kind(), ErrorKind::TooLarge);

        let of_depth = |levels: usize| body(&(1..levels).fold(json!({}), |inner, _| json!({"a": inner})));
        assert!(of_depth(MAX_BODY_DEPTH).is_ok());
        assert_eq!(of_depth(MAX_BODY_DEPTH + 1).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(body(&json!([1])).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
