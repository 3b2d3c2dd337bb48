//! JSON as Firestore's own types, and back.
//!
//! What Firestore has no type for is a map of one field that begins with `$`: an array in an array is `{"$array": [...]}`, and a
//! number that its two types of numbers may not give back is `{"$number": "18446744073709551615"}`. Names of fields that Firestore
//! keeps for itself (`__x__`, and the empty name) have a `$` before them, and so has a name that would be taken for one of
//! these or for a tag.

use std::collections::HashMap;

use anyport_ports::{Error, ErrorKind, Result, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use firestore::gcloud_sdk::google::firestore::v1::value::ValueType;
use firestore::gcloud_sdk::google::firestore::v1::{ArrayValue, MapValue, Value as Stored};
use firestore::gcloud_sdk::prost_types;
use serde_json::{Map, Number, Value};

/// Most that a body may take natively, in bytes as Firestore counts them. A document holds 1 MiB, its name and all fields
/// together; key, name, and twenty indexes of two texts of 1 KiB take less than the 128 KiB kept free here.
const MAX_NATIVE_BYTES: usize = 1024 * 1024 - 128 * 1024;

/// Deepest nesting of maps and arrays in a field of a document, the field's own included.
const MAX_DEPTH: usize = 20;

/// Longest name of a field, in bytes.
const MAX_NAME_BYTES: usize = 1_500;

/// The field that holds an array in an array.
const ARRAY: &str = "array";

/// The field that tells a number which a number of Firestore's may not give back.
const NUMBER: &str = "number";

/// The fields as a map, or `None` if a map cannot hold them.
pub(super) fn native(fields: &Map<String, Value>) -> Option<Stored> {
    let (value, depth) = map(fields)?;
    (depth <= MAX_DEPTH && size(&value) <= MAX_NATIVE_BYTES).then_some(value)
}

/// The fields of a map.
pub(super) fn fields(map: &HashMap<String, Stored>) -> Result<Map<String, Value>> {
    map.iter().map(|(name, value)| Ok((unescaped(name).to_owned(), json(value)?))).collect()
}

/// Text.
pub(super) fn text(text: impl Into<String>) -> Stored {
    stored(ValueType::StringValue(text.into()))
}

/// An integer.
pub(super) fn integer(number: i64) -> Stored {
    stored(ValueType::IntegerValue(number))
}

/// A map of these fields, as they are.
pub(super) fn map_of(fields: impl IntoIterator<Item = (String, Stored)>) -> Stored {
    stored(ValueType::MapValue(MapValue { fields: fields.into_iter().collect() }))
}

/// The name of a document.
pub(super) fn reference(name: impl Into<String>) -> Stored {
    stored(ValueType::ReferenceValue(name.into()))
}

/// An instant, if Firestore's calendar holds it: the years 1 to 9999.
pub(super) fn instant(at: Timestamp) -> Option<Stored> {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let (seconds, millis) = (at.as_millis().div_euclid(1_000), at.as_millis().rem_euclid(1_000));
    let nanos = i32::try_from(millis).ok()? * 1_000_000;
    let held = (FIRST..=LAST).contains(&seconds);
    held.then(|| stored(ValueType::TimestampValue(prost_types::Timestamp { seconds, nanos })))
}

/// The instant in milliseconds, rounded up.
pub(super) fn millis(instant: &prost_types::Timestamp) -> Timestamp {
    let within = i64::from(instant.nanos).div_euclid(1_000_000) + i64::from(instant.nanos.rem_euclid(1_000_000) > 0);
    Timestamp::from_millis(instant.seconds.saturating_mul(1_000).saturating_add(within))
}

fn stored(value: ValueType) -> Stored {
    Stored { value_type: Some(value) }
}

/// A map of these fields and how deep it is.
fn map(fields: &Map<String, Value>) -> Option<(Stored, usize)> {
    let mut deepest = 0;
    let mut held = HashMap::with_capacity(fields.len());
    for (name, value) in fields {
        let name = escaped(name);
        let (value, depth) = native_value(value)?;
        if name.len() > MAX_NAME_BYTES {
            return None;
        }
        deepest = deepest.max(depth);
        held.insert(name, value);
    }
    Some((map_of(held), deepest + 1))
}

fn native_value(value: &Value) -> Option<(Stored, usize)> {
    Some(match value {
        Value::Null => (stored(ValueType::NullValue(0)), 0),
        Value::Bool(truth) => (stored(ValueType::BooleanValue(*truth)), 0),
        Value::String(string) => (text(string.clone()), 0),
        Value::Number(number) => match exact(number) {
            Some(value) => (stored(value), 0),
            None => (tagged(NUMBER, text(number.to_string())), 1),
        },
        Value::Array(items) => {
            let mut deepest = 0;
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                let (mut value, mut depth) = native_value(item)?;
                if item.is_array() {
                    (value, depth) = (tagged(ARRAY, value), depth + 1);
                }
                deepest = deepest.max(depth);
                values.push(value);
            }
            (stored(ValueType::ArrayValue(ArrayValue { values })), deepest + 1)
        }
        Value::Object(fields) => map(fields)?,
    })
}

