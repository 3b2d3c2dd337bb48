//! The checks of the documents port.

mod bodies;
mod cas;
mod collections;
mod delete;
mod doubt;
mod errors;
mod expiry;
mod get;
mod histories;
mod index;
mod keys;
mod listing;
mod model;
mod paging;
pub(crate) mod player;
mod put;
mod query;
mod scan;
pub(crate) mod sequence;
mod transactions;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Body, Document, Key, Keys, MAX_KEYS, Put, Query, Version};
use anyport_ports::{Error, Result, Retry};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::THINGS;
use crate::check::{Check, Context, Verdict, Violation, ensure, ensure_eq};
use crate::subject::DocumentStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<DocumentStore>> {
    [
        keys::checks(),
        bodies::checks(),
        collections::checks(),
        get::checks(),
        put::checks(),
        cas::checks(),
        delete::checks(),
        expiry::checks(),
        transactions::checks(),
        query::checks(),
        paging::checks(),
        index::checks(),
        scan::checks(),
        errors::checks(),
        doubt::checks(),
        histories::checks(),
        model::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Requests under way at once where a check makes many.
const WIDTH: usize = 8;

/// A write of this JSON object, without a condition.
fn writing(body: &Value) -> Result<Put> {
    Ok(Put::new(Body::of(body)?))
}

/// Writes this JSON object, whatever stands there.
async fn write(store: &DocumentStore, key: &Key, body: &Value) -> Result<Version> {
    store.documents.put(&THINGS, key, &writing(body)?).await
}

/// Makes these requests, a few at once, and returns their answers in order.
async fn side_by_side<T, E>(
    requests: impl IntoIterator<Item = impl Future<Output = Result<T, E>>>,
) -> Result<Vec<T>, E> {
    let requests: Vec<_> = requests.into_iter().collect();
    stream::iter(requests).buffered(WIDTH).try_collect().await
}

/// Writes the number of each key under it.
async fn write_numbered(store: &DocumentStore, keys: &[Key]) -> Result<()> {
    let writes =
        keys.iter().enumerate().map(|(number, key)| async move { write(store, key, &json!({ "n": number })).await });
    side_by_side(writes).await.map(drop)
}

/// The documents at these keys, one answer for each.
async fn read_all(store: &DocumentStore, keys: &[Key]) -> Result<Vec<Option<Document>>, Violation> {
    let mut found = Vec::new();
    for keys in keys.chunks(MAX_KEYS) {
        let answers = store.documents.get_many(&THINGS, &Keys::new(keys.iter().cloned())?).await?;
        ensure_eq!(answers.len(), keys.len(), "answers of get_many to {} keys", keys.len());
        found.extend(answers);
    }
    Ok(found)
}

/// The document at this key, which must be there.
async fn standing(store: &DocumentStore, key: &Key, when: &str) -> Result<Document, Violation> {
    let found = store.documents.get(&THINGS, key).await?;
    found.ok_or_else(|| Violation::new(format!("{key}, {when}: the document is not there")))
}

/// Fails if there is a document at this key.
async fn ensure_absent(store: &DocumentStore, key: &Key, when: &str) -> Verdict {
    match store.documents.get(&THINGS, key).await? {
        None => Ok(()),
        Some(found) => {
            Err(Violation::new(format!("{key}, {when}: there is a document of version {:?}", found.version)))
        }
    }
}

/// Fails unless the document at this key is still the same, in body, version and expiry.
async fn ensure_unchanged(store: &DocumentStore, before: &Document, after: &str) -> Verdict {
    let now = standing(store, &before.key, after).await?;
    ensure_same(&now.body, &before.body, after)?;
    ensure_eq!(now.version, before.version, "the version after {after}");
    ensure_eq!(now.expires_at, before.expires_at, "the expiry after {after}");
    Ok(())
}

/// Fails unless the bodies are equal to the byte; names the first field that differs.
fn ensure_same(found: &Body, expected: &Body, when: &str) -> Verdict {
    if found == expected {
        return Ok(());
    }
    for (field, value) in expected.fields() {
        let shown = found.fields().get(field).map_or_else(|| "nothing".to_owned(), Value::to_string);
        let value = value.to_string();
        ensure!(
            shown == value,
            "{when}, field {:?}: expected {}, found {}",
            brief(field),
            brief(&value),
            brief(&shown)
        );
    }
    let strange = found.fields().keys().find(|field| !expected.fields().contains_key(*field));
    Err(Violation::new(format!(
        "{when}: field {:?} was never written",
        strange.map_or_else(String::new, |field| brief(field))
    )))
}

/// The beginning of a text that may be long.
fn brief(text: &str) -> String {
    let beginning: String = text.chars().take(120).collect();
    if beginning.len() < text.len() { format!("{beginning}... ({} bytes)", text.len()) } else { beginning }
}

/// The document at this key by each way to read one: `get`, `get_many` and, below a hundred in its partition, `query`.
async fn every_way(store: &DocumentStore, key: &Key) -> Result<[(&'static str, Option<Document>); 3], Violation> {
    let alone = store.documents.get(&THINGS, key).await?;
    let mut many = store.documents.get_many(&THINGS, &Keys::new([key.clone()])?).await?;
    ensure_eq!(many.len(), 1, "answers of get_many to one key");
    let query = Query::partition(key.partition().clone());
    let listed = store.documents.query(&THINGS, &query).await?.documents;
    let listed = listed.into_iter().find(|document| document.key == *key);
    Ok([("by get", alone), ("by get_many", many.pop().flatten()), ("by query", listed)])
}

/// Runs `count` tasks over a few handles, all begun at the same moment.
async fn race<T, F>(
    cx: &Context<DocumentStore>,
    count: usize,
    run: impl Fn(DocumentStore, usize) -> F,
) -> Result<Vec<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut handles = Vec::new();
    for _ in 0..count.min(WIDTH) {
        handles.push(cx.connect().await?);
    }
    let start = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for (number, handle) in handles.iter().cycle().take(count).enumerate() {
        let (start, task) = (Arc::clone(&start), run(handle.clone(), number));
        tasks.spawn(async move {
            start.wait().await;
            task.await
        });
    }
    Ok(tasks.join_all().await)
}

/// Repeats what the store asks to repeat, as it may when many write at once; gives up after two seconds.
pub(crate) async fn insistently<T, F>(mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for _ in 0..100 {
        match attempt().await {
            Err(error) if matches!(error.retry(), Retry::Backoff | Retry::After(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answer => return answer,
        }
    }
    attempt().await
}
