//! Compare-and-swap: writes under a version, alone and against others.

use anyport_ports::documents::{Body, Condition, Key, Operation, Transaction, Version};
use anyport_ports::{Error, ErrorKind};
use serde_json::{Value, json};

use super::{
    brief, ensure_absent, ensure_same, ensure_unchanged, insistently, race, side_by_side, standing, write, writing,
};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-CAS-1" => the_current_version_replaces_and_a_stale_one_is_refused,
        "DOC-CAS-2" => a_version_matches_no_absent_document,
        "DOC-CAS-3" => a_version_that_no_store_gave_is_stale,
        "DOC-CAS-4" => a_counter_of_32_writers_is_exact,
        "DOC-CAS-5" => exactly_one_of_64_creators_succeeds,
    ]
}

const STALE: ErrorKind = ErrorKind::PreconditionFailed;

async fn the_current_version_replaces_and_a_stale_one_is_refused(cx: Context<DocumentStore>) -> Verdict {
    let (store, other) = (cx.connect().await?, cx.connect().await?);
    let key = Key::new("p", "s")?;
    let mut held = vec![write(&store, &key, &json!({ "n": 0, "more": true })).await?];
    for n in 1..4 {
        let swap =
            |version: &Version| writing(&json!({ "n": n })).map(|put| put.when(Condition::Version(version.clone())));
        let current = standing(&other, &key, "before a swap").await?;
        ensure_eq!(Some(&current.version), held.last(), "the version that the last write returned");
        held.push(other.documents.put(&THINGS, &key, &swap(&current.version)?).await?);
        let swapped = standing(&store, &key, "just swapped").await?;
        ensure_same(&swapped.body, &Body::of(&json!({ "n": n }))?, "after a put under the current version")?;
        ensure_eq!(Some(&swapped.version), held.last(), "the version that stands after a swap");
        for stale in &held[..held.len() - 1] {
            expect_error(
                store.documents.put(&THINGS, &key, &swap(stale)?).await,
                STALE,
                "a put under a stale version",
            )?;
        }
        ensure_unchanged(&other, &swapped, "puts under stale versions").await?;
    }
    Ok(())
}

async fn a_version_matches_no_absent_document(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let (gone, never) = (Key::new("p", "gone")?, Key::new("p", "never")?);
    let version = write(&store, &gone, &json!({ "n": 1 })).await?;
    store.documents.delete(&THINGS, &gone, &Condition::Always).await?;
    for (key, what) in [(&gone, "deleted"), (&never, "never written")] {
        let put = writing(&json!({ "n": 2 }))?.when(Condition::Version(version.clone()));
        expect_error(store.documents.put(&THINGS, key, &put).await, STALE, &format!("a put under a version, {what}"))?;
        ensure_absent(&store, key, &format!("{what}, after a put under a version")).await?;
    }
    Ok(())
}

/// Texts that are no version, among them what `If-Match` and stores give a meaning of their own.
fn garbage(current: &str, of_another: &str) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "*",
        "0",
        "1",
        "-1",
        "null",
        "true",
        "\"\"",
        "W/\"1\"",
        "%",
        "' OR 1=1 --",
        "{}",
        "\0",
        "\n",
        "é",
        "💥",
        "18446744073709551616",
        "9223372036854775807",
        "1e0",
        "00000000-0000-0000-0000-000000000000",
    ]
    .map(str::to_owned)
    .into();
    texts.extend([format!("\"{current}\""), format!("W/\"{current}\""), format!("{current} "), format!(" {current}")]);
    texts.extend([format!("{current}0"), format!("0{current}"), current.repeat(2), "v".repeat(10_000)]);
    texts.extend([current.to_uppercase(), current.to_lowercase(), current.chars().rev().collect()]);
    texts.extend([current.chars().skip(1).collect(), of_another.to_owned()]);
    texts.retain(|text| text != current);
    texts
}

async fn a_version_that_no_store_gave_is_stale(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let (key, another) = (Key::new("p", "s")?, Key::new("p", "another")?);
    write(&store, &key, &json!({ "n": 1 })).await?;
    let of_another = write(&store, &another, &json!({ "n": 1 })).await?;
    let before = standing(&store, &key, "before garbage").await?;
    let garbage = garbage(before.version.as_str(), of_another.as_str());
    side_by_side(garbage.into_iter().map(|text| ensure_stale(&store, &key, text))).await?;
    ensure_unchanged(&store, &before, "writes under garbage").await
}

