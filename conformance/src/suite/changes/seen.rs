//! What is seen.

use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::documents::{Condition, Key, Partition, Transaction};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::follower::Follower;
use super::{keys, last, resources, write, writing};
use crate::check::{Check, Context, Verdict, checks, ensure_eq};
use crate::subject::ChangeStore;
use crate::suite::THINGS;

pub(super) fn checks() -> Vec<Check<ChangeStore>> {
    checks![resources;
        "CHG-SEEN-1" => a_written_document_is_seen_as_get_gives_it,
        "CHG-SEEN-2" => a_deletion_is_seen,
        "CHG-SEEN-3" => the_last_change_of_a_document_is_how_it_stands,
        "CHG-SEEN-4" => every_document_of_a_transaction_is_seen,
    ]
}

async fn a_written_document_is_seen_as_get_gives_it(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let soon = cx.clock().now().plus(Duration::from_hours(1));
    let documents = [
        (Key::new("p", "plain")?, writing(&json!({ "n": 1 }))?),
        (Key::new("p\0/}{é", "\u{10FFFF}%:\n")?, writing(&json!({ "": "\0\"\\\u{1F600}", "$set": null, "a.b": [] }))?),
        (
            Key::new("p".repeat(256), "s".repeat(256))?,
            writing(&json!({ "u": u64::MAX, "i": i64::MIN, "f": [1.0, -0.0, 5e-324] }))?,
        ),
        (Key::new("q", "large")?, writing(&json!({ "text": "é".repeat(100_000) }))?),
        (Key::new("q", "empty")?, writing(&json!({}))?),
        (Key::new("p", "expires")?, writing(&json!({ "n": 2 }))?.expires_at(soon)),
    ];
    let mut written = Vec::new();
    for (key, put) in &documents {
        store.documents.put(&THINGS, key, put).await?;
        written.push(key.clone());
    }
    let mut follower = Follower::from_oldest(&store);
    follower.until_all(&cx, "what was written", &written).await?;
    for key in &written {
        let seen = last(&follower.seen, key).and_then(|change| change.document.clone());
        ensure_eq!(seen, store.documents.get(&THINGS, key).await?, "{key}, as it was seen and as it stands");
    }
    Ok(())
}

async fn a_deletion_is_seen(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(5)?;
    let mut versions = Vec::new();
    for key in &keys {
        versions.push(write(&store, key, 1).await?);
    }
    for (key, condition) in keys.iter().zip([
        Condition::Always,
        Condition::Present,
        Condition::Version(versions[2].clone()),
        Condition::Version(versions[3].clone()),
    ]) {
        store.documents.delete(&THINGS, key, &condition).await?;
    }
    let in_transaction = Transaction::in_partition(keys[4].partition().clone());
    store.documents.transact(&THINGS, &in_transaction.delete(keys[4].sort(), Condition::Always)?).await?;
    let deleted = |seen: &[_]| keys.iter().all(|key| last(seen, key).is_some_and(|change| change.document.is_none()));
    Follower::from_oldest(&store).until(&cx, "the deletions", deleted).await
}

async fn the_last_change_of_a_document_is_how_it_stands(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let (keys, mut random) = (keys(10)?, StdRng::seed_from_u64(cx.seed()));
    let mut follower = Follower::from_oldest(&store);
    for round in 0..4 {
        for n in 0..20 {
            let key = &keys[random.random_range(0..keys.len())];
            match random.random_range(0..6) {
                0 | 1 => store.documents.delete(&THINGS, key, &Condition::Always).await?,
                2 => {
                    let transaction = Transaction::in_partition(key.partition().clone())
                        .delete(key.sort(), Condition::Always)?
                        .put("beside", writing(&json!({ "n": n }))?)?;
                    store.documents.transact(&THINGS, &transaction).await?;
                }
                _ => write(&store, key, n).await.map(drop)?,
            }
        }
        follower.until_it_stands(&cx, &format!("after round {round}"), &keys).await?;
    }
    Follower::from_oldest(&store).until_it_stands(&cx, "read at once from the oldest change", &keys).await
}

async fn every_document_of_a_transaction_is_seen(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let all: Vec<Key> = (0..50).map(|n| partition.key(format!("{n:02}"))).collect::<Result<_>>()?;
    let (dropped, put) = all.split_at(20);
    for key in dropped {
        write(&store, key, 1).await?;
    }
    let mut transaction = Transaction::in_partition(partition);
    for key in dropped {
        transaction = transaction.delete(key.sort(), Condition::Present)?;
    }
    for key in put {
        transaction = transaction.put(key.sort(), writing(&json!({ "n": 2 }))?)?;
    }
    store.documents.transact(&THINGS, &transaction).await?;
    Follower::from_oldest(&store).until_it_stands(&cx, "after the transaction", &all).await
}
