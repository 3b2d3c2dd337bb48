//! Transactions: all or nothing, and never in part.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyport_ports::documents::{
    Body, Condition, Key, MAX_BODY_BYTES, MAX_TRANSACTION, MAX_TRANSACTION_BYTES, Operation, Partition, Transaction,
    Version,
};
use anyport_ports::{ErrorKind, Result};
use serde_json::{Value, json};

use super::{ensure_absent, ensure_same, ensure_unchanged, insistently, race, read_all, standing, write, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-TXN-1" => all_operations_happen_if_all_conditions_hold,
        "DOC-TXN-2" => nothing_happens_if_one_condition_fails,
        "DOC-TXN-3" => fifty_operations_are_one,
        "DOC-TXN-4" => a_check_leaves_its_document_alone,
        "DOC-TXN-5" => nobody_sees_a_part_of_a_transaction,
    ]
}

async fn all_operations_happen_if_all_conditions_hold(cx: Context<DocumentStore>) -> Verdict {
    let (store, other) = (cx.connect().await?, cx.connect().await?);
    let partition = Partition::new("p")?;
    let mut versions = Vec::new();
    for sort in ["swapped", "replaced", "dropped", "dropped by version", "checked", "gone"] {
        versions.push(write(&store, &partition.key(sort)?, &json!({ "before": sort })).await?);
    }
    let put = |n: usize, condition| writing(&json!({ "n": n })).map(|put| put.when(condition));
    let transaction = Transaction::in_partition(partition.clone())
        .put("swapped", put(0, Condition::Version(versions[0].clone()))?)?
        .delete("dropped", Condition::Always)?
        .put("created", put(1, Condition::Absent)?)?
        .check("checked", Condition::Version(versions[4].clone()))?
        .put("replaced", put(2, Condition::Present)?)?
        .delete("dropped by version", Condition::Version(versions[3].clone()))?
        .check("absent", Condition::Absent)?
        .delete("gone", Condition::Present)?
        .delete("never there", Condition::Absent)?
        .put("written", put(3, Condition::Always)?)?;
    let made = store.documents.transact(&THINGS, &transaction).await?;

    ensure_eq!(made.len(), 4, "versions of a transaction with four puts");
    for (n, sort) in ["swapped", "created", "replaced", "written"].iter().enumerate() {
        let found = standing(&other, &partition.key(*sort)?, "put by a transaction").await?;
        ensure_same(&found.body, &Body::of(&json!({ "n": n }))?, &format!("{sort}, put by a transaction"))?;
        ensure_eq!(found.version, made[n], "{sort}: the version that stands");
    }
    for sort in ["dropped", "dropped by version", "gone", "absent", "never there"] {
        ensure_absent(&other, &partition.key(sort)?, "after the transaction").await?;
    }
    standing(&other, &partition.key("checked")?, "checked by a transaction").await.map(drop)
}

async fn nothing_happens_if_one_condition_fails(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let stale = Condition::Version(write(&store, &partition.key("failing")?, &json!({ "n": 0 })).await?);
    for sort in ["written", "to delete", "to check", "failing"] {
        write(&store, &partition.key(sort)?, &json!({ "n": 1 })).await?;
    }
    let sorts = ["written", "to delete", "to check", "failing", "created", "absent"];
    let keys: Vec<Key> = sorts.iter().map(|sort| partition.key(*sort)).collect::<Result<_>>()?;
    let before = read_all(&store, &keys).await?;
    ensure_eq!(before.iter().flatten().count(), 4, "documents before the transactions");
    let put = |condition| writing(&json!({ "n": 2 })).map(|put| Operation::Put(put.when(condition)));
    let failing = [
        ("failing", put(stale.clone())?, ErrorKind::PreconditionFailed),
        ("failing", put(Condition::Absent)?, ErrorKind::Conflict),
        ("absent", put(Condition::Present)?, ErrorKind::NotFound),
        ("absent", put(stale.clone())?, ErrorKind::PreconditionFailed),
        ("failing", Operation::Delete(stale.clone()), ErrorKind::PreconditionFailed),
        ("failing", Operation::Delete(Condition::Absent), ErrorKind::Conflict),
        ("absent", Operation::Delete(Condition::Present), ErrorKind::NotFound),
        ("absent", Operation::Delete(stale.clone()), ErrorKind::PreconditionFailed),
        ("failing", Operation::Check(stale.clone()), ErrorKind::PreconditionFailed),
        ("failing", Operation::Check(Condition::Absent), ErrorKind::Conflict),
        ("absent", Operation::Check(Condition::Present), ErrorKind::NotFound),
        ("absent", Operation::Check(stale), ErrorKind::PreconditionFailed),
    ];
    for (sort, operation, kind) in failing {
        // What fails comes first, in the middle, or last.
        for place in [0, 2, 4] {
            let mut operations = vec![
                ("written", put(Condition::Always)?),
                ("to delete", Operation::Delete(Condition::Present)),
                ("to check", Operation::Check(Condition::Present)),
                ("created", put(Condition::Absent)?),
            ];
            operations.insert(place, (sort, operation.clone()));
            let what = format!("a transaction with {operation:?} of a document that is {sort}, in place {place}");
            let transaction = operations
                .into_iter()
                .try_fold(Transaction::in_partition(partition.clone()), |transaction, (sort, operation)| {
                    transaction.with(sort, operation)
                })?;
            expect_error(store.documents.transact(&THINGS, &transaction).await, kind, &what)?;
            ensure_eq!(read_all(&store, &keys).await?, before, "the documents after {what}");
        }
    }
    Ok(())
}

