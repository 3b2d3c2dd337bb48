//! Declared indexes.

use std::ops::Bound;
use std::time::Duration;

use anyport_ports::documents::{
    Body, Condition, Direction, Documents, IndexQuery, Key, Put, Query, TextRange, Transaction,
};
use anyport_ports::{ErrorKind, IndexName};
use serde_json::{Value, json};

use super::listing::{index_pages, keys, listed, partition};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{BY_STATE, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-IDX-1" => an_index_lists_by_its_fields_in_order,
        "DOC-IDX-2" => an_index_forgets_what_no_longer_is,
        "DOC-IDX-3" => documents_without_text_in_the_fields_are_not_in_the_index,
        "DOC-IDX-4" => pages_of_an_index_list_every_document_once,
        "DOC-IDX-5" => an_undeclared_index_is_not_found,
    ]
}

/// How long writes may take to show in an index.
const SETTLES: Duration = Duration::from_secs(30);

fn open() -> IndexQuery {
    IndexQuery::new(BY_STATE, "open")
}

/// Writes documents of these partition keys, sort keys, states and ranks.
async fn fill(documents: &dyn Documents, entries: &[(&str, &str, &str, &str)]) -> Verdict {
    for (partition, sort, state, rank) in entries {
        let body = Body::of(&json!({ "state": state, "rank": rank }))?;
        documents.put(&THINGS, &Key::new(*partition, *sort)?, &Put::new(body)).await?;
    }
    Ok(())
}

/// Waits until the index query lists exactly these keys in this order.
async fn settle(
    cx: &Context<DocumentStore>,
    documents: &dyn Documents,
    query: &IndexQuery,
    expected: &[Key],
    what: &str,
) -> Verdict {
    let found = std::sync::Mutex::new(Vec::new());
    let settled = cx.eventually(SETTLES, || async {
        let pages = index_pages(documents, query).await?;
        let listed: Vec<Key> = pages.iter().flat_map(|page| keys(&page.documents)).collect();
        let as_expected = listed == expected;
        *found.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = listed;
        Ok(as_expected.then_some(()))
    });
    match settled.await? {
        Some(()) => Ok(()),
        None => Err(Violation::new(format!("{what}: expected {expected:?}, after {SETTLES:?} still {found:?}"))),
    }
}

async fn an_index_lists_by_its_fields_in_order(cx: Context<DocumentStore>) -> Verdict {
    // In this order: by the bytes of the rank, then by partition key and sort key.
    const OPEN: [(&str, &str, &str, &str); 10] = [
        ("p2", "z", "open", "\0"),
        ("p1", "b", "open", "10"),
        ("p1", "a", "open", "9"),
        ("p3", "a", "open", "B"),
        ("p1", "c", "open", "a"),
        ("p1", "d", "open", "a"),
        ("p2", "a", "open", "a"),
        ("p1", "e", "open", "ab"),
        ("p1", "f", "open", "\u{FFFF}"),
        ("p1", "A", "open", "\u{10000}"),
    ];
    let documents = cx.connect().await?.documents;
    let mut shuffled = OPEN;
    shuffled.reverse();
    shuffled.swap(1, 5);
    fill(&*documents, &shuffled).await?;
    fill(&*documents, &[("p1", "other", "Open", "a"), ("p1", "closed", "closed", "a"), ("p2", "no", "open ", "a")])
        .await?;

    let expected = |range: &TextRange| -> Result<Vec<Key>, Violation> {
        let within = OPEN.iter().filter(|(_, _, _, rank)| range.contains(rank));
        Ok(within.map(|(partition, sort, ..)| Key::new(*partition, *sort)).collect::<Result<_, _>>()?)
    };
    let ranges = [
        TextRange::all(),
        TextRange::prefix("a"),
        TextRange::between(Bound::Included("10"), Bound::Excluded("B")),
        TextRange::between(Bound::Excluded("9"), Bound::Included("a")),
        TextRange::between(Bound::Excluded("a"), Bound::<String>::Unbounded),
    ];
    for range in ranges {
        let mut keys = expected(&range)?;
        let query = open().within(range.clone());
        settle(&cx, &*documents, &query, &keys, &format!("open documents in {range:?}, ascending")).await?;
        keys.reverse();
        let query = query.direction(Direction::Descending);
        settle(&cx, &*documents, &query, &keys, &format!("open documents in {range:?}, descending")).await?;
    }
    Ok(())
}

