//! In which order changes are seen, and that none is missed while others write.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::documents::{Condition, DocumentChange, Key};
use anyport_ports::{ErrorKind, Result, Retry};
use futures_util::future::try_join_all;
use serde_json::json;
use tokio::task::JoinSet;

use super::follower::Follower;
use super::{keys, last, number, of, resources, told, write, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure};
use crate::subject::ChangeStore;
use crate::suite::THINGS;

pub(super) fn checks() -> Vec<Check<ChangeStore>> {
    checks![resources;
        "CHG-ORD-1" => changes_of_a_document_are_in_order,
        "CHG-ORD-2" => so_they_are_of_one_that_many_write_and_delete,
        "CHG-CON-1" => who_reads_while_others_write_misses_nothing,
    ]
}

async fn changes_of_a_document_are_in_order(cx: Context<ChangeStore>) -> Verdict {
    const WRITES: u64 = 20;
    let store = cx.connect().await?;
    let keys = keys(4)?;
    for n in 1..=WRITES {
        for key in &keys {
            write(&store, key, n).await?;
        }
    }
    let all = |seen: &[DocumentChange]| keys.iter().all(|key| last(seen, key).and_then(told) == Some(WRITES));
    for limit in [3, 100] {
        let mut follower = Follower::from_oldest(&store).paged(3);
        follower.page().await?;
        let (first, beginning) = (follower.seen.clone(), follower.position()?);
        let mut follower = follower.paged(limit);
        follower.until(&cx, "the last write of each document", all).await?;
        follower.rest(&cx).await?;
        let mut resumed = Follower::from(&store, beginning).paged(limit);
        // A store that tells of the latest state alone may have told it in the first page.
        let rest = |seen: &[DocumentChange]| {
            keys.iter().all(|key| last(seen, key).or_else(|| last(&first, key)).and_then(told) == Some(WRITES))
        };
        resumed.until(&cx, "the last write of each document, from after the first page", rest).await?;
        for seen in [&follower.seen, &resumed.seen] {
            for key in &keys {
                let numbers: Vec<_> = of(seen, key).filter_map(told).collect();
                ensure!(numbers.is_sorted(), "{key} was written from 1 to {WRITES}, and seen as {numbers:?}");
            }
        }
    }
    Ok(())
}

/// Writers of a document at once.
const WRITERS: usize = 4;

/// The number that the last of them writes.
const ENOUGH: u64 = 48;

/// Counts a document up with others; each fourth number is deleted before the next is written. Notes which.
async fn count_up(store: ChangeStore, key: Key, deleted: Arc<Mutex<BTreeSet<u64>>>) -> Result<()> {
    loop {
        let Some(document) = store.documents.get(&THINGS, &key).await? else {
            tokio::task::yield_now().await;
            continue;
        };
        let Some(n) = number(&document).filter(|n| *n < ENOUGH) else { return Ok(()) };
        let (mut condition, put) = (Condition::Version(document.version), writing(&json!({ "n": n + 1 }))?);
        if n % 4 == 0 {
            match store.documents.delete(&THINGS, &key, &condition).await {
                Ok(()) => deleted.lock().unwrap_or_else(PoisonError::into_inner).insert(n),
                Err(error) if is_beaten(&error) => continue,
                Err(error) => return Err(error),
            };
            condition = Condition::Absent;
        }
        match store.documents.put(&THINGS, &key, &put.when(condition)).await {
            Err(error) if !is_beaten(&error) => return Err(error),
            _ => {}
        }
    }
}

/// Whether another was faster, or the store asks to try again.
fn is_beaten(error: &anyport_ports::Error) -> bool {
    error.kind() == ErrorKind::PreconditionFailed || matches!(error.retry(), Retry::Backoff | Retry::After(_))
}

async fn so_they_are_of_one_that_many_write_and_delete(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let (key, deleted) = (Key::new("p", "counter")?, Arc::default());
    write(&store, &key, 1).await?;
    let (mut writers, writing) = (JoinSet::new(), Arc::new(AtomicUsize::new(WRITERS)));
    for _ in 0..WRITERS {
        let counting = count_up(cx.connect().await?, key.clone(), Arc::clone(&deleted));
        let writing = Arc::clone(&writing);
        writers.spawn(async move {
            let counted = counting.await;
            writing.fetch_sub(1, Ordering::Release);
            counted
        });
    }
    let enough = |seen: &[DocumentChange]| last(seen, &key).and_then(told) == Some(ENOUGH);
    let mut meanwhile = Follower::from_oldest(&store);
    meanwhile.meanwhile(&writing).await?;
    for written in writers.join_all().await {
        written?;
    }
    meanwhile.until(&cx, "the last number", enough).await?;
    let mut afterwards = Follower::from_oldest(&store);
    afterwards.until(&cx, "the last number, read afterwards", enough).await?;
    let deleted = deleted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    in_order(&meanwhile.seen, &deleted, "read meanwhile")?;
    in_order(&afterwards.seen, &deleted, "read afterwards")
}

/// Fails unless these changes can be the steps of a count from 1 up, of which these numbers were deleted.
fn in_order(seen: &[DocumentChange], deleted: &BTreeSet<u64>, when: &str) -> Verdict {
    // The number reached, and whether its deletion is.
    let mut reached = (0, false);
    for (place, change) in seen.iter().enumerate() {
        let next = match told(change) {
            Some(n) => Some((n, false)),
            None => deleted.range(reached.0..).next().map(|n| (*n, true)),
        };
        let around: Vec<_> = seen.iter().map(told).skip(place.saturating_sub(6)).take(8).collect();
        let Some(next) = next.filter(|next| *next >= reached) else {
            return Err(Violation::new(format!(
                "{when}, change {place} comes too late: {around:?}; deleted: {deleted:?}"
            )));
        };
        reached = next;
    }
    Ok(())
}

async fn who_reads_while_others_write_misses_nothing(cx: Context<ChangeStore>) -> Verdict {
    const EACH: usize = 25;
    let (mut writers, writing) = (JoinSet::new(), Arc::new(AtomicUsize::new(WRITERS)));
    for writer in 0..WRITERS {
        let (store, writing) = (cx.connect().await?, Arc::clone(&writing));
        let write_all = async move {
            let mut written = Vec::new();
            for n in 0..EACH {
                let key = Key::new(format!("{}", (writer + n) % 7), format!("{writer}/{n}"))?;
                written.push((key.clone(), write(&store, &key, 1).await?));
                tokio::task::yield_now().await;
            }
            Ok::<_, anyport_ports::Error>(written)
        };
        writers.spawn(async move {
            let written = write_all.await;
            writing.fetch_sub(1, Ordering::Release);
            written
        });
    }
    let mut followers = Vec::new();
    for limit in [4, 100] {
        let mut follower = Follower::from_oldest(&cx.connect().await?).paged(limit);
        let (cx, writing) = (cx.clone(), Arc::clone(&writing));
        followers.push(async move {
            follower.meanwhile(&writing).await?;
            let distinct =
                |seen: &[DocumentChange]| seen.iter().map(|change| &change.key).collect::<BTreeSet<_>>().len();
            follower.until(&cx, "what four wrote", |seen| distinct(seen) == WRITERS * EACH).await?;
            Ok::<_, Violation>(follower.seen)
        });
    }
    let followed = try_join_all(followers).await;
    let written = writers.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    for seen in followed? {
        for (key, version) in written.iter().flatten() {
            let found = last(&seen, key).and_then(|change| change.document.as_ref());
            ensure!(found.is_some_and(|found| found.version == *version), "{key} was seen as {found:?}");
        }
    }
    Ok(())
}
