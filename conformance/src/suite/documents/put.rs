//! Writing, and the versions that writes make.

use std::collections::BTreeSet;
use std::time::Duration;

use anyport_ports::documents::{Body, Condition, Key, Put, Transaction, Version};
use anyport_ports::{Clock as _, ErrorKind};
use serde_json::json;

use super::{ensure_absent, ensure_same, ensure_unchanged, standing, write, writing};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-PUT-1" => put_creates_or_replaces_the_whole_body,
        "DOC-PUT-2" => create_succeeds_once,
        "DOC-PUT-3" => replace_needs_a_document,
        "DOC-PUT-4" => a_refused_write_changes_nothing,
        "DOC-VER-1" => every_write_makes_a_new_version,
        "DOC-VER-2" => a_version_is_never_reused,
    ]
}

async fn put_creates_or_replaces_the_whole_body(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "s")?;
    for body in [
        json!({ "a": 1, "b": { "c": 1, "d": 1 }, "list": [1, 2, 3] }),
        json!({ "b": { "d": 2 }, "list": [4] }),
        json!({ "e": null, "b": {} }),
        json!({}),
        json!({ "a": 3 }),
    ] {
        write(&store, &key, &body).await?;
        let found = standing(&store, &key, "just written").await?;
        ensure_same(&found.body, &Body::of(&body)?, "after a put without a condition")?;
    }
    Ok(())
}

async fn create_succeeds_once(cx: Context<DocumentStore>) -> Verdict {
    let (store, other) = (cx.connect().await?, cx.connect().await?);
    let key = Key::new("p", "s")?;
    let create = |n| writing(&json!({ "n": n })).map(|put| put.when(Condition::Absent));
    let version = store.documents.put(&THINGS, &key, &create(1)?).await?;
    let created = standing(&store, &key, "just created").await?;
    ensure_eq!(created.version, version, "the version of a created document");
    for handle in [&store, &other] {
        expect_error(handle.documents.put(&THINGS, &key, &create(2)?).await, ErrorKind::Conflict, "a second create")?;
        // The same again, as after a lost answer, is no exception.
        expect_error(handle.documents.put(&THINGS, &key, &create(1)?).await, ErrorKind::Conflict, "the create again")?;
    }
    ensure_same(&standing(&store, &key, "created again").await?.body, &created.body, "after refused creates")?;

    store.documents.delete(&THINGS, &key, &Condition::Always).await?;
    other.documents.put(&THINGS, &key, &create(3)?).await?;
    let again = standing(&store, &key, "created after a delete").await?;
    ensure_same(&again.body, &Body::of(&json!({ "n": 3 }))?, "created after a delete")
}

async fn replace_needs_a_document(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "s")?;
    let replace = |n| writing(&json!({ "n": n })).map(|put| put.when(Condition::Present));
    let absent = store.documents.put(&THINGS, &key, &replace(1)?).await;
    expect_error(absent, ErrorKind::NotFound, "replacing what never was")?;
    ensure_absent(&store, &key, "after a replace of nothing").await?;

    write(&store, &key, &json!({ "n": 2, "more": true })).await?;
    let version = store.documents.put(&THINGS, &key, &replace(3)?).await?;
    let found = standing(&store, &key, "replaced").await?;
    ensure_eq!(found.version, version, "the version of a replaced document");
    ensure_same(&found.body, &Body::of(&json!({ "n": 3 }))?, "after a replace")?;

    store.documents.delete(&THINGS, &key, &Condition::Always).await?;
    let absent = store.documents.put(&THINGS, &key, &replace(4)?).await;
    expect_error(absent, ErrorKind::NotFound, "replacing what was deleted")?;
    ensure_absent(&store, &key, "after a replace of what was deleted").await
}

