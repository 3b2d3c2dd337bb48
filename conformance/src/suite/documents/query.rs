//! Listing a partition: what is listed, and in which order.

use std::ops::Bound;

use anyport_ports::documents::{Body, Condition, Direction, Put, Query, TextRange};
use serde_json::json;

use super::listing::{fill, listed, partition};
use crate::check::{Check, Context, Verdict, checks, ensure_eq};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-QRY-1" => a_prefix_lists_exactly_what_begins_with_it,
        "DOC-QRY-2" => a_range_lists_exactly_what_lies_within,
        "DOC-QRY-3" => the_order_is_that_of_the_utf_8_bytes_either_way,
        "DOC-QRY-9" => a_query_sees_every_acknowledged_write,
    ]
}

async fn a_prefix_lists_exactly_what_begins_with_it(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 26] = [
        "a",
        "ab",
        "abc",
        "aXb",
        "a%",
        "a%b",
        "a_",
        "a_b",
        "a*",
        "a\\",
        "a\0",
        "a\u{10FFFF}z",
        "A",
        "Ab",
        "b",
        "ba",
        "order/1",
        "order/10",
        "order/2",
        "order0",
        "é",
        "e\u{301}",
        "\u{D7FF}x",
        "\u{E000}",
        "\u{10FFFF}",
        "\u{10FFFF}\u{10FFFF}",
    ];
    const PREFIXES: [&str; 16] = [
        "a",
        "ab",
        "b",
        "A",
        "a%",
        "a_",
        "a*",
        "a\0",
        "a\u{10FFFF}",
        "order/",
        "order/1",
        "e",
        "é",
        "\u{D7FF}",
        "\u{10FFFF}",
        "nothing begins with this",
    ];
    let documents = cx.connect().await?.documents;
    let own = partition("prefixes")?;
    fill(&*documents, &own, STANDING).await?;
    fill(&*documents, &partition("a neighbour")?, STANDING).await?;

    for prefix in PREFIXES {
        cx.note(format!("query the prefix {prefix:?}"));
        let mut found = listed(&*documents, &Query::partition(own.clone()).prefix(prefix)).await?;
        let mut expected: Vec<_> = STANDING.into_iter().filter(|sort| sort.starts_with(prefix)).collect();
        // In which order is another clause.
        found.sort_unstable();
        expected.sort_unstable();
        ensure_eq!(found, expected, "sort keys listed under the prefix {prefix:?}");
    }
    Ok(())
}

async fn a_range_lists_exactly_what_lies_within(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 9] = ["a", "b", "b\0", "ba", "bb", "c", "d", "d!", "e"];
    // Of these, `b` and `d` stand and `bc` does not.
    const BOUNDS: [Bound<&str>; 7] = [
        Bound::Included("b"),
        Bound::Excluded("b"),
        Bound::Included("bc"),
        Bound::Excluded("bc"),
        Bound::Included("d"),
        Bound::Excluded("d"),
        Bound::Unbounded,
    ];
    let documents = cx.connect().await?.documents;
    let own = partition("ranges")?;
    fill(&*documents, &own, STANDING).await?;
    fill(&*documents, &partition("a neighbour")?, STANDING).await?;
    for turn in 0..BOUNDS.len() * BOUNDS.len() {
        let (start, end) = (BOUNDS[turn / BOUNDS.len()], BOUNDS[turn % BOUNDS.len()]);
        let range = TextRange::between(start, end);
        let direction = if turn % 2 == 0 { Direction::Ascending } else { Direction::Descending };
        cx.note(format!("query {start:?} to {end:?}, {direction:?}"));
        let query = Query::partition(own.clone()).within(range.clone()).direction(direction);
        let mut found = listed(&*documents, &query).await?;
        found.sort_unstable();
        let expected: Vec<_> = STANDING.into_iter().filter(|sort| range.contains(sort)).collect();
        ensure_eq!(found, expected, "sort keys listed from {start:?} to {end:?}");
    }
    Ok(())
}

async fn the_order_is_that_of_the_utf_8_bytes_either_way(cx: Context<DocumentStore>) -> Verdict {
    const STANDING: [&str; 26] = [
        "1",
        "10",
        "2",
        "9",
        "09",
        "-1",
        "A",
        "a",
        "B",
        "aa",
        "a\0",
        "a!",
        "a~",
        "Z",
        "z",
        "é",
        "e",
        "ß",
        "\0",
        " ",
        "~",
        // In UTF-16 the first three of these sort after the others.
        "\u{E000}",
        "\u{FFFD}",
        "\u{FFFF}",
        "\u{10000}",
        "😀",
    ];
    let documents = cx.connect().await?.documents;
    let own = partition("order")?;
    fill(&*documents, &own, STANDING).await?;
    let mut expected = STANDING.map(str::to_owned).to_vec();
    expected.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));

    let ascending = listed(&*documents, &Query::partition(own.clone())).await?;
    ensure_eq!(ascending, expected, "sort keys in ascending order");
    expected.reverse();
    let descending = listed(&*documents, &Query::partition(own).direction(Direction::Descending)).await?;
    ensure_eq!(descending, expected, "sort keys in descending order");
    Ok(())
}

async fn a_query_sees_every_acknowledged_write(cx: Context<DocumentStore>) -> Verdict {
    let (writer, reader) = (cx.connect().await?.documents, cx.connect().await?.documents);
    let own = partition("fresh")?;
    let query = Query::partition(own.clone());
    let mut expected: Vec<(String, String)> = Vec::new();
    for round in 0..12 {
        let sort = format!("d{}", round % 5);
        let key = own.key(sort.clone())?;
        expected.retain(|(standing, _)| *standing != sort);
        if round % 4 == 3 {
            cx.note(format!("one handle deletes {sort}"));
            writer.delete(&THINGS, &key, &Condition::Always).await?;
        } else {
            cx.note(format!("one handle writes {sort}"));
            let body = Body::of(&json!({ "round": round }))?;
            expected.push((sort, body.to_json()));
            writer.put(&THINGS, &key, &Put::new(body)).await?;
        }
        expected.sort_unstable();
        let found = reader.query(&THINGS, &query).await?.documents;
        let found: Vec<_> =
            found.iter().map(|document| (document.key.sort().to_owned(), document.body.to_json())).collect();
        ensure_eq!(found, expected, "documents listed by another handle after write {round}");
    }
    Ok(())
}