/// The number in a type of Firestore's that gives it back as it was: integers of 64 bits with a sign, and floating-point
/// numbers. Of a negative zero no more is promised than that it equals zero.
fn exact(number: &Number) -> Option<ValueType> {
    if let Some(integer) = number.as_i64() {
        return Some(ValueType::IntegerValue(integer));
    }
    let float = number.as_f64().filter(|float| number.is_f64() && !(*float == 0.0 && float.is_sign_negative()))?;
    Some(ValueType::DoubleValue(float))
}

fn tagged(tag: &str, value: Stored) -> Stored {
    map_of([(format!("${tag}"), value)])
}

fn json(value: &Stored) -> Result<Value> {
    Ok(match &value.value_type {
        None | Some(ValueType::NullValue(_)) => Value::Null,
        Some(ValueType::BooleanValue(truth)) => Value::Bool(*truth),
        Some(ValueType::IntegerValue(integer)) => Value::Number((*integer).into()),
        Some(ValueType::DoubleValue(float)) => {
            let number = Number::from_f64(*float);
            number.map(Value::Number).ok_or_else(|| unreadable(&format!("the number {float}, which JSON has not")))?
        }
        Some(ValueType::StringValue(text) | ValueType::ReferenceValue(text)) => Value::String(text.clone()),
        Some(ValueType::TimestampValue(instant)) => Value::String(millis(instant).to_string()),
        Some(ValueType::BytesValue(bytes)) => Value::String(BASE64.encode(bytes)),
        Some(ValueType::GeoPointValue(place)) => {
            serde_json::json!({"latitude": place.latitude, "longitude": place.longitude})
        }
        Some(ValueType::ArrayValue(array)) => Value::Array(array.values.iter().map(json).collect::<Result<_>>()?),
        Some(ValueType::MapValue(map)) => match untagged(&map.fields) {
            Some(value) => value?,
            None => Value::Object(fields(&map.fields)?),
        },
        Some(_) => return Err(unreadable("a value of a type that this release does not know")),
    })
}

/// What a map that is a tag stands for.
fn untagged(map: &HashMap<String, Stored>) -> Option<Result<Value>> {
    let (name, value) = map.iter().next().filter(|_| map.len() == 1)?;
    match (name.strip_prefix('$')?, value.value_type.as_ref()?) {
        (ARRAY, ValueType::ArrayValue(_)) => Some(json(value)),
        (NUMBER, ValueType::StringValue(text)) => text.parse::<Number>().ok().map(|number| Ok(Value::Number(number))),
        _ => None,
    }
}

/// Whether a name, less any `$` before it, is one that Firestore keeps for itself or a tag's.
fn is_special(name: &str) -> bool {
    let bare = name.trim_start_matches('$');
    let dollars = bare.len() < name.len();
    bare.is_empty() || is_reserved(bare) || (dollars && matches!(bare, ARRAY | NUMBER))
}

fn is_reserved(name: &str) -> bool {
    name.len() >= 4 && name.starts_with("__") && name.ends_with("__")
}

fn escaped(name: &str) -> String {
    if is_special(name) { format!("${name}") } else { name.to_owned() }
}

fn unescaped(name: &str) -> &str {
    match name.strip_prefix('$') {
        // A lone tag that is none: nothing that this adapter wrote.
        Some(rest) if is_special(name) && !matches!(rest, ARRAY | NUMBER) => rest,
        _ => name,
    }
}

fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the stored document holds {what}"))
}