async fn ensure_stale(store: &DocumentStore, key: &Key, text: String) -> Verdict {
    let what = format!("under the version {:?}", brief(&text));
    let condition = Condition::Version(Version::new(text));
    let put = writing(&json!({ "n": 2 }))?.when(condition.clone());
    expect_error(store.documents.put(&THINGS, key, &put).await, STALE, &format!("put {what}"))?;
    expect_error(store.documents.delete(&THINGS, key, &condition).await, STALE, &format!("delete {what}"))?;
    for operation in [Operation::Put(put), Operation::Delete(condition.clone()), Operation::Check(condition)] {
        let transaction = Transaction::in_partition(key.partition().clone()).with(key.sort(), operation)?;
        expect_error(store.documents.transact(&THINGS, &transaction).await, STALE, &format!("transact {what}"))?;
    }
    Ok(())
}

const WRITERS: usize = 32;

async fn a_counter_of_32_writers_is_exact(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let key = Key::new("p", "counter")?;
    let version = write(&store, &key, &json!({ "n": 0 })).await?;

    // All hold the same version.
    let outcomes = race(&cx, WRITERS, |store, _| {
        let (key, condition) = (key.clone(), Condition::Version(version.clone()));
        async move {
            let put = writing(&json!({ "n": 1 }))?.when(condition);
            insistently(|| async { store.documents.put(&THINGS, &key, &put).await }).await
        }
    })
    .await?;
    ensure_one_winner(&outcomes, STALE)?;

    // Each reads what stands and counts one on, until it succeeds.
    let counted = race(&cx, WRITERS, |store, _| {
        let key = key.clone();
        async move { count_one_on(&store, &key).await }
    })
    .await?;
    counted.into_iter().collect::<Verdict>()?;
    let found = standing(&store, &key, "counted").await?;
    ensure_eq!(found.body.fields().get("n"), Some(&json!(WRITERS + 1)), "the counter after {WRITERS} writers");
    Ok(())
}

async fn count_one_on(store: &DocumentStore, key: &Key) -> Verdict {
    // Whoever is refused was overtaken by another who counted, and there are no more of them than this.
    for _ in 0..WRITERS {
        let found = insistently(|| async { store.documents.get(&THINGS, key).await }).await?;
        let found = found.ok_or_else(|| Violation::new("the counter is not there"))?;
        let n = found.body.fields().get("n").and_then(Value::as_u64).unwrap_or_default();
        let put = writing(&json!({ "n": n + 1 }))?.when(Condition::Version(found.version));
        match insistently(|| async { store.documents.put(&THINGS, key, &put).await }).await {
            Err(error) if error.kind() == STALE => {}
            counted => return Ok(counted.map(drop)?),
        }
    }
    Err(Violation::new(format!("a writer was refused {WRITERS} times, more often than others counted")))
}

/// Fails unless one write succeeded and all others were refused with this kind.
fn ensure_one_winner(outcomes: &[Result<Version, Error>], refused: ErrorKind) -> Verdict {
    let winners = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    ensure_eq!(winners, 1, "writes that succeeded, of {} at once", outcomes.len());
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        ensure!(error.kind() == refused, "a write that came too late: expected {refused:?}, found {error:?}");
    }
    Ok(())
}

async fn exactly_one_of_64_creators_succeeds(cx: Context<DocumentStore>) -> Verdict {
    let key = Key::new("p", "one")?;
    let outcomes = race(&cx, 64, |store, number| {
        let key = key.clone();
        async move {
            let create = writing(&json!({ "creator": number }))?.when(Condition::Absent);
            insistently(|| async { store.documents.put(&THINGS, &key, &create).await }).await
        }
    })
    .await?;
    ensure_one_winner(&outcomes, ErrorKind::Conflict)?;
    let found = standing(&cx.connect().await?, &key, "created by one of many").await?;
    ensure!(
        outcomes.iter().flatten().any(|version| *version == found.version),
        "the document that stands, of version {:?}, is not the winner's",
        found.version
    );
    Ok(())
}