async fn an_index_forgets_what_no_longer_is(cx: Context<DocumentStore>) -> Verdict {
    let documents = cx.connect().await?.documents;
    let key = |sort: &str| Key::new("p", sort);
    let entries = ["a", "b", "c", "d", "e", "f", "g"].map(|sort| ("p", sort, "open", sort));
    fill(&*documents, &entries).await?;
    let all = ["a", "b", "c", "d", "e", "f", "g"].map(key).into_iter().collect::<Result<Vec<_>, _>>()?;
    settle(&cx, &*documents, &open(), &all, "open documents after seven writes").await?;

    cx.note("delete a; close b; rerank c to z; take d's state away; delete e in a transaction, close f in it");
    documents.delete(&THINGS, &key("a")?, &Condition::Always).await?;
    fill(&*documents, &[("p", "b", "closed", "b"), ("p", "c", "open", "z")]).await?;
    documents.put(&THINGS, &key("d")?, &Put::new(Body::of(&json!({ "rank": "d" }))?)).await?;
    let closed = Put::new(Body::of(&json!({ "state": "closed", "rank": "f" }))?);
    let transaction = Transaction::in_partition(partition("p")?).delete("e", Condition::Present)?.put("f", closed)?;
    documents.transact(&THINGS, &transaction).await?;

    settle(&cx, &*documents, &open(), &[key("g")?, key("c")?], "open documents after the changes").await?;
    let closed = IndexQuery::new(BY_STATE, "closed");
    settle(&cx, &*documents, &closed, &[key("b")?, key("f")?], "closed documents after the changes").await?;
    let old_rank = open().within(TextRange::prefix("c"));
    settle(&cx, &*documents, &old_rank, &[], "open documents under a rank that one no longer has").await
}

async fn documents_without_text_in_the_fields_are_not_in_the_index(cx: Context<DocumentStore>) -> Verdict {
    let documents = cx.connect().await?.documents;
    let longest = "r".repeat(1024);
    let outside: [(&str, Value); 12] = [
        ("no rank", json!({ "state": "open" })),
        ("no state", json!({ "rank": "a" })),
        ("neither", json!({})),
        ("null rank", json!({ "state": "open", "rank": null })),
        ("null state", json!({ "state": null, "rank": "a" })),
        ("number", json!({ "state": "open", "rank": 1 })),
        ("flag", json!({ "state": true, "rank": "a" })),
        ("array", json!({ "state": ["open"], "rank": "a" })),
        ("object", json!({ "state": "open", "rank": { "rank": "a" } })),
        ("empty rank", json!({ "state": "open", "rank": "" })),
        ("empty state", json!({ "state": "", "rank": "a" })),
        ("long rank", json!({ "state": "open", "rank": longest.clone() + "r" })),
    ];
    for (sort, body) in &outside {
        cx.note(format!("write the document {sort:?}"));
        let body = Body::of(body)?;
        let key = Key::new("p", *sort)?;
        let version = documents.put(&THINGS, &key, &Put::new(body.clone())).await?;
        let found = documents.get(&THINGS, &key).await?.map(|found| (found.body.to_json(), found.version));
        ensure_eq!(found, Some((body.to_json(), version)), "the document {sort:?}, which is in no index");
    }
    fill(&*documents, &[("p", "short", "open", "a"), ("p", "longest", "open", &longest)]).await?;

    let inside = [Key::new("p", "short")?, Key::new("p", "longest")?];
    settle(&cx, &*documents, &open(), &inside, "open documents that have a rank").await?;
    let all = listed(&*documents, &Query::partition(partition("p")?)).await?;
    ensure_eq!(all.len(), outside.len() + inside.len(), "documents that a query lists: {all:?}");
    Ok(())
}

async fn pages_of_an_index_list_every_document_once(cx: Context<DocumentStore>) -> Verdict {
    // Four documents share a rank, over two partitions.
    const RANKED: [(&str, &str, &str, &str); 7] = [
        ("p1", "z", "open", "1"),
        ("p1", "a", "open", "2"),
        ("p1", "b", "open", "2"),
        ("p2", "a", "open", "2"),
        ("p2", "b", "open", "2"),
        ("p1", "c", "open", "3"),
        ("p1", "d", "open", "4"),
    ];
    let documents = cx.connect().await?.documents;
    fill(&*documents, &RANKED).await?;
    let mut expected: Vec<Key> =
        RANKED.iter().map(|(partition, sort, ..)| Key::new(*partition, *sort)).collect::<Result<_, _>>()?;
    settle(&cx, &*documents, &open(), &expected, "open documents").await?;
    for direction in [Direction::Ascending, Direction::Descending] {
        for limit in [1, 2, 3, 7, 100] {
            cx.note(format!("list the index, {direction:?}, by {limit}"));
            let query = open().direction(direction).limit(limit)?;
            let pages = index_pages(&*documents, &query).await?;
            let found: Vec<Key> = pages.iter().flat_map(|page| keys(&page.documents)).collect();
            ensure_eq!(found, expected, "keys on pages of {limit}, {direction:?}");
            ensure!(pages.iter().all(|page| page.documents.len() <= limit), "a page holds more than {limit}");
        }
        expected.reverse();
    }
    Ok(())
}

async fn an_undeclared_index_is_not_found(cx: Context<DocumentStore>) -> Verdict {
    let documents = cx.connect().await?.documents;
    let undeclared = IndexQuery::new(IndexName::from_static("by-nothing"), "open");
    for what in ["an empty collection", "a collection with documents"] {
        let found = documents.query_index(&THINGS, &undeclared).await;
        expect_error(found, ErrorKind::NotFound, &format!("an index that {what} does not have"))?;
        fill(&*documents, &[("p", "a", "open", "1")]).await?;
    }
    Ok(())
}
