//! Records of a stream as changes of documents.

use std::collections::HashMap;

use anyport_ports::documents::DocumentChange;
use anyport_ports::{Error, ErrorKind, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{AttributeValue as Streamed, StreamRecord, StreamViewType};
use aws_smithy_types::Blob;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::Value;

use super::super::item::{self, Item};

/// A record as Lambda is given it, in the parts that count.
#[derive(Deserialize)]
struct Event {
    dynamodb: EventRecord,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventRecord {
    keys: HashMap<String, Value>,
    #[serde(default)]
    new_image: Option<HashMap<String, Value>>,
    #[serde(default)]
    stream_view_type: Option<String>,
}

/// The change that a record of a stream tells of, as Lambda is given it in JSON.
pub(crate) fn change_of(record: &str) -> Result<DocumentChange> {
    let malformed = |error| Error::invalid("it is no record of a stream of DynamoDB").caused_by(error);
    let record = serde_json::from_str::<Event>(record).map_err(malformed)?.dynamodb;
    shows_images(record.stream_view_type.as_deref())?;
    let keys = typed(record.keys)?;
    // A host writes an empty object for what is not there.
    let image = record.new_image.filter(|image| !image.is_empty()).map(typed).transpose()?;
    changed(&keys, image.as_ref())
}

/// The change that a record tells of; `None` if it is of an item that is no document.
pub(super) fn change(record: StreamRecord) -> Result<Option<DocumentChange>> {
    shows_images(record.stream_view_type.as_ref().map(StreamViewType::as_str))?;
    let keys = from_stream(record.keys.unwrap_or_default())?;
    let image = record.new_image.map(from_stream).transpose()?;
    match changed(&keys, image.as_ref()) {
        Ok(change) => Ok(Some(change)),
        Err(error) => {
            // Another program's doing: it would hold up the feed for ever, and `get` cannot show it either.
            tracing::warn!(%error, "passed over a change of an item that is no document");
            Ok(None)
        }
    }
}

fn changed(keys: &Item, image: Option<&Item>) -> Result<DocumentChange> {
    Ok(DocumentChange { key: item::address(keys)?, document: image.map(item::document).transpose()? })
}

/// Without images, what was written would look as if it was deleted.
fn shows_images(view: Option<&str>) -> Result<()> {
    match view {
        None | Some("NEW_IMAGE" | "NEW_AND_OLD_IMAGES") => Ok(()),
        Some(other) => {
            let message =
                format!("the stream of the table shows {other}: it must show NEW_IMAGE or NEW_AND_OLD_IMAGES");
            Err(Error::new(ErrorKind::Internal, message))
        }
    }
}

fn from_stream(streamed: HashMap<String, Streamed>) -> Result<Item> {
    streamed.into_iter().map(|(name, value)| Ok((name, same(value)?))).collect()
}

/// The same value in the type of the sibling crate.
fn same(value: Streamed) -> Result<AttributeValue> {
    Ok(match value {
        Streamed::S(text) => AttributeValue::S(text),
        Streamed::N(number) => AttributeValue::N(number),
        Streamed::Bool(truth) => AttributeValue::Bool(truth),
        Streamed::Null(is) => AttributeValue::Null(is),
        Streamed::M(map) => AttributeValue::M(from_stream(map)?),
        Streamed::L(items) => AttributeValue::L(items.into_iter().map(same).collect::<Result<_>>()?),
        Streamed::Ss(texts) => AttributeValue::Ss(texts),
        Streamed::Ns(numbers) => AttributeValue::Ns(numbers),
        Streamed::B(bytes) => AttributeValue::B(bytes),
        Streamed::Bs(several) => AttributeValue::Bs(several),
        _ => return Err(unknown("of a type that this release does not know")),
    })
}

fn typed(fields: HashMap<String, Value>) -> Result<Item> {
    fields.into_iter().map(|(name, value)| Ok((name, attribute(value)?))).collect()
}

/// A value as it stands in JSON, under the name of its type.
fn attribute(value: Value) -> Result<AttributeValue> {
    let Value::Object(fields) = value else { return Err(unknown("without a type")) };
    let mut fields = fields.into_iter();
    let (Some((kind, value)), None) = (fields.next(), fields.next()) else {
        return Err(unknown("without a type, or of several"));
    };
    Ok(match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text),
        ("N", Value::String(number)) => AttributeValue::N(number),
        ("BOOL", Value::Bool(truth)) => AttributeValue::Bool(truth),
        ("NULL", Value::Bool(is)) => AttributeValue::Null(is),
        ("M", Value::Object(map)) => AttributeValue::M(typed(map.into_iter().collect())?),
        ("L", Value::Array(items)) => AttributeValue::L(items.into_iter().map(attribute).collect::<Result<_>>()?),
        ("SS", Value::Array(texts)) => AttributeValue::Ss(all_text(texts)?),
        ("NS", Value::Array(numbers)) => AttributeValue::Ns(all_text(numbers)?),
        ("B", Value::String(text)) => AttributeValue::B(binary(&text)?),
        ("BS", Value::Array(several)) => {
            AttributeValue::Bs(all_text(several)?.iter().map(|text| binary(text)).collect::<Result<_>>()?)
        }
        _ => return Err(unknown("of a type that this release does not know, or not as its type says")),
    })
}

