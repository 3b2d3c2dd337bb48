//! Checks of the change feed.

mod errors;
mod follower;
mod latest;
mod order;
mod positions;
mod seen;
mod unseen;

use anyport_ports::documents::{Body, Document, DocumentChange, Key, Put, Version};
use anyport_ports::resources::{CollectionSpec, Resources};
use anyport_ports::{CollectionName, Result};
use serde_json::{Value, json};

use super::{OTHER_THINGS, THINGS};
use crate::check::Check;
use crate::subject::ChangeStore;

/// Every check.
pub fn checks() -> Vec<Check<ChangeStore>> {
    [seen::checks(), unseen::checks(), order::checks(), positions::checks(), latest::checks(), errors::checks()]
        .into_iter()
        .flatten()
        .collect()
}

/// A collection without a feed.
const QUIET_THINGS: CollectionName = CollectionName::from_static("quiet-things");

fn resources() -> Resources {
    let followed = |name| CollectionSpec::new(name, Vec::new()).with_feed();
    let quiet = CollectionSpec::new(QUIET_THINGS, Vec::new());
    Resources { collections: vec![followed(THINGS), followed(OTHER_THINGS), quiet], ..Resources::default() }
}

fn writing(body: &Value) -> Result<Put> {
    Ok(Put::new(Body::of(body)?))
}

/// Writes a document that holds this number, whatever stands there.
async fn write(store: &ChangeStore, key: &Key, n: u64) -> Result<Version> {
    store.documents.put(&THINGS, key, &writing(&json!({ "n": n }))?).await
}

/// Keys in several partitions.
fn keys(count: usize) -> Result<Vec<Key>> {
    (0..count).map(|number| Key::new(format!("partition {}", number % 5), format!("{number}"))).collect()
}

/// The number that a document holds.
fn number(document: &Document) -> Option<u64> {
    document.body.fields().get("n").and_then(Value::as_u64)
}

/// The number that a change tells of.
fn told(change: &DocumentChange) -> Option<u64> {
    change.document.as_ref().and_then(number)
}

/// The changes of a document, in the order in which they were read.
fn of<'a>(seen: &'a [DocumentChange], key: &'a Key) -> impl DoubleEndedIterator<Item = &'a DocumentChange> {
    seen.iter().filter(move |change| change.key == *key)
}

/// The last change that was read of a document.
fn last<'a>(seen: &'a [DocumentChange], key: &'a Key) -> Option<&'a DocumentChange> {
    of(seen, key).next_back()
}
