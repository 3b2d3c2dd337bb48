//! Documents as items.

use std::collections::HashMap;

use anyport_ports::documents::{Body, Document, Index, Key, Put, Version};
use anyport_ports::{Error, ErrorKind, Result, Timestamp};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest as _, Sha256};

use super::{order, value};

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PARTITION: &str = "partition";
pub(super) const SORT: &str = "sort";
pub(super) const VERSION: &str = "version";
pub(super) const BODY: &str = "body";
pub(super) const BODY_JSON: &str = "body_json";
pub(super) const EXPIRES_AT: &str = "expires_at";
pub(super) const EXPIRES_AT_MS: &str = "expires_at_ms";

/// What the version of a document that has none begins with.
const DIGEST: &str = "content:";

/// The key attributes.
pub(super) fn key(key: &Key) -> Item {
    HashMap::from([(PARTITION.to_owned(), text(key.partition().as_str())), (SORT.to_owned(), text(key.sort()))])
}

/// A version that no document had before.
pub(super) fn fresh_version() -> Version {
    Version::new(uuid::Uuid::new_v4().simple().to_string())
}

/// The item of a document to be written.
pub(super) fn of(address: &Key, put: &Put, version: &Version, indexes: &[Index]) -> Item {
    let mut item = key(address);
    item.insert(VERSION.to_owned(), text(version.as_str()));
    match value::native(put.body.fields()) {
        Some(map) => item.insert(BODY.to_owned(), map),
        None => item.insert(BODY_JSON.to_owned(), AttributeValue::S(put.body.to_json())),
    };
    if let Some(instant) = put.expires_at {
        item.insert(EXPIRES_AT.to_owned(), AttributeValue::N(seconds_up(instant).to_string()));
        item.insert(EXPIRES_AT_MS.to_owned(), AttributeValue::N(instant.as_millis().to_string()));
    }
    for index in indexes {
        item.extend(place(index, address, &put.body).into_iter().flatten());
    }
    item
}

/// The attributes that place a document in an index; none if it is not in it.
pub(super) fn place(index: &Index, key: &Key, body: &Body) -> Option<[(String, AttributeValue); 2]> {
    let (equals, sort) = index.entry(body)?;
    Some([(partition_name(index), text(equals)), (sort_name(index), AttributeValue::S(order::place(sort, key)))])
}

/// The attribute that an index's documents are gathered by. It names the field, so that the table tells what its indexes
/// are over.
pub(super) fn partition_name(index: &Index) -> String {
    format!("{}:p:{}", index.name, index.partition_field)
}

/// The attribute that an index is ordered by.
pub(super) fn sort_name(index: &Index) -> String {
    format!("{}:s:{}", index.name, index.sort_field)
}

/// The document of an item, expired or not.
pub(super) fn document(item: &Item) -> Result<Document> {
    let key = address(item)?;
    let unreadable = |what: &str, error: Option<Error>| {
        let error_of = Error::new(ErrorKind::Internal, format!("the item {key} cannot be read: {what}"));
        match error {
            Some(cause) => error_of.caused_by(cause),
            None => error_of,
        }
    };
    let body = body(item).map_err(|error| unreadable("see the cause", Some(error)))?;
    let body = body.ok_or_else(|| unreadable("it has neither a map `body` nor a text `body_json`", None))?;
    let version = version_of(item, &body);
    Ok(Document { version, body, expires_at: expiry(item), key })
}

/// The key of an item.
pub(super) fn address(item: &Item) -> Result<Key> {
    let part = |name: &str| match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.clone()),
        _ => Err(Error::new(
            ErrorKind::Internal,
            format!("the item has no text {name:?}: the table is of another shape"),
        )),
    };
    let (partition, sort) = (part(PARTITION)?, part(SORT)?);
    Key::new(partition, sort)
        .map_err(|error| Error::new(ErrorKind::Internal, "the item's key is beyond the limits").caused_by(error))
}

fn body(item: &Item) -> Result<Option<Body>> {
    let outside = |error| Error::new(ErrorKind::Internal, "the body is beyond the limits").caused_by(error);
    match (item.get(BODY), item.get(BODY_JSON)) {
        (Some(AttributeValue::M(map)), _) => Body::new(value::fields(map)?).map(Some).map_err(outside),
        (_, Some(AttributeValue::S(json))) => Body::from_json(json).map(Some),
        _ => Ok(None),
    }
}

