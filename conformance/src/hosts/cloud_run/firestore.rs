//! `google.events.cloud.firestore.v1.DocumentEventData` as protobuf: what a trigger on Firestore sends.

use std::collections::HashMap;

use prost::Message;
use serde_json::{Map, Value};

use super::PROJECT;

#[derive(Clone, PartialEq, Message)]
struct DocumentEventData {
    #[prost(message, optional, tag = "1")]
    value: Option<Document>,
    #[prost(message, optional, tag = "2")]
    old_value: Option<Document>,
}

#[derive(Clone, PartialEq, Message)]
struct Document {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(map = "string, message", tag = "2")]
    fields: HashMap<String, Field>,
}

#[derive(Clone, PartialEq, Message)]
struct Field {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 6, 9, 11, 17")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(bool, tag = "1")]
    Boolean(bool),
    #[prost(int64, tag = "2")]
    Integer(i64),
    #[prost(double, tag = "3")]
    Double(f64),
    #[prost(message, tag = "6")]
    Map(Fields),
    #[prost(message, tag = "9")]
    Array(Items),
    #[prost(int32, tag = "11")]
    Null(i32),
    #[prost(string, tag = "17")]
    Text(String),
}

#[derive(Clone, PartialEq, Message)]
struct Fields {
    #[prost(map = "string, message", tag = "1")]
    fields: HashMap<String, Field>,
}

#[derive(Clone, PartialEq, Message)]
struct Items {
    #[prost(message, repeated, tag = "1")]
    values: Vec<Field>,
}

/// A document as a change tells of it: the path below `documents/`, and its fields, which are those before a deletion.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The path.
    pub document: String,
    /// The fields after the change; `None` if it was deleted.
    pub after: Option<Map<String, Value>>,
}

/// The data of an event that tells of a document.
pub fn encode(told: &Told) -> Vec<u8> {
    let name = format!("projects/{PROJECT}/databases/(default)/documents/{}", told.document);
    let document = |map: &Map<String, Value>| Document { name: name.clone(), fields: fields(map) };
    let data = match &told.after {
        Some(after) => DocumentEventData { value: Some(document(after)), old_value: None },
        None => DocumentEventData { value: None, old_value: Some(document(&Map::new())) },
    };
    data.encode_to_vec()
}

/// What the data of an event tell; `None` if they are none.
pub fn decode(bytes: &[u8]) -> Option<Told> {
    let data = DocumentEventData::decode(bytes).ok()?;
    let (document, deleted) = match (data.value, data.old_value) {
        (Some(document), _) => (document, false),
        (None, Some(document)) => (document, true),
        (None, None) => return None,
    };
    let path = document.name.split_once("/documents/")?.1.to_owned();
    let after = (!deleted).then(|| document.fields.into_iter().map(|(name, field)| (name, value(field))).collect());
    Some(Told { document: path, after })
}

fn fields(map: &Map<String, Value>) -> HashMap<String, Field> {
    map.iter().map(|(name, value)| (name.clone(), field(value))).collect()
}

fn field(value: &Value) -> Field {
    let kind = match value {
        Value::Null => Kind::Null(0),
        Value::Bool(flag) => Kind::Boolean(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Kind::Integer(number),
            None => Kind::Double(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Kind::Text(text.clone()),
        Value::Array(items) => Kind::Array(Items { values: items.iter().map(field).collect() }),
        Value::Object(map) => Kind::Map(Fields { fields: fields(map) }),
    };
    Field { kind: Some(kind) }
}

fn value(field: Field) -> Value {
    match field.kind {
        None | Some(Kind::Null(_)) => Value::Null,
        Some(Kind::Boolean(flag)) => flag.into(),
        Some(Kind::Integer(number)) => number.into(),
        Some(Kind::Double(number)) => number.into(),
        Some(Kind::Text(text)) => text.into(),
        Some(Kind::Array(items)) => items.values.into_iter().map(value).collect(),
        Some(Kind::Map(map)) => {
            map.fields.into_iter().map(|(name, field)| (name, value(field))).collect::<Map<_, _>>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_told_of_as_it_is() {
        let after = json!({ "a": 1, "b": [true, null, "x", 1.5], "c": { "d": "e" } }).as_object().cloned();
        for after in [after, None] {
            let told = Told { document: "users/u1".to_owned(), after };
            assert_eq!(decode(&encode(&told)), Some(told));
        }
        assert_eq!(decode(b"\xff"), None);
        assert_eq!(decode(b""), None);
    }
}
