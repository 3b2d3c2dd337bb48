//! Listing a partition page by page: limits and cursors.

use std::collections::BTreeSet;
use std::ops::Bound;

use anyport_ports::documents::{Condition, Direction, Documents, IndexQuery, Query, ScanQuery, Segment, TextRange};
use anyport_ports::{Cursor, ErrorKind, Result};

use super::listing::{fill, pages, partition, sorts};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{BY_STATE, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-QRY-4" => the_limit_counts_what_is_listed,
        "DOC-QRY-5" => pages_of_any_size_list_every_document_once,
        "DOC-QRY-6" => a_listing_goes_on_under_inserts_and_deletes,
        "DOC-QRY-7" => a_cursor_serves_another_handle,
        "DOC-QRY-8" => a_cursor_that_is_not_of_the_query_is_refused,
    ]
}

const EITHER_WAY: [Direction; 2] = [Direction::Ascending, Direction::Descending];

async fn the_limit_counts_what_is_listed(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 12] = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4", "b5", "c1", "c2", "c3"];
    let documents = cx.connect().await?.documents;
    let own = partition("limits")?;
    fill(&*documents, &own, STANDING).await?;
    let ranges = [
        TextRange::prefix("b"),
        TextRange::between(Bound::Excluded("a4"), Bound::Excluded("c1")),
        TextRange::between(Bound::Included("b1"), Bound::Included("b5")),
    ];
    for range in ranges {
        for direction in EITHER_WAY {
            let query = Query::partition(own.clone()).within(range.clone()).direction(direction).limit(2)?;
            let pages = pages(&*documents, &query).await?;
            let sizes: Vec<usize> = pages.iter().map(|page| page.documents.len()).collect();
            ensure_eq!(sizes, [2, 2, 1], "documents on pages of 2 of five documents in {range:?}, {direction:?}");
        }
    }
    Ok(())
}

async fn pages_of_any_size_list_every_document_once(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 7] = ["a", "b", "b\0", "c/d", "e", "é", "😀"];
    let documents = cx.connect().await?.documents;
    let own = partition("pages")?;
    fill(&*documents, &own, STANDING).await?;

    for direction in EITHER_WAY {
        let mut expected = STANDING.to_vec();
        if direction == Direction::Descending {
            expected.reverse();
        }
        for limit in [1, 2, 3, 6, 7, 8, 100] {
            cx.note(format!("list seven documents, {direction:?}, by {limit}"));
            let query = Query::partition(own.clone()).direction(direction).limit(limit)?;
            let pages = pages(&*documents, &query).await?;
            let found: Vec<String> = pages.iter().flat_map(|page| sorts(&page.documents)).collect();
            ensure_eq!(found, expected, "sort keys on pages of {limit}, {direction:?}");
            ensure_eq!(pages.len(), expected.len().div_ceil(limit), "pages of {limit} for seven documents");
        }
    }
    let nothing = documents.query(&THINGS, &Query::partition(partition("empty")?)).await?;
    ensure!(nothing.documents.is_empty(), "an empty partition lists {:?}", nothing.documents);
    ensure!(nothing.next.is_none(), "the only page of an empty partition has a cursor");
    Ok(())
}