async fn a_refused_write_changes_nothing(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let now = cx.clock().now();
    let (soon, later) = (now.plus(Duration::from_mins(10)), now.plus(Duration::from_hours(1)));
    for (sort, expires_at) in [("with expiry", Some(later)), ("without expiry", None)] {
        let key = Key::new("p", sort)?;
        let stale = write(&store, &key, &json!({ "n": 1 })).await?;
        store.documents.put(&THINGS, &key, &writing(&json!({ "n": 2 }))?.expires_at(expires_at)).await?;
        let before = standing(&store, &key, "before refused writes").await?;

        for (condition, kind) in [
            (Condition::Absent, ErrorKind::Conflict),
            (Condition::Version(stale.clone()), ErrorKind::PreconditionFailed),
            (Condition::Version(Version::new("never given")), ErrorKind::PreconditionFailed),
        ] {
            // Other in body and expiry, other in expiry alone, and equal in both.
            for (n, expires_at) in [(3, Some(soon)), (3, None), (2, Some(soon)), (2, None), (2, expires_at)] {
                let put = writing(&json!({ "n": n }))?.expires_at(expires_at).when(condition.clone());
                expect_error(
                    store.documents.put(&THINGS, &key, &put).await,
                    kind,
                    "a put under a condition that fails",
                )?;
                ensure_unchanged(&store, &before, "a refused put").await?;
            }
        }
    }
    Ok(())
}

async fn every_write_makes_a_new_version(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "s")?;
    // The body never changes: a write is a write all the same.
    let put = writing(&json!({ "n": 1 }))?;
    let mut last = store.documents.put(&THINGS, &key, &put).await?;
    let mut seen = BTreeSet::from([last.as_str().to_owned()]);
    for round in 0..4 {
        for conditioned in ["always", "under present", "under the version"] {
            let condition = match conditioned {
                "always" => Condition::Always,
                "under present" => Condition::Present,
                _ => Condition::Version(last),
            };
            let what = format!("round {round}, a put {conditioned}");
            last = store.documents.put(&THINGS, &key, &put.clone().when(condition)).await?;
            ensure_eq!(standing(&store, &key, &what).await?.version, last, "{what}: the version that stands");
            ensure!(seen.insert(last.as_str().to_owned()), "{what}: version {last:?} was there before");
        }
        let transaction = Transaction::in_partition(key.partition().clone()).put(key.sort(), put.clone())?;
        let versions = store.documents.transact(&THINGS, &transaction).await?;
        last = standing(&store, &key, "after a transaction").await?.version;
        ensure_eq!(versions, [last.clone()], "round {round}: the versions of a transaction of one put");
        ensure!(seen.insert(last.as_str().to_owned()), "round {round}: a transaction made version {last:?} again");
    }
    Ok(())
}

async fn a_version_is_never_reused(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "s")?;
    let bodies = [json!({ "n": 1 }), json!({ "n": 2 }), json!({ "n": 1 })];
    let long_ago = cx.clock().now().minus(Duration::from_hours(1));
    let mut seen: Vec<Version> = Vec::new();
    for round in 0..3 {
        for body in &bodies {
            let version = write(&store, &key, body).await?;
            ensure!(!seen.contains(&version), "round {round}: version {version:?} was there before");
            seen.push(version);
        }
        // The document goes in each way there is, and is made anew.
        match round {
            0 => store.documents.delete(&THINGS, &key, &Condition::Always).await?,
            1 => seen.push(store.documents.put(&THINGS, &key, &writing(&bodies[0])?.expires_at(long_ago)).await?),
            _ => {
                let gone = Transaction::in_partition(key.partition().clone()).delete(key.sort(), Condition::Present)?;
                store.documents.transact(&THINGS, &gone).await?;
            }
        }
        let anew = store.documents.put(&THINGS, &key, &Put::new(Body::of(&bodies[0])?).when(Condition::Absent)).await?;
        ensure!(!seen.contains(&anew), "round {round}: the document made anew has version {anew:?} again");
        seen.push(anew);
    }
    // Whoever still holds an old version is refused, and harms nothing.
    let before = standing(&store, &key, "made anew").await?;
    for version in seen.into_iter().filter(|version| *version != before.version) {
        let condition = Condition::Version(version);
        let put = writing(&json!({ "n": "old" }))?.when(condition.clone());
        let kind = ErrorKind::PreconditionFailed;
        expect_error(store.documents.put(&THINGS, &key, &put).await, kind, "a put under an old version")?;
        expect_error(store.documents.delete(&THINGS, &key, &condition).await, kind, "a delete under an old version")?;
    }
    ensure_unchanged(&store, &before, "writes under old versions").await
}
