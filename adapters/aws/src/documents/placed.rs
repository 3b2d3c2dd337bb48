//! Listing an index.
//!
//! A GSI holds the keys alone, and the documents are then read from the table, consistently. A GSI that held whole
//! documents would save that request, but be written with every change of any field, and give documents as they were; so
//! there are no ghosts either: a document that is gone, or no longer stands where the GSI says, is left out.

use anyport_ports::documents::{Direction, Document, Index, IndexPosition, IndexQuery, Key, Page};
use anyport_ports::{CollectionName, Result};
use aws_sdk_dynamodb::types::AttributeValue;

use super::item::Item;
use super::query::{Within, wanted};
use super::{DynamoDocuments, item, order, schema};

const OPERATION: &str = "documents.query_index";

impl DynamoDocuments {
    pub(super) async fn list_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let index = self.index(OPERATION, collection, query.index()).await?;
        let ascending = query.runs() == Direction::Ascending;
        let span = order::span(query.range(), query.position(), ascending);
        // What no document can hold in an index, no key condition may ask for.
        let held = (1..=Index::MAX_FIELD_BYTES).contains(&query.equals().len());
        let Some(span) = span.filter(|_| held) else { return Ok(query.page(Vec::new())) };
        let sort_name = item::sort_name(&index);
        let within = Within::new((&item::partition_name(&index), query.equals()), &sort_name, span);
        let (mut listing, mut start) = (Listing::new(query), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(self.table(collection))
                .index_name(schema::gsi_name(&index.name))
                .key_condition_expression(&within.expression)
                .set_expression_attribute_names(Some(within.names.clone()))
                .set_expression_attribute_values(Some(within.values.clone()))
                .scan_index_forward(ascending)
                .set_limit(wanted(query.page_limit(), listing.found.len()))
                .set_exclusive_start_key(start)
                .send()
                .await;
            let resource = format!("{collection}/{}", query.index());
            let answer = answer.map_err(|failure| self.failure(OPERATION, collection, &resource, &failure))?;
            let entries = entries(answer.items(), &sort_name).map_err(|error| error.during(OPERATION, &resource))?;
            let keys: Vec<Key> = entries.iter().map(|(_, key)| key.clone()).collect();
            let mut documents = self.read_many(OPERATION, collection, &keys).await?;
            let now = self.aws.clock().now();
            for (place, key) in entries {
                let document = documents.remove(&key).filter(|document| document.is_live(now));
                listing.add(&index, place, document);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                listing.close();
            }
            if start.is_none() || listing.found.len() > query.page_limit() {
                return Ok(query.page(listing.found));
            }
        }
    }
}

/// The entries of a GSI: the place, and whose it is.
fn entries(items: &[Item], sort_name: &str) -> Result<Vec<(String, Key)>> {
    let place = |item: &Item| match item.get(sort_name) {
        Some(AttributeValue::S(place)) => place.clone(),
        _ => String::new(),
    };
    items.iter().map(|item| Ok((place(item), item::address(item)?))).collect()
}

/// Documents in the order of the index. Those of one place, of which there is more than one only where it was cut short,
/// are ordered here, once all of them are there.
struct Listing<'a> {
    query: &'a IndexQuery,
    found: Vec<(IndexPosition, Document)>,
    place: String,
    together: Vec<(IndexPosition, Document)>,
}

impl<'a> Listing<'a> {
    fn new(query: &'a IndexQuery) -> Self {
        Self { query, found: Vec::new(), place: String::new(), together: Vec::new() }
    }

    /// Adds what stands at an entry, if it is still what the entry says and has been asked for.
    fn add(&mut self, index: &Index, place: String, document: Option<Document>) {
        if place != self.place {
            self.close();
            self.place = place;
        }
        let Some(document) = document else { return };
        let Some((equals, sort)) = index.entry(&document.body) else { return };
        let position = IndexPosition { sort: sort.to_owned(), key: document.key.clone() };
        let stands = equals == self.query.equals() && order::place(sort, &document.key) == self.place;
        if stands && self.query.range().contains(sort) && self.is_left(&position) {
            self.together.push((position, document));
        }
    }

    /// Nothing more comes at this place.
    fn close(&mut self) {
        self.together.sort_by(|(one, _), (other, _)| one.cmp(other));
        if self.query.runs() == Direction::Descending {
            self.together.reverse();
        }
        self.found.append(&mut self.together);
    }

    fn is_left(&self, position: &IndexPosition) -> bool {
        match (self.query.position(), self.query.runs()) {
            (None, _) => true,
            (Some(reached), Direction::Ascending) => position > reached,
            (Some(reached), Direction::Descending) => position < reached,
        }
    }
}