async fn fifty_operations_are_one(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let keys: Vec<Key> = (0..MAX_TRANSACTION).map(|n| partition.key(format!("s{n:02}"))).collect::<Result<_>>()?;
    let create_all =
        keys.iter().enumerate().try_fold(Transaction::in_partition(partition.clone()), |transaction, (n, key)| {
            transaction.put(key.sort(), writing(&json!({ "n": n }))?.when(Condition::Absent))
        })?;
    for blocked in [&keys[MAX_TRANSACTION - 1], &keys[0]] {
        write(&store, blocked, &json!({ "n": "in the way" })).await?;
        let refused = store.documents.transact(&THINGS, &create_all).await;
        expect_error(refused, ErrorKind::Conflict, &format!("fifty creates, of which {blocked} is there"))?;
        let found: Vec<_> = read_all(&store, &keys).await?.into_iter().flatten().collect();
        let found: Vec<_> = found.iter().map(|document| &document.key).collect();
        ensure_eq!(found, [blocked], "the documents after one of fifty creates was refused");
        store.documents.delete(&THINGS, blocked, &Condition::Always).await?;
    }
    let versions = store.documents.transact(&THINGS, &create_all).await?;
    ensure_eq!(versions.len(), keys.len(), "versions of fifty creates");
    let found = read_all(&store, &keys).await?.into_iter().flatten();
    let found: Vec<_> = found.map(|found| (found.version, found.body.fields().get("n").cloned())).collect();
    let written: Vec<_> = versions.into_iter().enumerate().map(|(n, version)| (version, Some(json!(n)))).collect();
    ensure_eq!(found, written, "versions and contents of the fifty");
    let more = create_all.clone().delete("one more", Condition::Always);
    expect_error(more, ErrorKind::InvalidInput, "a fifty-first operation")?;
    let twice = Transaction::in_partition(partition).check("a", Condition::Absent)?.delete("a", Condition::Always);
    expect_error(twice, ErrorKind::InvalidInput, "a key named twice")?;
    as_many_bytes_as_there_may_be(&store).await
}

