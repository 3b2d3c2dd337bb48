//! JSON as DynamoDB's own types, and back.

use std::collections::HashMap;

use anyport_ports::{Error, ErrorKind, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Number, Value};

/// Most that a body may take natively, in bytes as DynamoDB counts them. An item holds 400 KB = 409,600 bytes; what stands
/// beside the body takes less than the 64 KiB kept free here: a key (512), twenty indexes of two texts of 1 KiB under names
/// of 255 bytes (51,160), version and expiry.
pub(super) const MAX_NATIVE_BYTES: usize = 400 * 1024 - 64 * 1024;

/// Longest name of an attribute, in bytes.
const MAX_NAME_BYTES: usize = 64 * 1024 - 1;

/// The field that tells a number which N would not give back exactly.
const NUMBER: &str = "$number";

/// The smallest magnitude but zero that N holds.
const MIN_MAGNITUDE: f64 = 1e-130;

/// The fields as a map, or `None` if a map cannot hold them.
pub(super) fn native(fields: &Map<String, Value>) -> Option<AttributeValue> {
    let value = AttributeValue::M(members(fields)?);
    (size(&value) <= MAX_NATIVE_BYTES).then_some(value)
}

/// The fields of a map.
pub(super) fn fields(map: &HashMap<String, AttributeValue>) -> Result<Map<String, Value>> {
    map.iter().map(|(name, value)| Ok((name.clone(), json(value)?))).collect()
}

fn members(fields: &Map<String, Value>) -> Option<HashMap<String, AttributeValue>> {
    fields
        .iter()
        .map(|(name, value)| {
            let holds = (1..=MAX_NAME_BYTES).contains(&name.len());
            if holds { Some((name.clone(), attribute(value)?)) } else { None }
        })
        .collect()
}

fn attribute(value: &Value) -> Option<AttributeValue> {
    Some(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(truth) => AttributeValue::Bool(*truth),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Number(number) if is_exact(number) => AttributeValue::N(number.to_string()),
        Value::Number(number) => tagged(NUMBER.to_owned(), AttributeValue::S(number.to_string())),
        Value::Array(items) => AttributeValue::L(items.iter().map(attribute).collect::<Option<_>>()?),
        Value::Object(fields) => match only(fields) {
            Some((name, value)) if looks_tagged(name) => tagged(format!("${name}"), attribute(value)?),
            _ => AttributeValue::M(members(fields)?),
        },
    })
}

fn json(value: &AttributeValue) -> Result<Value> {
    Ok(match value {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(truth) => Value::Bool(*truth),
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::N(text) => Value::Number(number(text)?),
        AttributeValue::L(items) => Value::Array(items.iter().map(json).collect::<Result<_>>()?),
        AttributeValue::M(map) => match map.iter().next().filter(|_| map.len() == 1) {
            Some((name, AttributeValue::S(text))) if name == NUMBER => match text.parse::<Number>() {
                Ok(number) => Value::Number(number),
                // Nothing that this adapter wrote: an object like any other.
                Err(_) => Value::Object(fields(map)?),
            },
            Some((name, value)) if name != NUMBER && looks_tagged(name) => {
                Value::Object(Map::from_iter([(name[1..].to_owned(), json(value)?)]))
            }
            _ => Value::Object(fields(map)?),
        },
        AttributeValue::Ss(texts) => Value::Array(texts.iter().cloned().map(Value::String).collect()),
        AttributeValue::Ns(texts) => {
            Value::Array(texts.iter().map(|text| number(text).map(Value::Number)).collect::<Result<_>>()?)
        }
        AttributeValue::B(bytes) => Value::String(BASE64.encode(bytes)),
        AttributeValue::Bs(several) => {
            Value::Array(several.iter().map(|bytes| Value::String(BASE64.encode(bytes))).collect())
        }
        _ => {
            let message = "the item holds an attribute of a type that this release does not know";
            return Err(Error::new(ErrorKind::Internal, message));
        }
    })
}

/// Whether N gives this number back as it was: integers, and what has a fraction and is not too small.
fn is_exact(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() != 0.0 && float.abs() >= MIN_MAGNITUDE)
}

/// The number of an N: an integer if it is one and small enough, whatever zeros its text ends in.
fn number(text: &str) -> Result<Number> {
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Ok(integer.into());
    }
    let unreadable = || Error::new(ErrorKind::Internal, format!("the item holds a number that is none: {text:?}"));
    let float = text.parse::<f64>().map_err(|_| unreadable())?;
    if let Some(integer) = whole(text) {
        return Ok(integer.into());
    }
    Number::from_f64(float).ok_or_else(unreadable)
}

/// The integer that a text like `12.00` stands for.
fn whole(text: &str) -> Option<i64> {
    let (integer, fraction) = text.split_once('.')?;
    if fraction.bytes().all(|digit| digit == b'0') { integer.parse().ok() } else { None }
}

fn only(fields: &Map<String, Value>) -> Option<(&String, &Value)> {
    fields.iter().next().filter(|_| fields.len() == 1)
}

/// Whether this is the tag, possibly behind further `$`.
fn looks_tagged(name: &str) -> bool {
    name.trim_start_matches('$') == "number" && name.starts_with('$')
}

