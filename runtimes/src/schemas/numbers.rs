//! The bounds of Rust's integers, written into the schemas.

use serde_json::{Map, Value};

/// Gives every integer the least and the greatest value of its format, where the schema has none: a number that the type
/// cannot hold then breaks the schema, as the OpenAPI document says, and not just the decoding.
pub(super) fn bound(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some((least, greatest)) = fields.get("format").and_then(Value::as_str).and_then(bounds) {
                set_default(fields, "minimum", "exclusiveMinimum", least);
                set_default(fields, "maximum", "exclusiveMaximum", greatest);
            }
            fields.values_mut().for_each(bound);
        }
        Value::Array(items) => items.iter_mut().for_each(bound),
        _ => {}
    }
}

fn set_default(fields: &mut Map<String, Value>, name: &str, other: &str, value: Value) {
    if !fields.contains_key(other) {
        fields.entry(name).or_insert(value);
    }
}

fn bounds(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "uint8" => (0.into(), u8::MAX.into()),
        "uint16" => (0.into(), u16::MAX.into()),
        "uint32" => (0.into(), u32::MAX.into()),
        "uint64" | "uint" => (0.into(), u64::MAX.into()),
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    })
}
