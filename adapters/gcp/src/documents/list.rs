//! Listing: a partition, an index, a segment. Firestore lists expired documents like others, until it removes them; so a
//! listing goes on until its page is full of what is alive.

use anyport_ports::documents::{Direction, Document, IndexPosition, IndexQuery, Query, ScanQuery};
use anyport_ports::{CollectionName, Result};
use firestore::gcloud_sdk::google::firestore::v1::Document as Stored;

use super::query::{Listing, NAME, is_crossed};
use super::{FirestoreDocuments, errors, id, indexes, record, segment, value};

impl FirestoreDocuments {
    /// The live documents of a partition that the query asks for, one more than its page holds.
    pub(super) async fn list_partition(&self, collection: &CollectionName, query: &Query) -> Result<Vec<Document>> {
        self.registry().find(self.connection(), collection, errors::of_read).await?;
        let range = query.remaining();
        if is_crossed(&range) {
            return Ok(Vec::new());
        }
        let listing = Listing::of(self.collection_id(collection))
            .equal(record::PARTITION, value::text(query.partition_key().as_str()))
            .within(record::SORT, &range)
            .ordered(record::SORT, query.runs())
            .ordered(NAME, query.runs());
        self.live(collection, listing, query.page_limit() + 1).await
    }

    /// The live documents of an index that the query asks for, one more than its page holds.
    pub(super) async fn list_index(
        &self,
        collection: &CollectionName,
        query: &IndexQuery,
    ) -> Result<Vec<(IndexPosition, Document)>> {
        let known = self.registry().find(self.connection(), collection, errors::of_read).await?;
        let index = known.index(query.index())?;
        if is_crossed(query.range()) {
            return Ok(Vec::new());
        }
        let order = indexes::path(index, record::ORDER);
        let mut listing = Listing::of(self.collection_id(collection))
            .equal(&indexes::path(index, record::EQUALS), value::text(query.equals()))
            .within(&order, query.range())
            .ordered(&order, query.runs())
            .ordered(record::PARTITION, query.runs())
            .ordered(record::SORT, query.runs())
            .ordered(NAME, query.runs());
        if let Some(IndexPosition { sort, key }) = query.position() {
            listing = listing.after([sort, key.partition().as_str(), key.sort()].map(value::text).to_vec());
        }
        let found = self.live(collection, listing, query.page_limit() + 1).await?;
        let placed = |document: Document| {
            let sort = document.body.text(&index.sort_field).unwrap_or_default().to_owned();
            (IndexPosition { sort, key: document.key.clone() }, document)
        };
        Ok(found.into_iter().map(placed).collect())
    }

    /// The live documents of a segment that the query asks for, one more than its page holds.
    pub(super) async fn list_segment(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Vec<Document>> {
        self.registry().find(self.connection(), collection, errors::of_read).await?;
        let collection_id = self.collection_id(collection);
        let named = |id: &str| value::reference(self.connection().name(format_args!("{collection_id}/{id}")));
        let mut listing = Listing::of(collection_id.clone()).ordered(NAME, Direction::Ascending);
        let (from, to) = segment::bounds(query.scanned());
        if let Some(from) = from {
            listing = listing.at_least(NAME, named(&from));
        }
        if let Some(to) = to {
            listing = listing.below(NAME, named(&to));
        }
        if let Some(last) = query.position() {
            listing = listing.after(vec![named(&id::of(last))]);
        }
        self.live(collection, listing, query.page_limit() + 1).await
    }

    /// The first live documents of a listing.
    async fn live(&self, collection: &CollectionName, mut listing: Listing, wanted: usize) -> Result<Vec<Document>> {
        let parent = format!("{}/documents", self.connection().database());
        let mut live = Vec::new();
        loop {
            let asked = wanted - live.len();
            let query = listing.clone().first(asked).build();
            let found = self.connection().list(&parent, &query).await.map_err(|status| errors::of_read(&status))?;
            let now = self.clock().now();
            for stored in &found {
                live.extend(self.listed(collection, stored)?.filter(|document| document.is_live(now)));
            }
            let more = found.last().filter(|_| found.len() == asked && live.len() < wanted);
            let Some(last) = more else { return Ok(live) };
            listing = listing.after_document(last);
        }
    }

    /// The document of the port, if it is one: under the name of its key, where `get` finds it.
    fn listed(&self, collection: &CollectionName, stored: &Stored) -> Result<Option<Document>> {
        let Some(key) = record::key(stored) else { return Ok(None) };
        if stored.name != self.document_name(collection, &key) {
            return Ok(None);
        }
        record::read(key, stored).map(|standing| Some(standing.document))
    }
}
