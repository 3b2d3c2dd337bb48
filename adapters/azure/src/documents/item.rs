//! Documents as items.

use anyport_ports::documents::{Body, Document, Index, Key, Put};
use anyport_ports::{Error, ErrorKind, Result, Timestamp};
use serde_json::{Map, Number, Value, json};

use super::identifier;
use super::order;
use super::value;
use super::version::Stamp;

pub(super) type Item = Map<String, Value>;

pub(super) const ID: &str = "id";
pub(super) const PARTITION: &str = "pk";
pub(super) const BODY: &str = "body";
pub(super) const BODY_JSON: &str = "bodyJson";
pub(super) const OPERATION: &str = "operation";
pub(super) const EXPIRES_AT: &str = "expiresAt";
pub(super) const TTL: &str = "ttl";
pub(super) const INDEXES: &str = "ix";
pub(super) const DELETED: &str = "deleted";
pub(super) const ETAG: &str = "_etag";
const WRITTEN_AT: &str = "_ts";

/// How long after its time a document may be removed, for clocks that differ. That it has expired is seen at once.
const TTL_MARGIN_MILLIS: i64 = 60_000;

/// How long the mark of a deletion stands, in seconds: twice as long as a position of the feed is good for, and a day.
pub(super) const TOMBSTONE_SECONDS: i64 = 15 * 24 * 60 * 60;

/// An operation that there was never before.
pub(super) fn fresh_operation() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The id of a document within its partition.
pub(super) fn id(key: &Key) -> String {
    order::encoded(key.sort())
}

/// The item of a document to be written.
pub(super) fn of(key: &Key, put: &Put, operation: &str, indexes: &[Index], now: Timestamp) -> Item {
    let mut item = addressed(key, operation);
    match value::native(&put.body) {
        Some(object) => item.insert(BODY.to_owned(), object),
        None => item.insert(BODY_JSON.to_owned(), put.body.to_json().into()),
    };
    if let Some(instant) = put.expires_at {
        item.insert(EXPIRES_AT.to_owned(), value::number(&Number::from(instant.as_millis())));
        if let Some(seconds) = ttl(instant, now) {
            item.insert(TTL.to_owned(), seconds.into());
        }
    }
    let places = places(indexes, key, &put.body);
    if !places.is_empty() {
        item.insert(INDEXES.to_owned(), places.into());
    }
    item
}

/// The item that tells that a document was deleted.
pub(super) fn tombstone(key: &Key, operation: &str) -> Item {
    let mut item = addressed(key, operation);
    item.insert(DELETED.to_owned(), true.into());
    item.insert(TTL.to_owned(), TOMBSTONE_SECONDS.into());
    item
}

fn addressed(key: &Key, operation: &str) -> Item {
    let item = json!({ID: id(key), PARTITION: key.partition().as_str(), OPERATION: operation});
    if let Value::Object(item) = item { item } else { Item::new() }
}

/// Where a document stands in each index that it is in.
pub(super) fn places(indexes: &[Index], key: &Key, body: &Body) -> Map<String, Value> {
    let place = |index: &Index| {
        let (equals, sort) = index.entry(body)?;
        Some((index_field(index), order::place(equals, sort, key).into()))
    };
    indexes.iter().filter_map(place).collect()
}

/// The field that holds a document's place in an index. It names the fields that the index is over, so that the
/// container's indexing policy tells what its indexes are.
pub(super) fn index_field(index: &Index) -> String {
    [index.name.as_str(), &index.partition_field, &index.sort_field].map(identifier::of).join(identifier::BETWEEN)
}

/// The document of an item, expired or not; `None` if the item tells of a deletion.
pub(super) fn document(item: &Item) -> Result<Option<Document>> {
    let key = key(item)?;
    if is_tombstone(item) {
        return Ok(None);
    }
    let unreadable = |error: Error| {
        Error::new(ErrorKind::Internal, format!("the item {key} cannot be read: see the cause")).caused_by(error)
    };
    let body = body(item).map_err(unreadable)?;
    let stamp = stamp(item);
    Ok(Some(Document { version: stamp.version(), body, expires_at: stamp.expires_at, key }))
}

/// The key of an item.
pub(super) fn key(item: &Item) -> Result<Key> {
    let part = |name: &str| item.get(name).and_then(Value::as_str);
    let (Some(id), Some(partition)) = (part(ID), part(PARTITION)) else {
        let message = format!("an item has no text {ID:?} or no text {PARTITION:?}: the container is of another shape");
        return Err(Error::new(ErrorKind::Internal, message));
    };
    let sort = order::decoded(id).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            format!("the id {id:?} encodes no sort key: another program put the item there"),
        )
    })?;
    Key::new(partition, sort)
        .map_err(|error| Error::new(ErrorKind::Internal, "the item's key is beyond the limits").caused_by(error))
}

fn body(item: &Item) -> Result<Body> {
    match (item.get(BODY), item.get(BODY_JSON)) {
        (Some(Value::Object(fields)), _) => value::body(fields),
        (_, Some(Value::String(json))) => Body::from_json(json),
        _ => {
            let message = format!("it has neither an object {BODY:?} nor a text {BODY_JSON:?}");
            Err(Error::new(ErrorKind::Internal, message))
        }
    }
}

