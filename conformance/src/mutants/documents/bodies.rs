//! Faults of encoding.

use anyport_ports::documents::MAX_BODY_DEPTH;
use serde_json::{Map, Number, Value, json};

use super::rewrites::Bodies;
use super::tamper::{mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    let mut mutants = numbers();
    mutants.extend(blanks());
    mutants.extend(texts());
    mutants.extend(sizes());
    mutants
}

fn numbers() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("i64_through_f64", "DOC-BODY-1", "Integers become doubles on the way.", |_| {
            shared(Bodies(everywhere(|value| Some(number(value, through_f64)))))
        }),
        mutant("u64_as_i64", "DOC-BODY-1", "Unsigned integers stop where signed ones do.", |_| {
            shared(Bodies(everywhere(|value| Some(number(value, as_i64)))))
        }),
        mutant("whole_floats_become_integers", "DOC-BODY-1", "1.0 comes back as 1.", |_| {
            shared(Bodies(everywhere(|value| Some(number(value, whole_as_integer)))))
        }),
        mutant("negative_zero_lost", "DOC-BODY-1", "-0.0 comes back as 0.0.", |_| {
            shared(Bodies(everywhere(|value| if value == json!(-0.0) { Some(json!(0.0)) } else { Some(value) })))
        }),
        mutant("floats_of_15_digits", "DOC-BODY-1", "Doubles are written with too few digits.", |_| {
            shared(Bodies(everywhere(|value| Some(number(value, of_15_digits)))))
        }),
        mutant("subnormals_become_zero", "DOC-BODY-1", "Doubles next to zero are flushed to it.", |_| {
            shared(Bodies(everywhere(|value| Some(number(value, without_subnormals)))))
        }),
    ]
}

fn blanks() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("null_is_missing", "DOC-BODY-2", "Fields that are null are dropped.", |_| {
            shared(Bodies(everywhere(|value| Some(without_fields(value, |_, value| value.is_null())))))
        }),
        mutant("empty_string_dropped", "DOC-BODY-2", "Fields that are empty text are dropped.", |_| {
            shared(Bodies(everywhere(|value| Some(without_fields(value, |_, value| *value == json!(""))))))
        }),
        mutant("empty_string_is_null", "DOC-BODY-2", "Empty text becomes null.", |_| {
            shared(Bodies(everywhere(|value| Some(if value == json!("") { Value::Null } else { value }))))
        }),
        mutant("empty_array_is_object", "DOC-BODY-2", "An empty array becomes an empty object.", |_| {
            shared(Bodies(everywhere(|value| Some(if value == json!([]) { json!({}) } else { value }))))
        }),
        mutant("empty_object_dropped", "DOC-BODY-2", "An object without fields is not kept.", |_| {
            shared(Bodies(everywhere(|value| (value != json!({})).then_some(value))))
        }),
        mutant("nulls_in_arrays_dropped", "DOC-BODY-2", "An array loses its nulls.", |_| {
            shared(Bodies(everywhere(|value| match value {
                Value::Array(items) => Some(items.into_iter().filter(|item| !item.is_null()).collect()),
                other => Some(other),
            })))
        }),
    ]
}

fn texts() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("dots_in_field_names_nested", "DOC-BODY-3", "A field a.b becomes a field b within a field a.", |_| {
            shared(Bodies(everywhere(|value| Some(nested_at_dots(value)))))
        }),
        mutant("dollar_fields_dropped", "DOC-BODY-3", "Fields named like operators are dropped.", |_| {
            shared(Bodies(everywhere(|value| Some(without_fields(value, |name, _| name.starts_with('$'))))))
        }),
        mutant(
            "reserved_fields_dropped",
            "DOC-BODY-3",
            "Fields of the document take those of the store for theirs.",
            |_| {
                shared(Bodies(|mut fields: Map<String, Value>| {
                    fields.remove("_etag");
                    fields
                }))
            },
        ),
        mutant("empty_field_name_dropped", "DOC-BODY-3", "A field whose name is empty is dropped.", |_| {
            shared(Bodies(everywhere(|value| Some(without_fields(value, |name, _| name.is_empty())))))
        }),
        mutant("nul_in_text_dropped", "DOC-BODY-3", "Text loses its NULs.", |_| {
            shared(Bodies(everywhere(|value| Some(text(value, |text| text.replace('\0', ""))))))
        }),
        mutant("text_normalised", "DOC-BODY-3", "A letter and its accent become one character.", |_| {
            shared(Bodies(everywhere(|value| Some(text(value, |text| text.replace("e\u{301}", "é"))))))
        }),
        mutant("dates_rewritten", "DOC-BODY-3", "Text that looks like a date is taken for one.", |_| {
            shared(Bodies(everywhere(|value| Some(text(value, |text| text.replace(":00Z", ":00+00:00"))))))
        }),
        mutant("deepest_level_lost", "DOC-BODY-3", "Of sixteen levels fifteen are kept.", |_| {
            shared(Bodies(|fields: Map<String, Value>| {
                fields.into_iter().map(|(name, value)| (name, to_depth(value, 2))).collect()
            }))
        }),
    ]
}

