//! Deleting.

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Condition, Key};
use serde_json::json;

use super::{ensure_absent, ensure_unchanged, every_way, standing, write};
use crate::check::{Check, Context, Verdict, checks, ensure, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-DEL-1" => deleting_succeeds_with_or_without_a_document,
        "DOC-DEL-2" => a_deleted_document_is_gone_at_once,
        "DOC-DEL-3" => a_stale_version_is_refused_on_delete,
        "DOC-DEL-4" => deletes_under_conditions_tell_of_absence,
    ]
}

async fn deleting_succeeds_with_or_without_a_document(cx: Context<DocumentStore>) -> Verdict {
    let (store, other) = (cx.connect().await?, cx.connect().await?);
    let (key, neighbour) = (Key::new("p", "s")?, Key::new("p", "s2")?);
    store.documents.delete(&THINGS, &key, &Condition::Always).await?;
    write(&store, &key, &json!({ "n": 1 })).await?;
    write(&store, &neighbour, &json!({ "n": 2 })).await?;
    let kept = standing(&store, &neighbour, "before its neighbour is deleted").await?;
    for handle in [&store, &other, &store] {
        handle.documents.delete(&THINGS, &key, &Condition::Always).await?;
        ensure_absent(&store, &key, "deleted").await?;
    }
    ensure_unchanged(&store, &kept, "deletes of its neighbour").await
}

async fn a_deleted_document_is_gone_at_once(cx: Context<DocumentStore>) -> Verdict {
    let (store, other) = (cx.connect().await?, cx.connect().await?);
    for conditioned in [false, true, false] {
        let key = Key::new("p", "s")?;
        let version = write(&store, &key, &json!({ "n": 1 })).await?;
        for handle in [&store, &other] {
            for (way, found) in every_way(handle, &key).await? {
                ensure!(found.is_some(), "a document just written is not there {way}");
            }
        }
        let condition = if conditioned { Condition::Version(version) } else { Condition::Always };
        store.documents.delete(&THINGS, &key, &condition).await?;
        for handle in [&store, &other] {
            for (way, found) in every_way(handle, &key).await? {
                ensure!(found.is_none(), "a document just deleted is still there {way}");
            }
        }
    }
    Ok(())
}

async fn a_stale_version_is_refused_on_delete(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "s")?;
    let stale = write(&store, &key, &json!({ "n": 1 })).await?;
    let current = write(&store, &key, &json!({ "n": 2 })).await?;
    let before = standing(&store, &key, "before a stale delete").await?;
    let refused = store.documents.delete(&THINGS, &key, &Condition::Version(stale.clone())).await;
    expect_error(refused, ErrorKind::PreconditionFailed, "a delete under a stale version")?;
    ensure_unchanged(&store, &before, "a refused delete").await?;

    store.documents.delete(&THINGS, &key, &Condition::Version(current.clone())).await?;
    ensure_absent(&store, &key, "deleted under its version").await?;
    write(&store, &key, &json!({ "n": 2 })).await?;
    let before = standing(&store, &key, "made anew").await?;
    for old in [stale, current] {
        let refused = store.documents.delete(&THINGS, &key, &Condition::Version(old)).await;
        expect_error(refused, ErrorKind::PreconditionFailed, "a delete under a version from before it was made anew")?;
    }
    ensure_unchanged(&store, &before, "a refused delete").await
}

async fn deletes_under_conditions_tell_of_absence(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let (key, never) = (Key::new("p", "s")?, Key::new("p", "never")?);
    let version = write(&store, &key, &json!({ "n": 1 })).await?;
    let before = standing(&store, &key, "before a delete under Absent").await?;
    let refused = store.documents.delete(&THINGS, &key, &Condition::Absent).await;
    expect_error(refused, ErrorKind::Conflict, "a delete under Absent, with a document there")?;
    ensure_unchanged(&store, &before, "a refused delete").await?;
    store.documents.delete(&THINGS, &key, &Condition::Present).await?;
    ensure_absent(&store, &key, "deleted under Present").await?;

    for (key, what) in [(&key, "deleted before"), (&never, "never written")] {
        let refused = store.documents.delete(&THINGS, key, &Condition::Present).await;
        expect_error(refused, ErrorKind::NotFound, &format!("a delete under Present, {what}"))?;
        let refused = store.documents.delete(&THINGS, key, &Condition::Version(version.clone())).await;
        expect_error(refused, ErrorKind::PreconditionFailed, &format!("a delete under a version, {what}"))?;
        store.documents.delete(&THINGS, key, &Condition::Absent).await?;
        ensure_absent(&store, key, what).await?;
    }
    Ok(())
}