/// Whether the item tells of a deletion.
pub(super) fn is_tombstone(item: &Item) -> bool {
    item.contains_key(DELETED)
}

/// Which state of the document the item is.
pub(super) fn stamp(item: &Item) -> Stamp {
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let expiry = item.get(EXPIRES_AT).map(value::plain);
    let millis = expiry.and_then(|expiry| expiry.as_i64());
    Stamp {
        operation: text(OPERATION),
        expires_at: millis.map(Timestamp::from_millis),
        etag: text(ETAG).unwrap_or_default(),
    }
}

/// The state of a document that stands and has not expired.
pub(super) fn live(item: Option<&Item>, now: Timestamp) -> Option<Stamp> {
    let stamp = stamp(item.filter(|item| !is_tombstone(item))?);
    stamp.expires_at.is_none_or(|expires_at| now < expires_at).then_some(stamp)
}

/// Whether the item was written by this operation.
pub(super) fn is_by(item: &Item, operation: &str) -> bool {
    item.get(OPERATION).and_then(Value::as_str) == Some(operation)
}

/// When the item was written, by the service's clock.
pub(super) fn written_at(item: &Item) -> Option<Timestamp> {
    let seconds = item.get(WRITTEN_AT)?.as_i64()?;
    Some(Timestamp::from_millis(seconds.saturating_mul(1000)))
}

/// After how many seconds the service may remove a document: at least one, and none if it would be beyond what a `ttl` holds.
fn ttl(expires_at: Timestamp, now: Timestamp) -> Option<i32> {
    let millis = expires_at.as_millis().saturating_sub(now.as_millis()).max(0).saturating_add(TTL_MARGIN_MILLIS);
    i32::try_from(millis.saturating_add(999) / 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::IndexName;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn key_of(partition: &str, sort: &str) -> Key {
        Key::new(partition, sort).unwrap()
    }

    fn stored(mut item: Item) -> Item {
        item.insert(ETAG.to_owned(), "\"7\"".into());
        item
    }

    #[test]
    fn a_document_comes_back_from_its_item() {
        let body = Body::of(&json!({"a": [1, 1.0, {"": null}], "state": "open", "at": "x"})).unwrap();
        let index = Index::new(IndexName::new("by-state").unwrap(), "state", "at");
        let put = Put::new(body.clone()).expires_at(Timestamp::from_millis(1_001_500));
        let item = stored(of(&key_of("p", "s/1"), &put, "op", &[index], NOW));
        assert_eq!(item[ID], "s.2F1");
        assert_eq!(item[TTL], 62, "a minute after its time");
        assert_eq!(item[INDEXES], json!({"by_2Dstate__state__at": "open x p s.2F1"}));
        let document = document(&item).unwrap().unwrap();
        assert_eq!((document.key, document.body), (key_of("p", "s/1"), body));
        assert_eq!(document.expires_at, Some(Timestamp::from_millis(1_001_500)));
        assert!(document.version.as_str().starts_with("op.1001500.7."));
        assert!(live(Some(&item), NOW).is_some());
        assert!(live(Some(&item), Timestamp::from_millis(1_001_500)).is_none());
    }

    #[test]
    fn any_instant_comes_back() {
        for millis in [i64::MIN, -1, 0, 1_001_500, (1 << 53) + 1, i64::MAX] {
            let put = Put::new(Body::of(&json!({})).unwrap()).expires_at(Timestamp::from_millis(millis));
            let item = stored(of(&key_of("p", "s"), &put, "op", &[], NOW));
            assert_eq!(stamp(&item).expires_at, Some(Timestamp::from_millis(millis)));
            assert!(item.get(TTL).is_none_or(|ttl| ttl.as_i64() >= Some(1)), "{item:?}");
        }
    }

    #[test]
    fn what_another_program_put_is_a_document_and_what_is_no_document_is_told() {
        let foreign = json!({"id": "s", "pk": "p", "body": {"n": 1}, "_etag": "\"3\"", "_ts": 5});
        let foreign = foreign.as_object().unwrap();
        let document = document(foreign).unwrap().unwrap();
        assert!(document.version.as_str().starts_with("-.-.3."));
        assert_eq!(written_at(foreign), Some(Timestamp::from_millis(5_000)));
        for bad in [
            json!({"id": "s", "pk": 7, "body": {}}),
            json!({"id": "s", "body": {}}),
            json!({"id": "a.b", "pk": "p", "body": {}}),
            json!({"id": "s", "pk": "p", "body": "text"}),
            json!({"id": "s", "pk": "p"}),
        ] {
            assert_eq!(super::document(bad.as_object().unwrap()).unwrap_err().kind(), ErrorKind::Internal, "{bad}");
        }
    }

    #[test]
    fn a_tombstone_is_nothing_that_stands() {
        let item = stored(tombstone(&key_of("p", "s"), "op"));
        assert_eq!(document(&item).unwrap(), None);
        assert_eq!(live(Some(&item), NOW), None);
        assert!(is_by(&item, "op") && !is_by(&item, "other"));
    }
}