fn sizes() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("large_truncated", "DOC-BODY-4", "Text beyond 64 KiB is cut.", |_| {
            shared(Bodies(everywhere(|value| Some(text(value, |text| text.chars().take(65_536).collect())))))
        }),
        mutant("large_array_truncated", "DOC-BODY-4", "An array keeps 65,535 items.", |_| {
            shared(Bodies(everywhere(|value| match value {
                Value::Array(items) => Some(items.into_iter().take(65_535).collect()),
                other => Some(other),
            })))
        }),
    ]
}

/// Maps every value of a body, the innermost first; `None` drops it from what it is in.
fn everywhere(map: fn(Value) -> Option<Value>) -> impl Fn(Map<String, Value>) -> Map<String, Value> {
    move |fields| match mapped(Value::Object(fields), map) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn mapped(value: Value, map: fn(Value) -> Option<Value>) -> Option<Value> {
    map(match value {
        Value::Array(items) => items.into_iter().filter_map(|item| mapped(item, map)).collect(),
        Value::Object(fields) => {
            fields.into_iter().filter_map(|(name, value)| Some((name, mapped(value, map)?))).collect()
        }
        other => other,
    })
}

fn number(value: Value, map: fn(Number) -> Number) -> Value {
    match value {
        Value::Number(number) => Value::Number(map(number)),
        other => other,
    }
}

fn text(value: Value, map: fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(map(&text)),
        other => other,
    }
}

fn without_fields(value: Value, dropped: fn(&str, &Value) -> bool) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().filter(|(name, value)| !dropped(name, value)).collect(),
        other => other,
    }
}

/// The number that is written like this; the number itself if nothing is.
fn parsed(text: &str, number: Number) -> Number {
    text.parse().unwrap_or(number)
}

fn through_f64(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if !number.is_f64() => parsed(&format!("{float:.0}"), number),
        _ => number,
    }
}

fn as_i64(number: Number) -> Number {
    if number.is_u64() && number.as_i64().is_none() { i64::MAX.into() } else { number }
}

fn whole_as_integer(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            parsed(&format!("{float:.0}"), number)
        }
        _ => number,
    }
}

fn of_15_digits(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() != 0.0 => parsed(&format!("{float:.14e}"), number),
        _ => number,
    }
}

fn without_subnormals(number: Number) -> Number {
    let subnormal = number.as_f64().is_some_and(f64::is_subnormal);
    if subnormal { parsed("0.0", number) } else { number }
}

fn nested_at_dots(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    fields
        .into_iter()
        .map(|(name, value)| match name.split_once('.') {
            Some((outer, inner)) => (outer.to_owned(), json!({ inner: value })),
            None => (name, value),
        })
        .collect()
}

/// Empties what is too deep; `level` is that of this value.
fn to_depth(value: Value, level: usize) -> Value {
    match value {
        Value::Object(_) if level == MAX_BODY_DEPTH => json!({}),
        Value::Array(_) if level == MAX_BODY_DEPTH => json!([]),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, to_depth(value, level + 1))).collect(),
        Value::Array(items) => items.into_iter().map(|item| to_depth(item, level + 1)).collect(),
        other => other,
    }
}
