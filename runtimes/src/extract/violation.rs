//! From what the validator and serde say to what the client is told.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::problem::{Location, Problem, Violation};
use crate::schemas::{SchemaValidator, whole};

/// Most violations told of in one answer.
const MAX_VIOLATIONS: usize = 32;

/// Holds a value against its schema.
pub(super) fn validate(location: Location, validator: &SchemaValidator, value: &Value) -> Result<(), Problem> {
    let validator = validator.compiled().map_err(|problem| {
        tracing::error!(problem, "a schema is wrong");
        Problem::internal()
    })?;
    let errors: Vec<Violation> = validator
        .iter_errors(value)
        .take(MAX_VIOLATIONS)
        .map(|error| Violation {
            location,
            pointer: error.instance_path().to_string(),
            detail: error.masked().to_string(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::violations(errors)) }
}

/// The `T` of a value that fits its schema and stands at `pointer`.
pub(super) fn typed<T: DeserializeOwned>(location: Location, pointer: &str, value: Value) -> Result<T, Problem> {
    // To JSON Schema `1.0` is an integer, to serde it is not: what fits the schema is taken.
    deserialize(value.clone()).or_else(|(within, detail)| {
        deserialize(integral(value)).map_err(|_| {
            let pointer = format!("{pointer}{within}");
            Problem::violations(vec![Violation { location, pointer, detail }])
        })
    })
}

fn deserialize<T: DeserializeOwned>(value: Value) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value).map_err(|error| (pointer(error.path()), error.into_inner().to_string()))
}

/// The JSON pointer of a place that serde names.
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// The value with every number that is whole written as an integer.
fn integral(value: Value) -> Value {
    match value {
        Value::Number(number) => whole(&number).map_or(Value::Number(number), Value::from),
        Value::Array(items) => items.into_iter().map(integral).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, integral(value))).collect(),
        other => other,
    }
}
