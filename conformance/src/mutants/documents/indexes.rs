//! Faults of declared indexes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{
    Condition, Direction, Document, Index, IndexPosition, IndexQuery, Key, Page, Put, ScanQuery, Segment, TextRange,
    Version,
};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;
use crate::suite::BY_STATE;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("index_order_by_key", "DOC-IDX-1", "An index lists by key, not by its sort field.", |_| {
            shared(Order(|a, b| a.key.cmp(&b.key)))
        }),
        mutant(
            "index_ties_in_any_order",
            "DOC-IDX-1",
            "Documents of equal sort field are listed by sort key alone, whatever their partition.",
            |_| shared(Order(|a, b| (rank(a), a.key.sort()).cmp(&(rank(b), b.key.sort())))),
        ),
        mutant(
            "index_range_ignored",
            "DOC-IDX-1",
            "An index lists every document of the partition field, whatever the range.",
            |_| shared(RangeIgnored),
        ),
        mutant("index_ghosts", "DOC-IDX-2", "A deleted document stays in the index.", |_| {
            shared(Ghosts { of: Change::Delete, left: Mutex::default() })
        }),
        mutant(
            "index_keeps_old_values",
            "DOC-IDX-2",
            "A document stays in the index under the values that an overwrite replaced.",
            |_| shared(Ghosts { of: Change::Put, left: Mutex::default() }),
        ),
        mutant(
            "sparse_ignored",
            "DOC-IDX-3",
            "A document without text in the index's sort field is listed as if it held the empty text.",
            |_| shared(SparseIgnored),
        ),
        mutant(
            "index_refuses_documents_without_its_fields",
            "DOC-IDX-3",
            "A document whose index field holds no text cannot be written.",
            |_| shared(Refuses),
        ),
        mutant(
            "index_page_skips_ties",
            "DOC-IDX-4",
            "A page of an index begins after all documents of the sort field where the last one ended.",
            |_| shared(SkipsTies),
        ),
        mutant("undeclared_index_empty", "DOC-IDX-5", "An index that was not declared lists nothing.", |_| {
            shared(UndeclaredEmpty)
        }),
    ]
}

fn index() -> Index {
    Index::new(BY_STATE, "state", "rank")
}

fn rank(document: &Document) -> &str {
    document.body.text("rank").unwrap_or_default()
}

/// All documents of the collection that the index query asks for, by this judgement, from where it stands.
async fn list(
    sound: &DocumentStore,
    collection: &CollectionName,
    query: &IndexQuery,
    more: impl IntoIterator<Item = Document>,
    entry: fn(&Document) -> Option<(&str, &str)>,
) -> Result<Page> {
    let mut scan = ScanQuery::segment(Segment::whole());
    let mut documents: Vec<Document> = more.into_iter().collect();
    loop {
        let page = sound.scan.scan(collection, &scan).await?;
        documents.extend(page.documents);
        let Some(next) = page.next else { break };
        scan = scan.after(Some(&next))?;
    }
    let mut found: Vec<(IndexPosition, Document)> = documents
        .into_iter()
        .filter_map(|document| {
            let (state, rank) = entry(&document)?;
            let place = IndexPosition { sort: rank.to_owned(), key: document.key.clone() };
            (state == query.equals() && query.range().contains(rank)).then_some((place, document))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    if query.runs() == Direction::Descending {
        found.reverse();
    }
    if let Some(position) = query.position() {
        found.retain(|(place, _)| match query.runs() {
            Direction::Ascending => place > position,
            Direction::Descending => place < position,
        });
    }
    found.truncate(query.page_limit() + 1);
    Ok(query.page(found))
}

/// Puts each page of an index in another order.
struct Order(fn(&Document, &Document) -> std::cmp::Ordering);

#[async_trait]
impl Tamper for Order {
    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        let mut page = sound.documents.query_index(collection, query).await?;
        page.documents.sort_by(self.0);
        if query.runs() == Direction::Descending {
            page.documents.reverse();
        }
        Ok(page)
    }
}

struct RangeIgnored;

#[async_trait]
impl Tamper for RangeIgnored {
    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        sound.documents.query_index(collection, &query.clone().within(TextRange::all())).await
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Change {
    Delete,
    Put,
}

/// Leaves in the index what one kind of change should take away.
struct Ghosts {
    of: Change,
    left: Mutex<BTreeMap<Key, Document>>,
}

impl Ghosts {
    async fn haunt(&self, of: Change, sound: &DocumentStore, collection: &CollectionName, key: &Key) {
        if self.of == of
            && let Ok(Some(document)) = sound.documents.get(collection, key).await
        {
            self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), document);
        }
    }
}

#[async_trait]
impl Tamper for Ghosts {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.haunt(Change::Put, sound, collection, key).await;
        sound.documents.put(collection, key, put).await
    }

    async fn delete(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
    ) -> Result<()> {
        self.haunt(Change::Delete, sound, collection, key).await;
        sound.documents.delete(collection, key, condition).await
    }

    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        if *query.index() != BY_STATE {
            return sound.documents.query_index(collection, query).await;
        }
        let left: Vec<Document> = self.left.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let mut ghosts = Vec::new();
        for ghost in left {
            // What stands is listed as it stands; a ghost is seen only where it should be gone.
            let standing = sound.documents.get(collection, &ghost.key).await?;
            let entry = standing.as_ref().and_then(|standing| index().entry(&standing.body).map(|_| rank(standing)));
            if entry != Some(rank(&ghost)) {
                ghosts.push(ghost);
            }
        }
        list(sound, collection, query, ghosts, |document| index().entry(&document.body)).await
    }
}

struct SparseIgnored;

#[async_trait]
impl Tamper for SparseIgnored {
    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        if *query.index() != BY_STATE {
            return sound.documents.query_index(collection, query).await;
        }
        list(sound, collection, query, [], |document| Some((document.body.text("state")?, rank(document)))).await
    }
}

struct Refuses;

#[async_trait]
impl Tamper for Refuses {
    async fn put(&self, sound: &DocumentStore, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let fields = put.body.fields();
        if ["state", "rank"].iter().any(|field| fields.get(*field).is_some_and(|value| !value.is_string())) {
            return Err(Error::invalid("type mismatch for index key"));
        }
        sound.documents.put(collection, key, put).await
    }
}

struct SkipsTies;

#[async_trait]
impl Tamper for SkipsTies {
    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        let mut query = query.clone();
        loop {
            let page = sound.documents.query_index(collection, &query).await?;
            let tie = |document: &Document| query.position().is_some_and(|place| place.sort == rank(document));
            if !page.documents.iter().any(tie) {
                return Ok(page);
            }
            let rest: Vec<Document> = page.documents.iter().filter(|document| !tie(document)).cloned().collect();
            match page.next {
                Some(next) if rest.is_empty() => query = query.after(Some(&next))?,
                next => return Ok(Page { documents: rest, next }),
            }
        }
    }
}

struct UndeclaredEmpty;

#[async_trait]
impl Tamper for UndeclaredEmpty {
    async fn query_index(
        &self,
        sound: &DocumentStore,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Page> {
        match sound.documents.query_index(collection, query).await {
            Err(error) if error.kind() == ErrorKind::NotFound && *query.index() != BY_STATE => {
                Ok(query.page(Vec::new()))
            }
            answer => answer,
        }
    }
}
