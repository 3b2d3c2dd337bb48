//! Listing the documents of a partition.

use std::num::NonZeroUsize;

use super::page::{DEFAULT_PAGE, page_size};
use super::{Direction, Document, Page, Partition, TextRange};
use crate::Result;
use crate::cursor::{Cursor, fingerprint};

/// Lists documents of one partition by their sort keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    partition: Partition,
    range: TextRange,
    direction: Direction,
    limit: NonZeroUsize,
    after: Option<String>,
}

impl Query {
    /// All documents of the partition, ascending, 100 a page.
    pub fn partition(partition: Partition) -> Self {
        let (range, direction) = (TextRange::all(), Direction::Ascending);
        Self { partition, range, direction, limit: DEFAULT_PAGE, after: None }
    }

    /// Only sort keys within this range.
    #[must_use]
    pub fn within(mut self, range: TextRange) -> Self {
        self.range = range;
        self
    }

    /// Only sort keys that begin with this prefix.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        self.within(TextRange::prefix(prefix))
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
    /// cursor is garbage or belongs to another query. The limit may differ from page to page.
    pub fn after(mut self, cursor: Option<&Cursor>) -> Result<Self> {
        self.after = cursor.map(|cursor| cursor.position(self.fingerprint())).transpose()?;
        Ok(self)
    }

    /// The partition listed.
    pub fn partition_key(&self) -> &Partition {
        &self.partition
    }

    /// The range of sort keys still to list: what was asked for, less what earlier pages gave.
    pub fn remaining(&self) -> TextRange {
        self.range.beyond(self.after.as_deref(), self.direction)
    }

    /// The direction.
    pub fn runs(&self) -> Direction {
        self.direction
    }

    /// The most documents in this page.
    pub fn page_limit(&self) -> usize {
        self.limit.get()
    }

    /// Makes the page from the documents found, in order, of which there may be one more than the limit: its presence
    /// is how an adapter says that the listing goes on.
    pub fn page(&self, documents: Vec<Document>) -> Page {
        Page::cut(documents, self.limit, |last| Cursor::at(self.fingerprint(), &last.key.sort()))
    }

    fn fingerprint(&self) -> u64 {
        let [start, end] = self.range.bytes();
        fingerprint(&[b"query", self.partition.as_str().as_bytes(), &start, &end, &[self.direction as u8]])
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use super::*;
    use crate::ErrorKind;

    fn query() -> Query {
        Query::partition(Partition::new("p").unwrap())
    }

    #[test]
    fn a_cursor_is_bound_to_its_query() {
        let cursor = Cursor::at(query().prefix("a").fingerprint(), &"ab");
        let resumed = query().prefix("a").after(Some(&cursor)).unwrap();
        assert_eq!(resumed.remaining().start(), Bound::Excluded("ab"));
        for other in [query(), query().prefix("b"), query().prefix("a").direction(Direction::Descending)] {
            assert_eq!(other.after(Some(&cursor)).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn garbage_is_not_a_cursor() {
        for garbage in ["", "x", "bm90IGpzb24", "💥", &"A".repeat(100_000)] {
            let error = query().after(Some(&Cursor::from_text(garbage))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_page_holds_1_to_100() {
        assert!(query().limit(1).is_ok() && query().limit(100).is_ok());
        assert!(query().limit(0).is_err() && query().limit(101).is_err());
    }
}
