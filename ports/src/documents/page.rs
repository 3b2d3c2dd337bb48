//! Pages of a listing.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::Document;
use crate::cursor::Cursor;
use crate::{Error, Result};

/// Most documents in one page.
pub const MAX_PAGE: usize = 100;

/// Which way a listing runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the first in byte order to the last.
    #[default]
    Ascending,
    /// From the last in byte order to the first.
    Descending,
}

/// A page of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// The documents, in the listing's order.
    pub documents: Vec<Document>,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Cursor>,
}

impl Page {
    /// The first `limit` of the documents; if there are more, a cursor made of the last one kept.
    pub(super) fn cut(
        mut documents: Vec<Document>,
        limit: NonZeroUsize,
        cursor: impl FnOnce(&Document) -> Cursor,
    ) -> Self {
        let more = documents.len() > limit.get();
        documents.truncate(limit.get());
        let next = documents.last().filter(|_| more).map(cursor);
        Self { documents, next }
    }
}

/// A page limit of 1 to 100.
pub(super) fn page_size(limit: usize) -> Result<NonZeroUsize> {
    NonZeroUsize::new(limit)
        .filter(|limit| limit.get() <= MAX_PAGE)
        .ok_or_else(|| Error::invalid(format!("the page limit is {limit}: it must be 1 to {MAX_PAGE}")))
}

pub(super) const DEFAULT_PAGE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(MAX_PAGE - 1);
