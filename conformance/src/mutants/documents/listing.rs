//! Faults of what a query lists, and in which order.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Bound;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Condition, Document, Key, Page, Put, Query, TextRange, Transaction, Version};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, per_handle, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("prefix_as_substring", "DOC-QRY-1", "A prefix is looked for anywhere in the sort key.", |_| {
            shared(Prefix(|sort, prefix| sort.contains(prefix)))
        }),
        mutant(
            "prefix_as_like_pattern",
            "DOC-QRY-1",
            "A prefix becomes an SQL LIKE pattern unescaped: `_` stands for any character, and case does not count.",
            |_| shared(Prefix(is_like)),
        ),
        mutant("range_off_by_one", "DOC-QRY-2", "An included upper bound is excluded.", |_| shared(Range(exclude_end))),
        mutant("range_includes_excluded_start", "DOC-QRY-2", "An excluded lower bound is included.", |_| {
            shared(Range(include_start))
        }),
        mutant("crossed_bounds_swapped", "DOC-QRY-2", "A range whose bounds cross is turned round.", |_| {
            shared(Range(uncross))
        }),
        mutant(
            "numeric_sort_as_natural_order",
            "DOC-QRY-3",
            "Sort keys that are numbers are ordered by their value.",
            |_| shared(Order(natural)),
        ),
        mutant("utf_16_order", "DOC-QRY-3", "Sort keys are ordered by UTF-16 code units.", |_| {
            shared(Order(|a, b| a.encode_utf16().cmp(b.encode_utf16())))
        }),
        mutant("case_insensitive_order", "DOC-QRY-3", "Sort keys are ordered as if in lower case.", |_| {
            shared(Order(|a, b| a.to_lowercase().cmp(&b.to_lowercase())))
        }),
        mutant("descending_ignored", "DOC-QRY-3", "Listings run in ascending order whatever is asked for.", |_| {
            shared(Order(|_, _| Ordering::Equal))
        }),
        mutant(
            "stale_query",
            "DOC-QRY-9",
            "A handle answers a query that it was asked before from memory until it writes itself.",
            |_| per_handle(StaleQuery::default),
        ),
    ]
}

/// All documents that the query lists from where it stands, whatever its limit.
pub(super) async fn everything(
    sound: &DocumentStore,
    collection: &CollectionName,
    query: &Query,
) -> Result<Vec<Document>> {
    let mut query = query.clone().limit(100)?;
    let mut documents = Vec::new();
    loop {
        let page = sound.documents.query(collection, &query).await?;
        documents.extend(page.documents);
        match page.next {
            Some(next) => query = query.after(Some(&next))?,
            None => return Ok(documents),
        }
    }
}

/// The page of the query that these documents, all that it lists from where it stands, begin with.
pub(super) fn first_page(query: &Query, mut documents: Vec<Document>) -> Page {
    documents.truncate(query.page_limit() + 1);
    query.page(documents)
}

/// The prefix that this range is of.
pub(super) fn prefix_of(range: &TextRange) -> Option<&str> {
    match range.start() {
        Bound::Included(start) if TextRange::prefix(start) == *range => Some(start),
        _ => None,
    }
}

/// Judges by itself whether a sort key has a prefix.
struct Prefix(fn(&str, &str) -> bool);

#[async_trait]
impl Tamper for Prefix {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let range = query.remaining();
        let Some(prefix) = prefix_of(&range) else { return sound.documents.query(collection, query).await };
        let whole = Query::partition(query.partition_key().clone()).direction(query.runs());
        let mut documents = everything(sound, collection, &whole).await?;
        documents.retain(|document| (self.0)(document.key.sort(), prefix));
        Ok(first_page(query, documents))
    }
}

fn is_like(sort: &str, prefix: &str) -> bool {
    let same = |(a, b): (char, char)| b == '_' || a.eq_ignore_ascii_case(&b);
    sort.chars().count() >= prefix.chars().count() && sort.chars().zip(prefix.chars()).all(same)
}

/// Lists another range than the one asked for.
struct Range(fn(&TextRange) -> TextRange);

#[async_trait]
impl Tamper for Range {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let other = Query::partition(query.partition_key().clone())
            .within((self.0)(&query.remaining()))
            .direction(query.runs());
        Ok(first_page(query, everything(sound, collection, &other).await?))
    }
}

fn exclude_end(range: &TextRange) -> TextRange {
    let end = match range.end() {
        Bound::Included(end) => Bound::Excluded(end),
        end => end,
    };
    TextRange::between(range.start(), end)
}

fn include_start(range: &TextRange) -> TextRange {
    let start = match range.start() {
        Bound::Excluded(start) => Bound::Included(start),
        start => start,
    };
    TextRange::between(start, range.end())
}

fn uncross(range: &TextRange) -> TextRange {
    match (range.start(), range.end()) {
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end))
            if end < start =>
        {
            TextRange::between(range.end(), range.start())
        }
        _ => range.clone(),
    }
}

/// Puts each page in another order; `Equal` leaves it in ascending order.
struct Order(fn(&str, &str) -> Ordering);

#[async_trait]
impl Tamper for Order {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let mut page = sound.documents.query(collection, query).await?;
        page.documents.sort_by(|a, b| a.key.sort().cmp(b.key.sort()));
        page.documents.sort_by(|a, b| (self.0)(a.key.sort(), b.key.sort()));
        if query.runs() == anyport_ports::documents::Direction::Descending && (self.0)("a", "b").is_ne() {
            page.documents.reverse();
        }
        Ok(page)
    }
}

fn natural(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

#[derive(Default)]
struct StaleQuery(Mutex<HashMap<String, Page>>);

impl StaleQuery {
    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[async_trait]
impl Tamper for StaleQuery {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let asked = format!("{collection} {query:?}");
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        if let Some(page) = known {
            return Ok(page);
        }
        let page = sound.documents.query(collection, query).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(asked, page.clone());
        Ok(page)
    }

    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.forget();
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        self.forget();
        sound.documents.delete(collection, key, condition).await
    }

    async fn transact(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        self.forget();
        sound.documents.transact(collection, transaction).await
    }
}
