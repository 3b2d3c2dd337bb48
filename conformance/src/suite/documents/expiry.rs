//! Expiry: to the instant, everywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use anyport_ports::documents::{
    Condition, Document, IndexQuery, Key, Operation, Page, Partition, Put, Query, ScanQuery, Segment, Transaction,
};
use anyport_ports::{Clock as _, ErrorKind, Result, Timestamp};
use serde_json::json;

use super::{ensure_absent, every_way, standing, write, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{BY_STATE, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-EXP-1" => a_document_is_seen_until_it_expires_and_not_after,
        "DOC-EXP-2" => an_expired_document_is_not_listed,
        "DOC-EXP-3" => an_expired_document_is_absent_to_every_condition,
        "DOC-EXP-4" => a_write_without_expiry_clears_it,
        "DOC-EXP-5" => the_last_write_sets_the_expiry,
    ]
}

/// Lets time pass until this instant.
async fn until(cx: &Context<DocumentStore>, instant: Timestamp) {
    while cx.clock().now() < instant {
        cx.pass(instant.since(cx.clock().now())).await;
    }
}

async fn put(store: &DocumentStore, key: &Key, expires_at: Option<Timestamp>) -> Result<()> {
    let put = writing(&json!({ "state": "open", "rank": key.sort() }))?.expires_at(expires_at);
    store.documents.put(&THINGS, key, &put).await.map(drop)
}

async fn a_document_is_seen_until_it_expires_and_not_after(cx: Context<DocumentStore>) -> Verdict {
    let (store, other) = (cx.connect().await?, cx.connect().await?);
    let (clock, key) = (cx.clock(), Key::new("p", "soon")?);
    let written_at = clock.now();
    // Not a whole second, so that an expiry kept in seconds is found out on either side.
    let expires_at = written_at.plus(Duration::from_millis(2_345));
    put(&store, &key, Some(expires_at)).await?;
    let never = [("in an hour", written_at.plus(Duration::from_hours(1))), ("ever", Timestamp::from_millis(i64::MAX))];
    for (sort, expires_at) in never {
        put(&store, &Key::new("p", sort)?, Some(expires_at)).await?;
    }
    let already = [("just before", written_at.minus(Duration::from_millis(1))), ("in 1970", Timestamp::from_millis(0))];
    for (sort, expires_at) in already {
        let key = Key::new("p", sort)?;
        put(&store, &key, Some(expires_at)).await?;
        ensure_absent(&store, &key, "written after its expiry").await?;
    }

    let instant = Duration::from_millis(1);
    for look_at in [written_at, expires_at.minus(instant), expires_at, expires_at.plus(instant)] {
        until(&cx, look_at).await;
        for handle in [&store, &other] {
            let before = clock.now();
            let ways = every_way(handle, &key).await?;
            let after = clock.now();
            // That it is not listed is another clause.
            for (way, found) in ways.into_iter().filter(|(way, _)| *way != "by query") {
                let seen = found.is_some();
                ensure!(seen || after >= expires_at, "not seen {way}, {:?} before its expiry", expires_at.since(after));
                ensure!(!seen || before < expires_at, "seen {way}, {:?} after its expiry", before.since(expires_at));
            }
        }
    }
    for (sort, _) in never {
        standing(&other, &Key::new("p", sort)?, "long before its expiry").await?;
    }
    Ok(())
}

/// The sort keys listed page by page, two a page.
async fn listed<F>(mut page: impl FnMut(Option<anyport_ports::Cursor>) -> F) -> Result<Vec<String>>
where
    F: Future<Output = Result<Page>>,
{
    let (mut sorts, mut next) = (Vec::new(), None);
    loop {
        let found = page(next).await?;
        sorts.extend(found.documents.iter().map(|document| document.key.sort().to_owned()));
        next = found.next;
        if next.is_none() {
            return Ok(sorts);
        }
    }
}