/// The size as Firestore counts it: <https://firebase.google.com/docs/firestore/storage-size>.
fn size(value: &Stored) -> usize {
    const DOCUMENT: usize = 32;
    match &value.value_type {
        Some(ValueType::StringValue(text)) => text.len() + 1,
        Some(ValueType::ArrayValue(array)) => array.values.iter().map(size).sum(),
        Some(ValueType::MapValue(map)) => {
            DOCUMENT + map.fields.iter().map(|(name, value)| name.len() + 1 + size(value)).sum::<usize>()
        }
        Some(ValueType::NullValue(_) | ValueType::BooleanValue(_)) => 1,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::documents::{Body, MAX_BODY_BYTES, MAX_BODY_DEPTH};
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("not an object") };
        fields
    }

    fn members(value: &Stored) -> &HashMap<String, Stored> {
        let Some(ValueType::MapValue(map)) = &value.value_type else { panic!("not a map") };
        &map.fields
    }

    fn round(value: Value) -> Value {
        let given = object(value);
        Value::Object(fields(members(&native(&given).expect("held natively"))).unwrap())
    }

    #[test]
    fn what_firestore_has_a_type_for_is_of_that_type() {
        let value =
            native(&object(json!({"text": "t", "int": -1, "float": 1.0, "no": null, "list": [1], "map": {}}))).unwrap();
        let of = |name: &str| members(&value)[name].value_type.clone().unwrap();
        assert_eq!(of("text"), ValueType::StringValue("t".to_owned()));
        assert_eq!(of("int"), ValueType::IntegerValue(-1));
        assert_eq!(of("float"), ValueType::DoubleValue(1.0));
        assert_eq!(of("no"), ValueType::NullValue(0));
        assert!(matches!(of("list"), ValueType::ArrayValue(_)) && matches!(of("map"), ValueType::MapValue(_)));
    }

    #[test]
    fn everything_comes_back_as_it_was() {
        for value in [
            json!({"a": i64::MIN, "b": i64::MAX, "c": u64::MAX, "d": 9_007_199_254_740_993_u64}),
            json!({"a": 1, "b": 1.0, "c": -0.0, "d": 0.0, "e": f64::MAX, "f": f64::MIN_POSITIVE, "g": 5e-324, "h": 1e300}),
            json!({"a": null, "b": "", "c": [], "d": {}, "e": [[]], "f": [[[1, [2]], []], 3], "g": [{"a": [[1]]}]}),
            json!({"": 1, "$": 2, "$$": 3, "__x__": 4, "$__x__": 5, "____": 6, "__": 7, "_": 8, "a.b": 9, "$ref": 10}),
            json!({"$array": [1]}),
            json!({"$number": "1"}),
            json!({"$$array": [1], "$number": 2}),
            json!({"a": {"$array": [[1]]}, "b": [{"$number": "7"}, {"$$number": "7"}], "array": 1, "number": 2}),
        ] {
            let text = Body::of(&value).unwrap();
            assert_eq!(Body::of(&round(value)).unwrap(), text, "{}", text.to_json());
        }
    }

    #[test]
    fn no_name_is_one_that_firestore_keeps_for_itself() {
        for name in ["", "__x__", "____"] {
            assert!(!is_reserved(&escaped(name)) && !escaped(name).is_empty());
        }
        assert_eq!(escaped("$ref"), "$ref", "other names stay as they are");
    }

    #[test]
    fn what_a_document_cannot_hold_is_no_map() {
        let deep = (1..MAX_BODY_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        assert!(native(&object(json!({"a": deep}))).is_none(), "arrays in arrays take two levels each");
        let deep = (1..MAX_BODY_DEPTH).fold(json!(1), |inner, _| json!({"a": inner}));
        assert!(native(&object(json!({"a": deep}))).is_some());
        assert!(native(&object(json!({"a": vec![1; MAX_BODY_BYTES / 2 - 16]}))).is_none());
        assert!(native(&object(json!({"a": "x".repeat(MAX_BODY_BYTES - 8)}))).is_some());
        assert!(native(&object(json!({"x".repeat(1_501): 1}))).is_none());
    }

    #[test]
    fn what_others_store_is_read_as_json() {
        let bytes = stored(ValueType::BytesValue(vec![1, 2, 3]));
        assert_eq!(json(&bytes).unwrap(), json!("AQID"));
        assert_eq!(json(&instant(Timestamp::from_millis(1)).unwrap()).unwrap(), json!("1970-01-01T00:00:00.001Z"));
        assert!(json(&stored(ValueType::DoubleValue(f64::NAN))).is_err());
        let foreign = map_of([("$array".to_owned(), integer(1)), ("b".to_owned(), integer(2))]);
        assert_eq!(json(&foreign).unwrap(), json!({"$array": 1, "b": 2}));
    }

    #[test]
    fn instants_are_held_to_the_millisecond_within_the_calendar() {
        for millis_in in [0, -1, 1, 1_767_225_600_123, 253_402_300_799_999, -62_135_596_800_000] {
            let Some(Stored { value_type: Some(ValueType::TimestampValue(held)) }) =
                instant(Timestamp::from_millis(millis_in))
            else {
                panic!("{millis_in} is not held")
            };
            assert_eq!(millis(&held).as_millis(), millis_in);
        }
        assert!(instant(Timestamp::from_millis(i64::MAX)).is_none());
        assert!(instant(Timestamp::from_millis(253_402_300_800_000)).is_none());
    }
}