fn all_text(values: Vec<Value>) -> Result<Vec<String>> {
    let text = |value| if let Value::String(text) = value { Ok(text) } else { Err(unknown("not as its type says")) };
    values.into_iter().map(text).collect()
}

fn binary(text: &str) -> Result<Blob> {
    BASE64.decode(text).map(Blob::new).map_err(|_| unknown("binary that is not base64"))
}

fn unknown(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the record holds an attribute {what}"))
}

#[cfg(test)]
mod tests {
    use anyport_ports::documents::{Body, Key, Put, Version};
    use serde_json::json;

    use super::*;

    /// As Lambda documents its events.
    fn event(name: &str, image: &Value) -> String {
        json!({
            "eventID": "c4ca4238a0b923820dcc509a6f75849b",
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_767_225_600.0,
                "Keys": {"partition": {"S": "u1"}, "sort": {"S": "profile"}},
                "NewImage": image,
                "SequenceNumber": "4421584500000000017450439091",
                "SizeBytes": 26,
                "StreamViewType": "NEW_IMAGE"
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/users/stream/2026-01-01T00:00:00.000"
        })
        .to_string()
    }

    fn profile() -> Key {
        Key::new("u1", "profile").unwrap()
    }

    /// The attribute as JSON says it.
    fn shown(value: &AttributeValue) -> Value {
        match value {
            AttributeValue::S(text) => json!({"S": text}),
            AttributeValue::N(number) => json!({"N": number}),
            AttributeValue::Bool(truth) => json!({"BOOL": truth}),
            AttributeValue::Null(is) => json!({"NULL": is}),
            AttributeValue::L(items) => json!({"L": items.iter().map(shown).collect::<Vec<_>>()}),
            AttributeValue::M(map) => {
                json!({"M": map.iter().map(|(k, v)| (k.clone(), shown(v))).collect::<HashMap<_, _>>()})
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_written_comes_back_from_its_record() {
        let body = json!({
            "name": "\u{e9}", "age": 7, "ratio": 1.0, "big": u64::MAX, "none": null, "yes": true,
            "list": [1, "x", {"a": {}}], "$number": "1",
        });
        let put = Put::new(Body::of(&body).unwrap());
        let version = Version::new("v1");
        let item = item::of(&profile(), &put, &version, &[]);
        let image = item.iter().map(|(name, value)| (name.clone(), shown(value))).collect::<HashMap<_, _>>();
        let change = change_of(&event("MODIFY", &json!(image))).unwrap();
        assert_eq!(change.key, profile());
        let document = change.document.unwrap();
        assert_eq!((document.version, document.body), (version, put.body));
    }

    #[test]
    fn what_was_deleted_or_has_expired_has_no_document() {
        for image in [json!(null), json!({})] {
            let change = change_of(&event("REMOVE", &image)).unwrap();
            assert_eq!((change.key, change.document), (profile(), None));
        }
    }

    #[test]
    fn what_other_programs_write_is_read_as_by_get() {
        let image = json!({
            "partition": {"S": "u1"}, "sort": {"S": "profile"},
            "body": {"M": {"tags": {"SS": ["a"]}, "sizes": {"NS": ["1"]}, "raw": {"B": "AAE="}, "raws": {"BS": ["AAE="]}}},
        });
        let document = change_of(&event("INSERT", &image)).unwrap().document.unwrap();
        let body: Value = serde_json::from_str(&document.body.to_json()).unwrap();
        assert_eq!(body, json!({"tags": ["a"], "sizes": [1], "raw": "AAE=", "raws": ["AAE="]}));
    }

    #[test]
    fn what_is_no_record_of_a_document_is_an_error_and_never_a_deletion() {
        let good = event("INSERT", &json!({"partition": {"S": "u1"}, "sort": {"S": "profile"}, "body": {"M": {}}}));
        assert!(change_of(&good).is_ok());
        for bad in [
            "{}".to_owned(),
            "[]".to_owned(),
            good.replace(r#""S":"u1""#, r#""N":"1""#),
            good.replace(r#""S":"u1""#, r#""S":1"#),
            good.replace(r#"{"M":{}}"#, r#"{"B":"!"}"#),
            good.replace(r#"{"M":{}}"#, r#"{"M":{"a":{"X":1}}}"#),
            good.replace(r#"{"M":{}}"#, r#"{"M":{"a":7}}"#),
            good.replace("NEW_IMAGE", "KEYS_ONLY"),
        ] {
            assert!(change_of(&bad).is_err(), "{bad}");
        }
    }
}
