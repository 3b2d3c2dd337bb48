//! A document of the port as a document of Firestore, and back.

use std::collections::HashMap;

use anyport_ports::documents::{Body, Document, Index, Key, Put, Version};
use anyport_ports::{Error, ErrorKind, Result, Timestamp};
use firestore::gcloud_sdk::google::firestore::v1::value::ValueType;
use firestore::gcloud_sdk::google::firestore::v1::{Document as Stored, Value};
use firestore::gcloud_sdk::prost_types;

use super::value;

pub(super) const PARTITION: &str = "partition";
pub(super) const SORT: &str = "sort";
pub(super) const BODY: &str = "body";
pub(super) const BODY_JSON: &str = "body_json";
pub(super) const VERSION: &str = "version";
pub(super) const EXPIRES_AT: &str = "expires_at";
pub(super) const EXPIRES_AT_MS: &str = "expires_at_ms";
pub(super) const INDEX: &str = "index";

/// Of a document's place in an index, the text that is asked for and the text that orders.
pub(super) const EQUALS: &str = "equals";
pub(super) const ORDER: &str = "order";

pub(super) type Fields = HashMap<String, Value>;

/// A document as it stands in Firestore, expired or not.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) document: Document,
    /// When it was last written: what a write can be made to depend on.
    pub(super) update_time: prost_types::Timestamp,
}

/// What a put stores.
pub(super) fn fields(key: &Key, put: &Put, version: &Version, indexes: &[Index]) -> Fields {
    let mut fields = HashMap::from([
        (PARTITION.to_owned(), value::text(key.partition().as_str())),
        (SORT.to_owned(), value::text(key.sort())),
        (VERSION.to_owned(), value::text(version.as_str())),
    ]);
    match value::native(put.body.fields()) {
        Some(map) => fields.insert(BODY.to_owned(), map),
        None => fields.insert(BODY_JSON.to_owned(), value::text(put.body.to_json())),
    };
    if let Some(at) = put.expires_at {
        match value::instant(at) {
            Some(instant) => fields.insert(EXPIRES_AT.to_owned(), instant),
            None => fields.insert(EXPIRES_AT_MS.to_owned(), value::integer(at.as_millis())),
        };
    }
    if let Some(places) = places(&put.body, indexes) {
        fields.insert(INDEX.to_owned(), places);
    }
    fields
}

/// The places of a document of this body in these indexes, if it has any.
pub(super) fn places(body: &Body, indexes: &[Index]) -> Option<Value> {
    let place = |index: &Index| {
        let (equals, order) = index.entry(body)?;
        let place = [(EQUALS.to_owned(), value::text(equals)), (ORDER.to_owned(), value::text(order))];
        Some((index.name.as_str().to_owned(), value::map_of(place)))
    };
    let places: Vec<_> = indexes.iter().filter_map(place).collect();
    (!places.is_empty()).then(|| value::map_of(places))
}

/// The key that a document's fields tell; none if they tell of no document of the port.
pub(super) fn key(stored: &Stored) -> Option<Key> {
    Key::new(string(stored, PARTITION)?, string(stored, SORT)?).ok()
}

/// The document of this key.
pub(super) fn read(key: Key, stored: &Stored) -> Result<Standing> {
    let update_time = stored.update_time.ok_or_else(|| unreadable("no time of its last write"))?;
    let of = |name: &str| stored.fields.get(name).and_then(|value| value.value_type.as_ref());
    let body = match (of(BODY), of(BODY_JSON)) {
        (Some(ValueType::MapValue(map)), _) => Body::new(value::fields(&map.fields)?)?,
        (_, Some(ValueType::StringValue(json))) => Body::from_json(json)?,
        _ => return Err(unreadable("neither a map `body` nor a text `body_json`")),
    };
    let version = match of(VERSION) {
        Some(ValueType::StringValue(version)) => Version::new(version.clone()),
        // Another program wrote it: each write has a time of its own.
        _ => Version::new(format!("{}.{:09}", update_time.seconds, update_time.nanos)),
    };
    let expires_at = match (of(EXPIRES_AT), of(EXPIRES_AT_MS)) {
        (Some(ValueType::TimestampValue(instant)), _) => Some(value::millis(instant)),
        (_, Some(ValueType::IntegerValue(millis))) => Some(Timestamp::from_millis(*millis)),
        (None | Some(ValueType::NullValue(_)), None) => None,
        _ => return Err(unreadable("an expiry that is no timestamp")),
    };
    Ok(Standing { document: Document { key, body, version, expires_at }, update_time })
}