/// When the item expires. A whole second, if only that is there; no time if neither attribute is a number.
pub(super) fn expiry(item: &Item) -> Option<Timestamp> {
    let number = |name: &str| match item.get(name) {
        Some(AttributeValue::N(text)) => text.parse::<f64>().ok().map(|number| (text, number)),
        _ => None,
    };
    if item.contains_key(EXPIRES_AT_MS) {
        let (text, _) = number(EXPIRES_AT_MS)?;
        return text.parse().ok().map(Timestamp::from_millis);
    }
    let (text, number) = number(EXPIRES_AT)?;
    // Casting saturates: what lies beyond all time is at its end.
    #[expect(clippy::cast_possible_truncation)]
    let seconds = text.parse::<i64>().unwrap_or(number.ceil() as i64);
    Some(Timestamp::from_millis(seconds.saturating_mul(1000)))
}

/// The version of a document as it stands.
fn version_of(item: &Item, body: &Body) -> Version {
    if let Some(AttributeValue::S(version)) = item.get(VERSION) {
        return Version::new(version.clone());
    }
    let mut digest = Sha256::new();
    digest.update(body.to_json());
    for name in [VERSION, EXPIRES_AT, EXPIRES_AT_MS] {
        if let Some(AttributeValue::N(number)) = item.get(name) {
            digest.update(format!("\n{name}={number}"));
        }
    }
    Version::new(format!("{DIGEST}{}", BASE64.encode(digest.finalize())))
}

/// Whether a version may be a digest, so that only the item itself tells whether it stands.
pub(super) fn may_be_digest(version: &Version) -> bool {
    version.as_str().starts_with(DIGEST)
}

/// Whether the item was written as this version.
pub(super) fn is_of_version(item: &Item, version: &Version) -> bool {
    matches!(item.get(VERSION), Some(AttributeValue::S(text)) if text == version.as_str())
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The first whole second at or after the instant, so that DynamoDB never removes a document early.
fn seconds_up(instant: Timestamp) -> i64 {
    instant.as_millis().div_euclid(1000) + i64::from(instant.as_millis().rem_euclid(1000) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key_of(partition: &str, sort: &str) -> Key {
        Key::new(partition, sort).unwrap()
    }

    fn number(text: &str) -> AttributeValue {
        AttributeValue::N(text.to_owned())
    }

    #[test]
    fn a_document_comes_back_from_its_item() {
        let body = Body::of(&json!({"a": [1, 1.0, {"": null}], "state": "open", "at": "x"})).unwrap();
        let index = Index::new(anyport_ports::IndexName::new("by-state").unwrap(), "state", "at");
        let put = Put::new(body.clone()).expires_at(Timestamp::from_millis(1_500));
        let version = fresh_version();
        let item = of(&key_of("p", "s"), &put, &version, &[index]);
        assert_eq!(item[EXPIRES_AT], number("2"), "never before its time");
        assert_eq!(item["by-state:p:state"], text("open"));
        let document = document(&item).unwrap();
        assert_eq!(document.key, key_of("p", "s"));
        assert_eq!((document.body, document.version), (body, version));
        assert_eq!(document.expires_at, Some(Timestamp::from_millis(1_500)));
    }

    #[test]
    fn what_another_program_put_is_a_document_whose_version_tells_its_content() {
        let foreign = |state: &str, more: Option<(&str, AttributeValue)>| {
            let mut item = key(&key_of("p", "s"));
            item.insert(BODY.into(), AttributeValue::M(HashMap::from([("state".into(), text(state))])));
            item.extend(more.map(|(name, value)| (name.to_owned(), value)));
            document(&item).unwrap()
        };
        let one = foreign("open", None);
        assert_eq!(one.body, Body::of(&json!({"state": "open"})).unwrap());
        assert!(may_be_digest(&one.version));
        assert_eq!(one.version, foreign("open", None).version);
        assert_ne!(one.version, foreign("closed", None).version);
        assert_ne!(one.version, foreign("open", Some((EXPIRES_AT, number("5")))).version);
        assert_ne!(one.version, foreign("open", Some((VERSION, number("5")))).version);
        assert_eq!(foreign("open", Some((EXPIRES_AT, number("5")))).expires_at, Some(Timestamp::from_millis(5_000)));
        assert_eq!(foreign("open", Some((EXPIRES_AT, number("4.2")))).expires_at, Some(Timestamp::from_millis(5_000)));
        assert_eq!(foreign("open", Some((EXPIRES_AT, text("5")))).expires_at, None);
        assert_eq!(foreign("open", Some((VERSION, text("theirs")))).version, Version::new("theirs"));
    }

    #[test]
    fn an_item_that_is_no_document_is_told() {
        let mut item = key(&key_of("p", "s"));
        item.insert(BODY.into(), text("not a map"));
        let error = document(&item).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.to_string().contains("p/s"), "{error}");
    }
}