async fn an_expired_document_is_not_listed(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let partition = Partition::new("p")?;
    let expires_at = cx.clock().now().plus(Duration::from_secs(1));
    let all = ["a", "b", "c", "d", "e", "f"];
    let kept = ["b", "e"];
    for sort in all {
        let expires_at = (!kept.contains(&sort)).then_some(expires_at);
        put(&store, &partition.key(sort)?, expires_at).await?;
    }
    // The index has taken them in, so that they would show there if expiry did not take them out.
    let index = async || {
        listed(|next| {
            let query = IndexQuery::new(BY_STATE, "open").limit(2).and_then(|query| query.after(next.as_ref()));
            let documents = &store.documents;
            async move { documents.query_index(&THINGS, &query?).await }
        })
        .await
    };
    cx.eventually(Duration::from_millis(900), || async { Ok((index().await?.len() == all.len()).then_some(())) })
        .await?;
    until(&cx, expires_at).await;

    let query = listed(|next| {
        let query = Query::partition(partition.clone()).limit(2).and_then(|query| query.after(next.as_ref()));
        let documents = &store.documents;
        async move { documents.query(&THINGS, &query?).await }
    });
    ensure_eq!(query.await?, kept, "what query lists after the expiry");
    let scan = listed(|next| {
        let query = ScanQuery::segment(Segment::whole()).limit(2).and_then(|query| query.after(next.as_ref()));
        let scan = &store.scan;
        async move { scan.scan(&THINGS, &query?).await }
    });
    let scanned: BTreeSet<String> = scan.await?.into_iter().collect();
    ensure_eq!(scanned, kept.map(str::to_owned).into(), "what scan lists after the expiry");
    let settled = cx
        .eventually(Duration::from_secs(10), || async {
            let found = index().await?;
            let ghost = found.iter().find(|sort| !kept.contains(&sort.as_str()));
            ensure!(ghost.is_none(), "query_index lists {ghost:?} after its expiry");
            Ok((found == kept).then_some(()))
        })
        .await?;
    ensure!(settled.is_some(), "query_index does not come to list the documents that stand");
    Ok(())
}

