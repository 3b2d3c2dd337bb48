//! Reading by key, one and many.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Body, Condition, Document, Key, Keys, MAX_BODY_BYTES, MAX_KEYS, Put, Transaction};
use anyport_ports::{Clock as _, ErrorKind, Result};
use serde_json::json;

use super::{ensure_absent, ensure_same, ensure_unchanged, side_by_side, standing, write, write_numbered, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-GET-1" => a_written_document_comes_back_and_an_absent_one_does_not,
        "DOC-GET-2" => a_write_is_seen_at_once_from_another_handle,
        "DOC-GET-3" => a_write_is_seen_by_a_handle_that_read_before,
        "DOC-MANY-1" => many_keys_are_answered_one_by_one_in_order,
        "DOC-MANY-2" => a_hundred_keys_are_answered_completely,
    ]
}

async fn a_written_document_comes_back_and_an_absent_one_does_not(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "s")?;
    ensure_absent(&store, &key, "before it is written").await?;
    // To the millisecond, so that an expiry kept in seconds is found out.
    let in_an_hour = cx.clock().now().plus(Duration::from_millis(3_600_001));
    for expires_at in [None, Some(in_an_hour), None] {
        let put = writing(&json!({ "name": "Ada", "tags": ["a", "b"], "n": 1 }))?.expires_at(expires_at);
        let version = store.documents.put(&THINGS, &key, &put).await?;
        let written = Document { key: key.clone(), body: put.body.clone(), version, expires_at };
        ensure_eq!(standing(&store, &key, "just written").await?.key, key, "its key");
        ensure_unchanged(&store, &written, "put").await?;

        let transaction = Transaction::in_partition(key.partition().clone()).put("t", put)?;
        let version = store.documents.transact(&THINGS, &transaction).await?.pop();
        let version = version.ok_or_else(|| Violation::new("transact returned no version for its put"))?;
        let written = Document { key: Key::new("p", "t")?, version, ..written };
        ensure_unchanged(&store, &written, "transact").await?;
    }
    ensure_absent(&store, &Key::new("p", "other")?, "never written, in a partition with documents").await?;
    ensure_absent(&store, &Key::new("other", "s")?, "never written, in a partition without documents").await
}

async fn a_write_is_seen_at_once_from_another_handle(cx: Context<DocumentStore>) -> Verdict {
    let writer = cx.connect().await?;
    for round in 0..5 {
        // A handle that has never read the document: what it shows is what the store shows.
        let key = Key::new("p", format!("document {round}"))?;
        for n in 0..2 {
            let version = write(&writer, &key, &json!({ "n": n })).await?;
            let found = standing(&cx.connect().await?, &key, "just written by another handle").await?;
            ensure_eq!(found.version, version, "the version that another handle sees of write {n}");
            ensure_same(&found.body, &Body::of(&json!({ "n": n }))?, "the body that another handle sees")?;
        }
        let rewrite =
            Transaction::in_partition(key.partition().clone()).put(key.sort(), writing(&json!({ "n": 2 }))?)?;
        writer.documents.transact(&THINGS, &rewrite).await?;
        let found = standing(&cx.connect().await?, &key, "just written by a transaction").await?;
        ensure_same(&found.body, &Body::of(&json!({ "n": 2 }))?, "the body that another handle sees")?;
        writer.documents.delete(&THINGS, &key, &Condition::Always).await?;
        ensure_absent(&cx.connect().await?, &key, "just deleted by another handle").await?;
    }
    Ok(())
}

async fn a_write_is_seen_by_a_handle_that_read_before(cx: Context<DocumentStore>) -> Verdict {
    let (writer, reader) = (cx.connect().await?, cx.connect().await?);
    let key = Key::new("p", "s")?;
    ensure_absent(&reader, &key, "before it is written").await?;
    for n in 0..5 {
        write(&writer, &key, &json!({ "n": n })).await?;
        for again in 0..2 {
            let found = standing(&reader, &key, "read before by the same handle").await?;
            let when = format!("write {n}, reading {again}, by a handle that read before");
            ensure_same(&found.body, &Body::of(&json!({ "n": n }))?, &when)?;
        }
    }
    writer.documents.delete(&THINGS, &key, &Condition::Always).await?;
    ensure_absent(&reader, &key, "deleted, by a handle that read before").await?;
    write(&writer, &key, &json!({ "n": "again" })).await?;
    standing(&reader, &key, "made again after this handle saw that it is gone").await.map(drop)
}

async fn many_keys_are_answered_one_by_one_in_order(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let written = [("q", "b"), ("p", "c"), ("p", "a"), ("r", "a")];
    let written: Vec<Key> =
        written.iter().map(|(partition, sort)| Key::new(*partition, *sort)).collect::<Result<_>>()?;
    write_numbered(&store, &written).await?;
    let (absent, nowhere) = (Key::new("p", "b")?, Key::new("nowhere", "a")?);

    let asked =
        [&written[1], &absent, &written[0], &written[2], &written[1], &nowhere, &written[3], &absent, &written[1]];
    let found = store.documents.get_many(&THINGS, &Keys::new(asked.into_iter().cloned())?).await?;
    ensure_eq!(found.len(), asked.len(), "answers to {} keys", asked.len());
    for (place, (key, answer)) in asked.iter().zip(&found).enumerate() {
        let expected = store.documents.get(&THINGS, key).await?;
        ensure_eq!(*answer, expected, "answer {place}, to {key}");
    }
    ensure_eq!(found.iter().flatten().count(), 6, "documents among the answers");
    let none = store.documents.get_many(&THINGS, &Keys::new([absent, nowhere])?).await?;
    ensure_eq!(none, [None, None], "the answers to two absent keys");
    Ok(())
}

async fn a_hundred_keys_are_answered_completely(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys: Vec<Key> =
        (0..MAX_KEYS).map(|n| Key::new(format!("p{}", n % 7), format!("s{n:03}"))).collect::<Result<_>>()?;
    // At their largest: together more than a batch of any store carries.
    let text = Arc::new("x".repeat(MAX_BODY_BYTES - r#"{"text":""}"#.len()));
    let put = Put::new(Body::of(&json!({ "text": text }))?);
    let versions = side_by_side(keys.iter().map(|key| async { store.documents.put(&THINGS, key, &put).await })).await?;

    let found = store.documents.get_many(&THINGS, &Keys::new(keys.iter().rev().cloned())?).await?;
    ensure_eq!(found.len(), keys.len(), "answers to a hundred keys");
    for ((key, version), answer) in keys.iter().zip(&versions).rev().zip(&found) {
        let answer = answer.as_ref().ok_or_else(|| Violation::new(format!("{key} is answered as absent")))?;
        ensure_eq!((&answer.key, &answer.version), (key, version), "the document at {key}");
        ensure!(answer.body.fields() == put.body.fields(), "the body at {key} is not the one written");
    }
    let more = keys.iter().cloned().chain([Key::new("p", "one more")?]);
    expect_error(Keys::new(more), ErrorKind::InvalidInput, "a hundred and one keys")?;
    expect_error(Keys::new([]), ErrorKind::InvalidInput, "no keys")
}
