//! Secondary indexes: how they are declared, and how they are listed.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::page::{DEFAULT_PAGE, page_size};
use super::{Body, Direction, Document, Key, Page, TextRange};
use crate::cursor::{Cursor, fingerprint};
use crate::{IndexName, Result};

/// A declared secondary index over two fields of the top level of the body. A document is in the index if both hold
/// text of at most 1 KiB; others are not, which is how an index is kept small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The index's name within its collection.
    pub name: IndexName,
    /// The field that an [`IndexQuery`] asks to be equal to a text.
    pub partition_field: String,
    /// The field that orders documents of equal partition field.
    pub sort_field: String,
}

impl Index {
    /// Longest text, in bytes, that an index field may hold for its document to be in the index: DynamoDB's limit for a
    /// sort key.
    pub const MAX_FIELD_BYTES: usize = 1024;

    /// An index called `name` on these two fields.
    pub fn new(name: IndexName, partition_field: impl Into<String>, sort_field: impl Into<String>) -> Self {
        Self { name, partition_field: partition_field.into(), sort_field: sort_field.into() }
    }

    /// The texts under which a document of this body is in the index: partition field, sort field.
    pub fn entry<'a>(&self, body: &'a Body) -> Option<(&'a str, &'a str)> {
        let text = |field| body.text(field).filter(|text| (1..=Self::MAX_FIELD_BYTES).contains(&text.len()));
        Some((text(&self.partition_field)?, text(&self.sort_field)?))
    }
}

/// Lists the documents of a declared index whose partition field holds one text, by the text of its sort field, equal
/// ones by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexQuery {
    index: IndexName,
    equals: String,
    range: TextRange,
    direction: Direction,
    limit: NonZeroUsize,
    after: Option<IndexPosition>,
}

/// A place in an index: the text of the sort field, then the document's key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexPosition {
    /// The text of the index's sort field.
    pub sort: String,
    /// The document.
    pub key: Key,
}

impl IndexQuery {
    /// All documents whose partition field of this index is this text, ascending, 100 a page.
    pub fn new(index: IndexName, equals: impl Into<String>) -> Self {
        let (range, direction) = (TextRange::all(), Direction::Ascending);
        Self { index, equals: equals.into(), range, direction, limit: DEFAULT_PAGE, after: None }
    }

    /// Only those whose sort field is within this range.
    #[must_use]
    pub fn within(mut self, range: TextRange) -> Self {
        self.range = range;
        self
    }

    /// Listed in this direction.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// At most this many documents a page: 1 to 100, else [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn limit(mut self, limit: usize) -> Result<Self> {
        self.limit = page_size(limit)?;
        Ok(self)
    }

    /// Goes on where a page of this query ended; call it last. [`InvalidInput`](crate::ErrorKind::InvalidInput) if the
    /// cursor is garbage or belongs to another query.
    pub fn after(mut self, cursor: Option<&Cursor>) -> Result<Self> {
        self.after = cursor.map(|cursor| cursor.position(self.fingerprint())).transpose()?;
        Ok(self)
    }

    /// The index listed.
    pub fn index(&self) -> &IndexName {
        &self.index
    }

    /// What the index's partition field must hold.
    pub fn equals(&self) -> &str {
        &self.equals
    }

    /// The range of the sort field asked for.
    pub fn range(&self) -> &TextRange {
        &self.range
    }

    /// The last place that earlier pages gave: list only what lies beyond it in the query's direction.
    pub fn position(&self) -> Option<&IndexPosition> {
        self.after.as_ref()
    }

    /// The direction.
    pub fn runs(&self) -> Direction {
        self.direction
    }

    /// The most documents in this page.
    pub fn page_limit(&self) -> usize {
        self.limit.get()
    }

    /// Makes the page from the documents found with their places, in order, of which there may be one more than the
    /// limit: its presence is how an adapter says that the listing goes on.
    pub fn page(&self, found: Vec<(IndexPosition, Document)>) -> Page {
        let more = found.len() > self.limit.get();
        let mut found = found;
        found.truncate(self.limit.get());
        let next = found.last().filter(|_| more).map(|(place, _)| Cursor::at(self.fingerprint(), place));
        Page { documents: found.into_iter().map(|(_, document)| document).collect(), next }
    }

    fn fingerprint(&self) -> u64 {
        let [start, end] = self.range.bytes();
        let (index, equals) = (self.index.as_str().as_bytes(), self.equals.as_bytes());
        fingerprint(&[b"index", index, equals, &start, &end, &[self.direction as u8]])
    }
}