/// What happens to an expired document under a condition: the kind of error, or `None` for success.
type Case = (&'static str, fn(&Document) -> Operation, Option<ErrorKind>);

const CASES: &[Case] = &[
    ("put always", |was| Operation::Put(anew(was, Condition::Always)), None),
    ("put absent", |was| Operation::Put(anew(was, Condition::Absent)), None),
    ("put present", |was| Operation::Put(anew(was, Condition::Present)), Some(ErrorKind::NotFound)),
    ("put version", |was| Operation::Put(anew(was, version(was))), Some(ErrorKind::PreconditionFailed)),
    ("delete always", |_| Operation::Delete(Condition::Always), None),
    ("delete absent", |_| Operation::Delete(Condition::Absent), None),
    ("delete present", |_| Operation::Delete(Condition::Present), Some(ErrorKind::NotFound)),
    ("delete version", |was| Operation::Delete(version(was)), Some(ErrorKind::PreconditionFailed)),
    ("check always", |_| Operation::Check(Condition::Always), None),
    ("check absent", |_| Operation::Check(Condition::Absent), None),
    ("check present", |_| Operation::Check(Condition::Present), Some(ErrorKind::NotFound)),
    ("check version", |was| Operation::Check(version(was)), Some(ErrorKind::PreconditionFailed)),
];

fn anew(was: &Document, condition: Condition) -> Put {
    Put::new(was.body.clone()).when(condition)
}

fn version(was: &Document) -> Condition {
    Condition::Version(was.version.clone())
}

async fn an_expired_document_is_absent_to_every_condition(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    // Late enough that all are written and read before it.
    let expires_at = cx.clock().now().plus(Duration::from_secs(2));
    let mut cases = Vec::new();
    for (name, operation, refused) in CASES {
        for partition in ["alone", "in a transaction"] {
            let key = Key::new(partition, *name)?;
            let put = writing(&json!({ "n": 1 }))?.expires_at(expires_at);
            let version = store.documents.put(&THINGS, &key, &put).await?;
            let was = Document { key, body: put.body, version, expires_at: put.expires_at };
            cases.push((operation(&was), was.key, *refused));
        }
    }
    until(&cx, expires_at).await;

    for (operation, key, refused) in cases {
        let written = matches!(operation, Operation::Put(_)) && refused.is_none();
        let alone = key.partition().as_str() == "alone";
        let outcome = match &operation {
            Operation::Put(put) if alone => store.documents.put(&THINGS, &key, put).await.map(drop),
            Operation::Delete(condition) if alone => store.documents.delete(&THINGS, &key, condition).await,
            _ => {
                let transaction = Transaction::in_partition(key.partition().clone()).with(key.sort(), operation)?;
                store.documents.transact(&THINGS, &transaction).await.map(drop)
            }
        };
        let what = format!("{key}, after its expiry");
        match refused {
            Some(kind) => expect_error(outcome, kind, &what)?,
            None => outcome.map_err(|error| Violation::new(format!("{what}: found {error:?}")))?,
        }
        let found = store.documents.get(&THINGS, &key).await?;
        ensure_eq!(found.is_some(), written, "{what}: whether there is a document then");
    }
    Ok(())
}

/// Overwrites a document in every way there is.
async fn overwrite(store: &DocumentStore, key: &Key, way: &str, expires_at: Option<Timestamp>) -> Verdict {
    let put = writing(&json!({ "n": 2 }))?.expires_at(expires_at);
    let put = match way {
        "under present" => put.when(Condition::Present),
        "under its version" => put.when(Condition::Version(standing(store, key, "to be overwritten").await?.version)),
        _ => put,
    };
    if way == "in a transaction" {
        let transaction = Transaction::in_partition(key.partition().clone()).put(key.sort(), put)?;
        store.documents.transact(&THINGS, &transaction).await?;
    } else {
        store.documents.put(&THINGS, key, &put).await?;
    }
    Ok(())
}

const WAYS: [&str; 4] = ["always", "under present", "under its version", "in a transaction"];

async fn a_write_without_expiry_clears_it(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    // Each is overwritten well before it expires, however slow the others are.
    let soon = || cx.clock().now().plus(Duration::from_secs(2));
    let keys: Vec<Key> = WAYS.iter().map(|way| Key::new("p", *way)).collect::<Result<_>>()?;
    for key in &keys {
        put(&store, key, Some(soon())).await?;
        overwrite(&store, key, key.sort(), None).await?;
        let found = standing(&store, key, "overwritten without an expiry").await?;
        ensure_eq!(found.expires_at, None, "{key}: the expiry after a write without one");
    }
    let deleted = Key::new("p", "deleted and made anew")?;
    let expires_at = soon();
    put(&store, &deleted, Some(expires_at)).await?;
    store.documents.delete(&THINGS, &deleted, &Condition::Always).await?;
    write(&store, &deleted, &json!({ "n": 2 })).await?;
    until(&cx, expires_at.plus(Duration::from_millis(1))).await;
    for key in keys.iter().chain([&deleted]) {
        standing(&store, key, "overwritten without an expiry, when it would have expired").await?;
    }
    Ok(())
}

async fn the_last_write_sets_the_expiry(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let (soon, later) = (Duration::from_secs(2), Duration::from_hours(1));
    let changes = [
        ("shortened", Some(later), soon),
        ("lengthened", Some(soon), later),
        ("set", None, soon),
        ("set late", None, later),
    ];
    let mut written = Vec::new();
    let mut all_soon = cx.clock().now();
    for (partition, first, last) in changes {
        for way in WAYS {
            let key = Key::new(partition, way)?;
            put(&store, &key, first.map(|first| cx.clock().now().plus(first))).await?;
            let expires_at = cx.clock().now().plus(last);
            overwrite(&store, &key, way, Some(expires_at)).await?;
            written.push((key, last));
            all_soon = cx.clock().now().plus(soon);
        }
    }
    until(&cx, all_soon).await;
    for (key, last) in written {
        if last == soon {
            ensure_absent(&store, &key, "past the expiry of its last write").await?;
        } else {
            standing(&store, &key, "before the expiry of its last write").await?;
        }
    }
    Ok(())
}