async fn as_many_bytes_as_there_may_be(store: &DocumentStore) -> Verdict {
    let partition = Partition::new("large")?;
    let keys: Vec<Key> =
        (0..MAX_TRANSACTION_BYTES / MAX_BODY_BYTES).map(|n| partition.key(format!("s{n}"))).collect::<Result<_>>()?;
    let largest = json!({ "text": "x".repeat(MAX_BODY_BYTES - r#"{"text":""}"#.len()) });
    let full = keys.iter().try_fold(Transaction::in_partition(partition), |transaction, key| {
        transaction.put(key.sort(), writing(&largest)?)
    })?;
    store.documents.transact(&THINGS, &full).await?;
    let expected = Body::of(&largest)?;
    for found in read_all(store, &keys).await? {
        ensure!(found.is_some_and(|it| it.body == expected), "a body of a full transaction did not come back");
    }
    let more = full.put("one more", writing(&json!({}))?);
    expect_error(more, ErrorKind::TooLarge, "more bytes than a transaction holds")
}

async fn a_check_leaves_its_document_alone(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let stale = write(&store, &partition.key("checked")?, &json!({ "n": 1 })).await?;
    write(&store, &partition.key("checked")?, &json!({ "n": 2 })).await?;
    let before = standing(&store, &partition.key("checked")?, "before it is checked").await?;
    let transaction = |sort: &str, condition: Condition| {
        let write = writing(&json!({ "n": 3 }))?;
        Transaction::in_partition(partition.clone()).check(sort, condition)?.put("written", write)
    };
    let current = Condition::Version(before.version.clone());
    for condition in [Condition::Always, Condition::Present, current] {
        let what = format!("a check under {condition:?}");
        let versions = store.documents.transact(&THINGS, &transaction("checked", condition)?).await?;
        ensure_unchanged(&store, &before, &what).await?;
        let written = standing(&store, &partition.key("written")?, &what).await?;
        ensure_eq!(versions, [written.version], "the versions of a check and a put");
    }
    for condition in [Condition::Always, Condition::Absent] {
        store.documents.transact(&THINGS, &transaction("absent", condition)?).await?;
        ensure_absent(&store, &partition.key("absent")?, "checked and absent").await?;
    }
    let written = standing(&store, &partition.key("written")?, "before checks that fail").await?;
    for (sort, condition, kind) in [
        ("checked", Condition::Version(stale), ErrorKind::PreconditionFailed),
        ("checked", Condition::Absent, ErrorKind::Conflict),
        ("absent", Condition::Present, ErrorKind::NotFound),
    ] {
        let what = format!("a check of {sort} under {condition:?}");
        expect_error(store.documents.transact(&THINGS, &transaction(sort, condition)?).await, kind, &what)?;
        ensure_unchanged(&store, &written, &what).await?;
    }
    Ok(())
}

const WRITERS: usize = 6;
const ROUNDS: usize = 3;

async fn nobody_sees_a_part_of_a_transaction(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let pair = [partition.key("left")?, partition.key("right")?];
    for key in &pair {
        write(&store, key, &json!({ "n": 0 })).await?;
    }
    let still_writing = Arc::new(AtomicBool::new(true));
    let watched = tokio::spawn(watch(cx.connect().await?, pair.clone(), Arc::clone(&still_writing)));
    let counted = race(&cx, WRITERS, |store, _| {
        let pair = pair.clone();
        async move {
            for _ in 0..ROUNDS {
                count_both_on(&store, &pair).await?;
            }
            Ok(())
        }
    })
    .await;
    still_writing.store(false, Ordering::SeqCst);
    watched.await.map_err(|panic| Violation::new(format!("the watcher: {panic}")))??;
    counted?.into_iter().collect::<Verdict>()?;
    for key in &pair {
        ensure_eq!(number(&store, key).await?.0, WRITERS * ROUNDS, "{key}, counted on by {WRITERS} writers");
    }
    Ok(())
}

async fn number(store: &DocumentStore, key: &Key) -> Result<(usize, Version), Violation> {
    let found = insistently(|| async { store.documents.get(&THINGS, key).await }).await?;
    let found = found.ok_or_else(|| Violation::new(format!("{key} is not there")))?;
    let n = found.body.fields().get("n").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    Ok((n.unwrap_or_default(), found.version))
}

/// Counts both documents on in one transaction, which finds them as they were read.
async fn count_both_on(store: &DocumentStore, pair: &[Key; 2]) -> Verdict {
    // Whoever is refused was overtaken by another who counted, and there are no more of these than this.
    for _ in 0..WRITERS * ROUNDS {
        let mut transaction = Transaction::in_partition(pair[0].partition().clone());
        for key in pair {
            let (n, version) = number(store, key).await?;
            transaction =
                transaction.put(key.sort(), writing(&json!({ "n": n + 1 }))?.when(Condition::Version(version)))?;
        }
        match insistently(|| async { store.documents.transact(&THINGS, &transaction).await }).await {
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
            counted => return Ok(counted.map(drop)?),
        }
    }
    Err(Violation::new("a writer was refused more often than others counted"))
}

/// Reads one after the other, either one first: the second is never behind the first.
async fn watch(store: DocumentStore, [left, right]: [Key; 2], still_writing: Arc<AtomicBool>) -> Verdict {
    while still_writing.load(Ordering::SeqCst) {
        for (first, second) in [(&left, &right), (&right, &left)] {
            let (seen, then) = (number(&store, first).await?.0, number(&store, second).await?.0);
            ensure!(then >= seen, "{first} stood at {seen}, and after that {second} at {then}: a part was seen");
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
