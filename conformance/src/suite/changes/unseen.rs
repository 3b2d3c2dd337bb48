//! What is not seen.

use anyport_ports::documents::{Condition, DocumentChange, FeedQuery, Key, Partition, Transaction, Version};
use anyport_ports::{CollectionName, ErrorKind};
use serde_json::json;

use super::follower::Follower;
use super::{QUIET_THINGS, keys, last, of, resources, told, write, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, expect_error};
use crate::subject::ChangeStore;
use crate::suite::{OTHER_THINGS, THINGS};

pub(super) fn checks() -> Vec<Check<ChangeStore>> {
    checks![resources;
        "CHG-NONE-1" => a_refused_write_is_not_seen,
        "CHG-NONE-2" => a_refused_transaction_and_a_check_are_not_seen,
        "CHG-NONE-3" => other_collections_are_not_seen,
        "CHG-COL-1" => a_collection_without_a_feed_is_not_found,
    ]
}

/// The number that nobody may see.
const NEVER: u64 = 99;

/// Reads until the last change of each of these tells of this number; whatever was before it has been seen by then.
async fn followed_to(
    cx: &Context<ChangeStore>,
    store: &ChangeStore,
    keys: &[Key],
    n: u64,
) -> Result<Vec<DocumentChange>, Violation> {
    let mut follower = Follower::from_oldest(store);
    let what = format!("the change to {n} of each document");
    follower.until(cx, &what, |seen| keys.iter().all(|key| last(seen, key).and_then(told) == Some(n))).await?;
    follower.rest(cx).await?;
    Ok(follower.seen)
}

fn ensure_never(seen: &[DocumentChange], what: &str) -> Verdict {
    let strange = seen.iter().find(|change| told(change).is_none_or(|n| n == NEVER));
    ensure!(strange.is_none(), "{what}: nothing of it may be seen, but this was: {strange:?}");
    Ok(())
}

async fn a_refused_write_is_not_seen(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(2)?;
    let (standing, absent) = (&keys[0], &keys[1]);
    let stale = Condition::Version(write(&store, standing, 0).await?);
    write(&store, standing, 1).await?;
    let put = |condition| writing(&json!({ "n": NEVER })).map(|put| put.when(condition));
    for (key, condition, kind) in [
        (standing, Condition::Absent, ErrorKind::Conflict),
        (standing, stale.clone(), ErrorKind::PreconditionFailed),
        (absent, Condition::Present, ErrorKind::NotFound),
        (absent, Condition::Version(Version::new("none")), ErrorKind::PreconditionFailed),
    ] {
        let what = format!("a write of {key} under {condition:?}");
        expect_error(store.documents.put(&THINGS, key, &put(condition)?).await, kind, &what)?;
    }
    for (key, condition, kind) in [
        (standing, Condition::Absent, ErrorKind::Conflict),
        (standing, stale, ErrorKind::PreconditionFailed),
        (absent, Condition::Present, ErrorKind::NotFound),
    ] {
        let what = format!("a deletion of {key} under {condition:?}");
        expect_error(store.documents.delete(&THINGS, key, &condition).await, kind, &what)?;
    }
    for key in &keys {
        write(&store, key, 2).await?;
    }
    ensure_never(&followed_to(&cx, &store, &keys, 2).await?, "refused writes")
}

async fn a_refused_transaction_and_a_check_are_not_seen(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let key = |sort: &str| partition.key(sort);
    let keys = [key("standing")?, key("created")?, key("kept")?];
    let checked = key("checked")?;
    for key in [&keys[0], &keys[2], &checked] {
        write(&store, key, 1).await?;
    }
    let refused = Transaction::in_partition(partition.clone())
        .put("standing", writing(&json!({ "n": NEVER }))?)?
        .put("created", writing(&json!({ "n": NEVER }))?)?
        .delete("kept", Condition::Always)?
        .check("checked", Condition::Absent)?;
    let what = "a transaction whose last condition fails";
    expect_error(store.documents.transact(&THINGS, &refused).await, ErrorKind::Conflict, what)?;
    let done = Transaction::in_partition(partition.clone())
        .check("checked", Condition::Present)?
        .put("standing", writing(&json!({ "n": 2 }))?)?;
    store.documents.transact(&THINGS, &done).await?;
    for key in &keys {
        write(&store, key, 2).await?;
    }
    let seen = followed_to(&cx, &store, &keys, 2).await?;
    ensure_never(&seen, "a refused transaction")?;
    let changed = of(&seen, &checked).find(|change| told(change) != Some(1));
    ensure!(changed.is_none(), "a document that was only checked was seen to change: {changed:?}");
    Ok(())
}

async fn other_collections_are_not_seen(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(5)?;
    for key in &keys {
        for collection in [&OTHER_THINGS, &QUIET_THINGS] {
            store.documents.put(collection, key, &writing(&json!({ "n": NEVER }))?).await?;
        }
        write(&store, key, 1).await?;
    }
    ensure_never(&followed_to(&cx, &store, &keys, 1).await?, "other collections")
}

async fn a_collection_without_a_feed_is_not_found(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    store.documents.put(&QUIET_THINGS, &Key::new("p", "s")?, &writing(&json!({}))?).await?;
    for collection in [QUIET_THINGS, CollectionName::from_static("never-provisioned")] {
        let read = store.changes.read(&collection, &FeedQuery::oldest()).await;
        expect_error(read, ErrorKind::NotFound, &format!("read of {collection}"))?;
        let latest = store.changes.latest(&collection).await;
        expect_error(latest, ErrorKind::NotFound, &format!("latest of {collection}"))?;
    }
    Ok(())
}