/// The text at a field of a document of Firestore.
pub(super) fn string<'a>(stored: &'a Stored, name: &str) -> Option<&'a str> {
    match stored.fields.get(name)?.value_type.as_ref()? {
        ValueType::StringValue(text) => Some(text),
        _ => None,
    }
}

/// The instant at `expires_at` of a document of Firestore.
pub(super) fn expires_at(stored: &Stored) -> Option<Timestamp> {
    match stored.fields.get(EXPIRES_AT)?.value_type.as_ref()? {
        ValueType::TimestampValue(instant) => Some(value::millis(instant)),
        _ => None,
    }
}

/// The integer at a field of a document of Firestore.
pub(super) fn integer(stored: &Stored, name: &str) -> Option<i64> {
    match stored.fields.get(name)?.value_type.as_ref()? {
        ValueType::IntegerValue(integer) => Some(*integer),
        _ => None,
    }
}

fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the stored document is none of this adapter's kind: it has {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::IndexName;
    use serde_json::json;

    fn stored(fields: Fields) -> Stored {
        let update_time = Some(prost_types::Timestamp { seconds: 7, nanos: 5_000 });
        Stored { name: String::new(), fields, create_time: None, update_time }
    }

    #[test]
    fn a_document_comes_back_as_it_was_put() {
        let key = Key::new("u1", "profile").unwrap();
        let version = Version::new("v");
        for (body, expires_at) in [
            (json!({"a": 1}), None),
            (json!({"a": [[1]]}), Some(Timestamp::from_millis(1_767_225_600_123))),
            (json!({"a": vec![1; 100_000]}), Some(Timestamp::from_millis(i64::MAX))),
        ] {
            let put = Put::new(Body::of(&body).unwrap()).expires_at(expires_at);
            let stored = stored(fields(&key, &put, &version, &[]));
            assert_eq!(super::key(&stored).unwrap(), key);
            let expected = Document { key: key.clone(), body: put.body, version: version.clone(), expires_at };
            assert_eq!(read(key.clone(), &stored).unwrap().document, expected);
        }
    }

    #[test]
    fn a_document_has_a_place_in_the_indexes_whose_fields_it_has() {
        let index = |name, sort: &str| Index::new(IndexName::from_static(name), "state", sort);
        let indexes = [index("by-rank", "rank"), index("by-name", "name")];
        let body = Body::of(&json!({"state": "open", "rank": "1", "name": 1})).unwrap();
        let place = value::map_of([(EQUALS.to_owned(), value::text("open")), (ORDER.to_owned(), value::text("1"))]);
        assert_eq!(places(&body, &indexes), Some(value::map_of([("by-rank".to_owned(), place)])));
        assert_eq!(places(&Body::of(&json!({})).unwrap(), &indexes), None);
    }

    #[test]
    fn a_document_that_others_wrote_has_the_version_of_its_time() {
        let key = Key::new("u1", "profile").unwrap();
        let fields = HashMap::from([(BODY.to_owned(), value::map_of([("a".to_owned(), value::integer(1))]))]);
        let read = read(key.clone(), &stored(fields)).unwrap();
        assert_eq!(read.document.version, Version::new("7.000005000"));
        assert!(super::read(key, &stored(HashMap::new())).is_err());
    }
}