async fn a_listing_goes_on_under_inserts_and_deletes(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 10] = ["b", "d", "f", "h", "j", "l", "n", "p", "r", "t"];
    let documents = cx.connect().await?.documents;
    for direction in EITHER_WAY {
        let own = partition(&format!("restless {direction:?}"))?;
        fill(&*documents, &own, STANDING).await?;
        let (mut found, mut deleted) = (Vec::new(), BTreeSet::new());
        let mut inserts = ["a", "c", "s", "e", "u", "q", "g", "o", "k"].into_iter();
        let mut cursor = None;
        loop {
            let query = Query::partition(own.clone()).direction(direction).limit(2)?.after(cursor.as_ref())?;
            let page = documents.query(&THINGS, &query).await?;
            cx.note(format!("page {:?}, {direction:?}", sorts(&page.documents)));
            ensure!(found.len() <= 2 * STANDING.len(), "the listing does not end: {found:?}");
            found.extend(sorts(&page.documents));
            cursor = page.next;
            let (Some(_), Some(last)) = (&cursor, page.documents.last()) else { break };
            // The one that the listing stopped at goes, and others come on both sides of it.
            cx.note(format!("delete {:?}, where it stopped", last.key.sort()));
            documents.delete(&THINGS, &last.key, &Condition::Always).await?;
            deleted.insert(last.key.sort().to_owned());
            let new: Vec<&str> = inserts.by_ref().take(2).collect();
            cx.note(format!("insert {new:?}"));
            fill(&*documents, &own, new).await?;
        }
        let distinct: BTreeSet<&String> = found.iter().collect();
        ensure_eq!(found.len(), distinct.len(), "no document is listed twice, {direction:?}: {found:?}");
        let skipped: Vec<_> =
            STANDING.into_iter().filter(|sort| !deleted.contains(*sort) && !found.iter().any(|f| f == sort)).collect();
        ensure!(skipped.is_empty(), "documents that stood throughout were skipped, {direction:?}: {skipped:?}");
        let mut ordered = found.clone();
        ordered.sort_unstable();
        if direction == Direction::Descending {
            ordered.reverse();
        }
        ensure_eq!(found, ordered, "sort keys over all pages, {direction:?}");
    }
    Ok(())
}

async fn a_cursor_serves_another_handle(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let own = partition("handed over")?;
    fill(&*cx.connect().await?.documents, &own, STANDING).await?;
    let mut found = Vec::new();
    let mut cursor: Option<Cursor> = None;
    for _ in STANDING {
        // Each page is asked for by a handle of its own, which has only the cursor's text.
        let handle = cx.connect().await?.documents;
        let received = cursor.as_ref().map(|cursor| Cursor::from_text(cursor.as_str()));
        let query = Query::partition(own.clone()).limit(2)?.after(received.as_ref())?;
        let page = handle.query(&THINGS, &query).await?;
        found.extend(sorts(&page.documents));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    ensure_eq!(found, STANDING, "sort keys on pages that different handles listed");
    Ok(())
}

async fn a_cursor_that_is_not_of_the_query_is_refused(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let documents = &*store.documents;
    for name in ["own", "other"] {
        fill(documents, &partition(name)?, ["a", "b1", "b2", "b3", "c"]).await?;
    }
    let whole = || Query::partition(partition("own")?).limit(1);
    let asked = whole()?.prefix("b");
    let Some(cursor) = documents.query(&THINGS, &asked).await?.next else {
        return Err(Violation::new("the first of several pages has no cursor"));
    };

    let text = cursor.as_str();
    let halved: String = text.chars().take(text.chars().count() / 2).collect();
    for garbage in ["", " ", "0", "null", "AAAA", "💥", "e30", &halved, &format!("{text}{text}")] {
        cx.note(format!("go on from {garbage:?}"));
        let resumed = resume(documents, &asked, &Cursor::from_text(garbage)).await;
        expect_error(resumed, ErrorKind::InvalidInput, &format!("the cursor {garbage:?}"))?;
    }

    let others = [
        ("a query of the whole partition", whole()?),
        ("a query of another prefix", whole()?.prefix("b1")),
        ("a query in the other direction", asked.clone().direction(Direction::Descending)),
        ("a query of another partition", Query::partition(partition("other")?).prefix("b").limit(1)?),
    ];
    for (what, other) in others {
        let resumed = resume(documents, &other, &cursor).await;
        expect_error(resumed, ErrorKind::InvalidInput, &format!("the cursor of a prefix, used in {what}"))?;
    }
    let index = IndexQuery::new(BY_STATE, "open").after(Some(&cursor));
    expect_error(index, ErrorKind::InvalidInput, "the cursor of a query, used in a query of an index")?;
    let scan = ScanQuery::segment(Segment::whole()).after(Some(&cursor));
    expect_error(scan, ErrorKind::InvalidInput, "the cursor of a query, used in a scan")?;
    Ok(())
}

/// The sort keys on the page of the query that this cursor leads to.
async fn resume(documents: &dyn Documents, query: &Query, cursor: &Cursor) -> Result<Vec<String>> {
    let page = documents.query(&THINGS, &query.clone().after(Some(cursor))?).await?;
    Ok(sorts(&page.documents))
}
