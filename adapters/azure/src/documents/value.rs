//! Bodies as Cosmos DB holds them without loss, and back.
//!
//! Its numbers are IEEE 754 doubles, and a whole one loses how it was written. So what a double does not give back exactly is
//! the object `{"$number": "1.0"}`: integers beyond 2^53, whole floating-point numbers, and those so large or small that
//! their text is not trusted. An object that looks like one has one more `$` before its field's name.

use anyport_ports::documents::Body;
use anyport_ports::{Error, ErrorKind, Result};
use serde_json::{Map, Number, Value};

/// The field that tells a number which a double would not give back.
const NUMBER: &str = "$number";

/// Up to here every integer is a double.
const MAX_INTEGER: u64 = 1 << 53;

/// Magnitudes whose decimal text is trusted.
const TRUSTED: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// A body of so many bytes of JSON is held natively whatever its escapes add: fifty of them are far below what a batch holds.
const SMALL: usize = 4 * 1024;

/// The body as an object; or `None` if its escapes would make it more than half as long again, of which a batch of 2 MB
/// would not hold the 1 MiB of bodies that a transaction may have. As JSON text such a body is hardly longer than it was:
/// it is numbers, which need no escape there.
pub(super) fn native(body: &Body) -> Option<Value> {
    let (length, object) = (body.to_json().len(), Value::Object(members(body.fields())));
    let fits = length <= SMALL || object.to_string().len() <= length + length / 2;
    fits.then_some(object)
}

/// The body that an object holds.
pub(super) fn body(fields: &Map<String, Value>) -> Result<Body> {
    Body::new(plain_members(fields))
        .map_err(|error| Error::new(ErrorKind::Internal, "the body is beyond the limits").caused_by(error))
}

/// A number as it is held.
pub(super) fn number(number: &Number) -> Value {
    if is_exact(number) { Value::Number(number.clone()) } else { tagged(NUMBER, Value::String(number.to_string())) }
}

/// A value as it was before it was stored.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::Object(fields) => match only(fields) {
            Some((name, Value::String(text))) if name == NUMBER => match text.parse::<Number>() {
                Ok(number) => Value::Number(number),
                // Nothing that this adapter wrote: an object like any other.
                Err(_) => value.clone(),
            },
            Some((name, inner)) if name != NUMBER && looks_tagged(name) => tagged(&name[1..], plain(inner)),
            _ => Value::Object(plain_members(fields)),
        },
        _ => value.clone(),
    }
}

fn held(value: &Value) -> Value {
    match value {
        Value::Number(inner) => number(inner),
        Value::Array(items) => Value::Array(items.iter().map(held).collect()),
        Value::Object(fields) => match only(fields) {
            Some((name, inner)) if looks_tagged(name) => tagged(&format!("${name}"), held(inner)),
            _ => Value::Object(members(fields)),
        },
        _ => value.clone(),
    }
}

fn members(fields: &Map<String, Value>) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.clone(), held(value))).collect()
}

fn plain_members(fields: &Map<String, Value>) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn only(fields: &Map<String, Value>) -> Option<(&String, &Value)> {
    fields.iter().next().filter(|_| fields.len() == 1)
}

fn tagged(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

/// `$number`, with any more `$` before it.
fn looks_tagged(name: &str) -> bool {
    name.trim_start_matches('$') == &NUMBER[1..] && name.starts_with('$')
}

fn is_exact(number: &Number) -> bool {
    if let Some(integer) = number.as_i64() {
        return integer.unsigned_abs() <= MAX_INTEGER;
    }
    number.as_f64().is_some_and(|float| !number.is_u64() && float.fract() != 0.0 && TRUSTED.contains(&float.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::documents::{MAX_BODY_BYTES, MAX_TRANSACTION_BYTES};
    use serde_json::json;

    #[test]
    fn what_a_double_gives_back_is_a_number_and_all_else_is_told() {
        for exact in [json!(0), json!(-7), json!(1_u64 << 53), json!(2.5), json!(0.1), json!(-1e-99)] {
            assert_eq!(held(&exact), exact);
        }
        for (value, text) in [
            (json!(1.0), "1.0"),
            (json!(-0.0), "-0.0"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(i64::MIN), "-9223372036854775808"),
            (json!((1_i64 << 53) + 1), "9007199254740993"),
            (json!(5e-324), "5e-324"),
            (json!(f64::MAX), "1.7976931348623157e+308"),
        ] {
            assert_eq!(held(&value).get(NUMBER).and_then(Value::as_str), Some(text), "{value}");
            assert_eq!(plain(&held(&value)).to_string(), value.to_string());
        }
    }

    #[test]
    fn what_looks_like_an_escape_comes_back() {
        for value in [
            json!({"$number": "1.0"}),
            json!({"$$number": 1.0}),
            json!({"$number": {"$number": 7}}),
            json!({"$number": "1.0", "other": 1}),
            json!({"number": 1}),
            json!({"$": null}),
        ] {
            assert_eq!(plain(&held(&value)), value);
        }
        assert_eq!(held(&json!({"$number": "1.0"})), json!({"$$number": "1.0"}));
        assert_eq!(plain(&json!({"$number": "no number"})), json!({"$number": "no number"}));
        assert_eq!(plain(&json!({"$number": true})), json!({"$number": true}));
    }

    /// The bodies that grow most, together as large as a transaction's may be.
    #[test]
    fn a_transaction_of_whatever_bodies_fits_a_batch() {
        let sizes = [1_000, SMALL - 3, SMALL + 50, MAX_BODY_BYTES];
        for elements in
            [&["1.0"][..], &["\"\""], &["1.0", "\"\"", "\"\"", "\"\""], &["1.0", "\"\\u0001\""], &["1.0", "\"a\""]]
        {
            for size in sizes {
                let mut json = String::from(r#"{"a":["#);
                for element in elements.iter().cycle() {
                    if json.len() + element.len() + 3 > size {
                        break;
                    }
                    json.push_str(element);
                    json.push(',');
                }
                json.pop();
                json.push_str("]}");
                let body = Body::from_json(&json).unwrap();
                let held = native(&body).unwrap_or_else(|| Value::String(body.to_json())).to_string();
                let bodies = (MAX_TRANSACTION_BYTES / json.len()).min(50);
                assert!(bodies * held.len() < 1_750_000, "{elements:?} of {size}: {} times {bodies}", held.len());
            }
        }
    }
}
