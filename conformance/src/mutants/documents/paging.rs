//! Faults of pages and cursors.
//!
//! A query hands its cursors out by itself, so a fault that means something else by one keeps account of it.

use std::collections::{HashMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::documents::{Direction, Document, Page, Query, TextRange};
use anyport_ports::{CollectionName, Cursor, Error, Result};
use async_trait::async_trait;

use super::listing::{everything, first_page};
use super::tamper::{Tamper, mutant, shared};
use crate::mutants::{Mutant, Wrap};
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant(
            "limit_before_filter",
            "DOC-QRY-4",
            "The limit counts documents read, of which those outside the range are then left out.",
            |_| shared(LimitBeforeFilter),
        ),
        mutant(
            "page_drops_its_last",
            "DOC-QRY-5",
            "The last document of a full page is lost between it and the next.",
            |_| shared(Pages(|page, _| _ = page.documents.pop())),
        ),
        mutant(
            "page_duplicates",
            "DOC-QRY-5",
            "A page that others follow is listed with its last document again.",
            |_| shared(Pages(|page, _| page.documents.extend(page.documents.last().cloned()))),
        ),
        mutant(
            "full_page_always_has_a_cursor",
            "DOC-QRY-5",
            "A page that is full has a cursor, though it is the last.",
            |_| shared(AlwaysACursor),
        ),
        mutant(
            "cursor_breaks_under_insert",
            "DOC-QRY-6",
            "A cursor is an offset: what is inserted or deleted before it shifts the listing.",
            |_| shared(Offsets::default()),
        ),
        mutant(
            "cursor_needs_its_document",
            "DOC-QRY-6",
            "A listing whose cursor names a document that was deleted meanwhile ends there.",
            |_| shared(NeedsItsDocument::default()),
        ),
        mutant("cursor_bound_to_handle", "DOC-QRY-7", "A cursor is known only to the handle that gave it.", |_| {
            bound_to_handle()
        }),
        mutant(
            "cursor_bound_to_partition_only",
            "DOC-QRY-8",
            "A cursor serves a query of the whole partition, whichever query it came from.",
            |_| {
                shared(Pages(|page, query| {
                    let whole = Query::partition(query.partition_key().clone()).direction(query.runs());
                    page.next = page.documents.last().and_then(|last| cursor_at(&whole, last));
                }))
            },
        ),
    ]
}

/// A cursor of the query after this document.
fn cursor_at(query: &Query, document: &Document) -> Option<Cursor> {
    query.clone().limit(1).ok()?.page(vec![document.clone(), document.clone()]).next
}

/// The sort key of the cursor that the query goes on from, if it does, and the same range without it. A bound that was
/// asked for looks alike, so a fault asks what it remembers as well.
fn position(query: &Query) -> Option<String> {
    let range = query.remaining();
    match (query.runs(), range.start(), range.end()) {
        (Direction::Ascending, Bound::Excluded(at), _) | (Direction::Descending, _, Bound::Excluded(at)) => {
            Some(at.to_owned())
        }
        _ => None,
    }
}

struct LimitBeforeFilter;

#[async_trait]
impl Tamper for LimitBeforeFilter {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let range = query.remaining();
        let from = match (query.runs(), position(query)) {
            (_, None) => TextRange::all(),
            (Direction::Ascending, Some(_)) => TextRange::between(range.start(), Bound::<&str>::Unbounded),
            (Direction::Descending, Some(_)) => TextRange::between(Bound::<&str>::Unbounded, range.end()),
        };
        let read = Query::partition(query.partition_key().clone()).within(from).direction(query.runs());
        let mut page = first_page(query, everything(sound, collection, &read).await?);
        page.documents.retain(|document| range.contains(document.key.sort()));
        Ok(page)
    }
}

/// Spoils a page that others follow.
struct Pages(fn(&mut Page, &Query));

#[async_trait]
impl Tamper for Pages {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let mut page = sound.documents.query(collection, query).await?;
        if page.next.is_some() {
            (self.0)(&mut page, query);
        }
        Ok(page)
    }
}

struct AlwaysACursor;

#[async_trait]
impl Tamper for AlwaysACursor {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let mut page = sound.documents.query(collection, query).await?;
        if page.documents.len() == query.page_limit() {
            page.next = page.documents.last().and_then(|last| cursor_at(query, last));
        }
        Ok(page)
    }
}

/// By where a listing goes on, the query from its beginning, and how many documents it has given.
#[derive(Default)]
struct Offsets(Mutex<HashMap<String, (Query, usize)>>);

fn place(query: &Query, sort: &str) -> String {
    format!("{:?} {:?} {sort:?}", query.partition_key(), query.runs())
}

#[async_trait]
impl Tamper for Offsets {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        let known = position(query)
            .and_then(|sort| self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&place(query, &sort)).cloned());
        let (whole, offset) = known.unwrap_or_else(|| (query.clone(), 0));
        let mut documents = everything(sound, collection, &whole).await?;
        documents.drain(..offset.min(documents.len()));
        let page = first_page(query, documents);
        if let (Some(_), Some(last)) = (&page.next, page.documents.last()) {
            let at = place(query, last.key.sort());
            let given = (whole, offset + page.documents.len());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at, given);
        }
        Ok(page)
    }
}

/// Where listings stopped.
#[derive(Default)]
struct NeedsItsDocument(Mutex<HashSet<String>>);

#[async_trait]
impl Tamper for NeedsItsDocument {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        if let Some(sort) = position(query) {
            let is_cursor = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&place(query, &sort));
            let key = query.partition_key().key(sort)?;
            if is_cursor && sound.documents.get(collection, &key).await?.is_none() {
                return Ok(query.page(Vec::new()));
            }
        }
        let page = sound.documents.query(collection, query).await?;
        if let (Some(_), Some(last)) = (&page.next, page.documents.last()) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place(query, last.key.sort()));
        }
        Ok(page)
    }
}

/// By handle, the places of the cursors that it gave.
type Given = Arc<Mutex<Vec<HashSet<String>>>>;

struct BoundToHandle {
    given: Given,
    own: usize,
}

fn bound_to_handle() -> Wrap<DocumentStore> {
    let given = Given::default();
    super::tamper::per_handle(move || {
        let mut all = given.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(HashSet::new());
        BoundToHandle { given: Arc::clone(&given), own: all.len() - 1 }
    })
}

#[async_trait]
impl Tamper for BoundToHandle {
    async fn query(&self, sound: &DocumentStore, collection: &CollectionName, query: &Query) -> Result<Page> {
        if let Some(sort) = position(query) {
            let at = place(query, &sort);
            let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            if !given[self.own].contains(&at) && given.iter().any(|other| other.contains(&at)) {
                return Err(Error::invalid("the cursor has timed out"));
            }
        }
        let page = sound.documents.query(collection, query).await?;
        if let (Some(_), Some(last)) = (&page.next, page.documents.last()) {
            let at = place(query, last.key.sort());
            self.given.lock().unwrap_or_else(PoisonError::into_inner)[self.own].insert(at);
        }
        Ok(page)
    }
}
