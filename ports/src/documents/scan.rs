//! Reading a whole collection.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::page::{DEFAULT_PAGE, page_size};
use super::{Document, Key, Page, Partition};
use crate::cursor::{Cursor, fingerprint};
use crate::{Error, Result};

/// One of several disjoint parts of a collection that together hold all of it, to be scanned side by side. Which document
/// is in which is the store's own matter: DynamoDB cuts its tables by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    number: u32,
    of: u32,
}

impl Segment {
    /// Most segments that a collection can be scanned in.
    pub const MAX: u32 = 64;

    /// Segment `number`, counted from 0, `of` as many; at most 64.
    pub fn new(number: u32, of: u32) -> Result<Self> {
        if number < of && of <= Self::MAX {
            Ok(Self { number, of })
        } else {
            let most = Self::MAX;
            Err(Error::invalid(format!("segment {number} of {of}: numbers run from 0, of at most {most} segments")))
        }
    }

    /// The whole collection as one segment.
    pub const fn whole() -> Self {
        Self { number: 0, of: 1 }
    }

    /// The number of this segment, counted from 0, and of how many it is one: for a store that cuts by itself.
    pub const fn numbered(self) -> (u32, u32) {
        (self.number, self.of)
    }

    /// Whether documents of this partition are in this segment, by a hash that is the same in every process: for a store
    /// that does not cut by itself.
    pub fn holds(self, partition: &Partition) -> bool {
        fingerprint(&[partition.as_str().as_bytes()]) % u64::from(self.of) == u64::from(self.number)
    }
}

/// A page of a scan: where it goes on is the key of the last document seen, in the adapter's own order of scanning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanQuery {
    segment: Segment,
    limit: NonZeroUsize,
    after: Option<Key>,
}

impl ScanQuery {
    /// All documents of a segment, 100 a page.
    pub fn segment(segment: Segment) -> Self {
        Self { segment, limit: DEFAULT_PAGE, after: None }
    }

    /// At most this many documents a page: 1 to 100, else [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn limit(mut self, limit: usize) -> Result<Self> {
        self.limit = page_size(limit)?;
        Ok(self)
    }

    /// Goes on where a page of this scan ended. [`InvalidInput`](crate::ErrorKind::InvalidInput) if the cursor is
    /// garbage or belongs to another scan.
    pub fn after(mut self, cursor: Option<&Cursor>) -> Result<Self> {
        self.after = cursor.map(|cursor| cursor.position(self.fingerprint())).transpose()?;
        Ok(self)
    }

    /// The segment scanned.
    pub fn scanned(&self) -> Segment {
        self.segment
    }

    /// The last document that earlier pages gave.
    pub fn position(&self) -> Option<&Key> {
        self.after.as_ref()
    }

    /// The most documents in this page.
    pub fn page_limit(&self) -> usize {
        self.limit.get()
    }

    /// Makes the page from the documents found, of which there may be one more than the limit: its presence is how an
    /// adapter says that the scan goes on.
    pub fn page(&self, documents: Vec<Document>) -> Page {
        Page::cut(documents, self.limit, |last| Cursor::at(self.fingerprint(), &last.key))
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(&[b"scan", &self.segment.number.to_le_bytes(), &self.segment.of.to_le_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_is_in_exactly_one_segment() {
        for n in 0..100 {
            let partition = Partition::new(format!("p{n}")).unwrap();
            let holders = (0..7).filter(|s| Segment::new(*s, 7).unwrap().holds(&partition)).count();
            assert_eq!(holders, 1);
        }
        assert!(Segment::new(7, 7).is_err() && Segment::new(0, 65).is_err());
    }
}