fn tagged(name: String, value: AttributeValue) -> AttributeValue {
    AttributeValue::M(HashMap::from([(name, value)]))
}

/// The size as DynamoDB counts it, rounded up where its rule is approximate.
fn size(value: &AttributeValue) -> usize {
    const CONTAINER: usize = 3;
    const ELEMENT: usize = 1;
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits a byte, one byte for the exponent, one for the sign.
        AttributeValue::N(text) => text.len().div_ceil(2) + 2,
        AttributeValue::L(items) => CONTAINER + items.iter().map(|item| ELEMENT + size(item)).sum::<usize>(),
        AttributeValue::M(map) => {
            CONTAINER + map.iter().map(|(name, value)| ELEMENT + name.len() + size(value)).sum::<usize>()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::documents::{Body, MAX_BODY_BYTES};
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("not an object") };
        fields
    }

    fn round(value: Value) -> Value {
        let fields_in = object(value);
        let Some(AttributeValue::M(map)) = native(&fields_in) else { panic!("not held natively") };
        Value::Object(fields(&map).unwrap())
    }

    #[test]
    fn what_goes_in_comes_out() {
        for value in [
            json!({}),
            json!({"a": [null, true, "", [], {}, {"b": "c"}]}),
            json!({"a": [0, -1, 1.5, 1.0, -0.0, 0.1, 1e300, 5e-324, 1e-130, 9.5e-131, 1e21, i64::MIN, u64::MAX]}),
            json!({"a": {"$number": "1.0"}, "b": {"$$number": 1}, "c": {"$number": {"$number": 2.0}}}),
            json!({"$number": "1.0"}),
            json!({"$$$number": -0.0}),
            json!({"a": {"$number": "1.0", "b": 1}}),
            json!({"a": {"number": 1.0}}),
        ] {
            let text = value.to_string();
            assert_eq!(round(value).to_string(), text);
        }
    }

    #[test]
    fn plain_data_is_plain_in_the_console() {
        let Some(AttributeValue::M(map)) = native(&object(json!({"n": 7, "f": 2.5, "t": "x", "l": [true, null]})))
        else {
            panic!("not held natively")
        };
        assert_eq!(map["n"], AttributeValue::N("7".into()));
        assert_eq!(map["f"], AttributeValue::N("2.5".into()));
        assert_eq!(map["t"], AttributeValue::S("x".into()));
        assert_eq!(map["l"], AttributeValue::L(vec![AttributeValue::Bool(true), AttributeValue::Null(true)]));
    }

    #[test]
    fn what_others_wrote_is_read_as_it_looks() {
        let blob = |bytes: &[u8]| aws_smithy_types::Blob::new(bytes);
        for (value, expected) in [
            (AttributeValue::N("12.00".into()), json!(12)),
            (AttributeValue::N("-3".into()), json!(-3)),
            (AttributeValue::N("100000000000000000000000000000".into()), json!(1e29)),
            (AttributeValue::N("0.00000000015".into()), json!(1.5e-10)),
            (AttributeValue::Ss(vec!["a".into(), "b".into()]), json!(["a", "b"])),
            (AttributeValue::Ns(vec!["1".into(), "2.5".into()]), json!([1, 2.5])),
            (AttributeValue::B(blob(b"hi")), json!("aGk=")),
            (AttributeValue::Bs(vec![blob(b"hi")]), json!(["aGk="])),
            (tagged(NUMBER.into(), AttributeValue::S("no number".into())), json!({"$number": "no number"})),
            (tagged(NUMBER.into(), AttributeValue::Bool(true)), json!({"$number": true})),
        ] {
            assert_eq!(json(&value).unwrap(), expected);
        }
        assert_eq!(json(&AttributeValue::N("many".into())).unwrap_err().kind(), ErrorKind::Internal);
    }

    #[test]
    fn what_a_map_cannot_hold_is_told() {
        let long = "n".repeat(MAX_NAME_BYTES + 1);
        for value in [json!({"": 1}), json!({"a": [{"": 1}]}), json!({long: 1})] {
            assert!(native(&object(value)).is_none());
        }
    }

    /// The bodies that grow most: one byte of JSON for the element, one for the comma.
    #[test]
    fn a_body_at_the_limit_that_would_not_fit_an_item_is_told() {
        for element in ["1", "\"\"", "[]", "{}", "null", "1.0", "-1", "0.5"] {
            let count = (MAX_BODY_BYTES - 8) / (element.len() + 1);
            let body = Body::from_json(&format!(r#"{{"a":[{}]}}"#, vec![element; count].join(","))).unwrap();
            if let Some(map) = native(body.fields()) {
                assert!(size(&map) <= MAX_NATIVE_BYTES, "{element}");
            }
        }
        let ones = Body::from_json(&format!(r#"{{"a":[{}]}}"#, vec!["1"; 131_000].join(","))).unwrap();
        assert!(native(ones.fields()).is_none());
        let text = Body::of(&json!({"a": "x".repeat(MAX_BODY_BYTES - 8)})).unwrap();
        assert!(native(text.fields()).is_some(), "a long text is held natively");
    }
}
