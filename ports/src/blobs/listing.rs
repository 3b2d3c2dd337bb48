//! Listing blobs by name.

use std::num::NonZeroUsize;

use super::{BlobInfo, BlobName};
use crate::cursor::{Cursor, fingerprint};
use crate::{Error, Result};

const MAX_PAGE: usize = 1000;

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListBlobs {
    prefix: String,
    delimiter: Option<char>,
    limit: NonZeroUsize,
    after: Option<String>,
}

impl ListBlobs {
    /// Every blob whose name begins with `prefix`, 1,000 a page.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        const DEFAULT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(MAX_PAGE - 1);
        Self { prefix: prefix.into(), delimiter: None, limit: DEFAULT, after: None }
    }

    /// Folds names that hold this character after the prefix into their common prefix.
    #[must_use]
    pub fn delimiter(mut self, delimiter: char) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// At most this many blobs and common prefixes a page: 1 to 1,000.
    pub fn limit(mut self, limit: usize) -> Result<Self> {
        self.limit = NonZeroUsize::new(limit)
            .filter(|limit| limit.get() <= MAX_PAGE)
            .ok_or_else(|| Error::invalid(format!("the page limit is {limit}: it must be 1 to {MAX_PAGE}")))?;
        Ok(self)
    }

    /// Goes on where a page of this listing ended; call it last. [`InvalidInput`](crate::ErrorKind::InvalidInput) if the
    /// cursor is garbage or belongs to another listing.
    pub fn after(mut self, cursor: Option<&Cursor>) -> Result<Self> {
        self.after = cursor.map(|cursor| cursor.position(self.fingerprint())).transpose()?;
        Ok(self)
    }

    /// The prefix.
    pub fn prefix_text(&self) -> &str {
        &self.prefix
    }

    /// The most blobs and common prefixes in this page.
    pub fn page_limit(&self) -> usize {
        self.limit.get()
    }

    /// The delimiter.
    pub fn delimiting(&self) -> Option<char> {
        self.delimiter
    }

    /// The last blob or common prefix that earlier pages gave. Names beyond it are still to list; if it is a common
    /// prefix (see [`ListBlobs::fold`]), names that begin with it are not.
    pub fn position(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Whether a blob of this name is still to be listed, itself or as its common prefix.
    pub fn lists(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
            && self.after.as_deref().is_none_or(|after| self.fold(name).unwrap_or(name) > after)
    }

    /// The common prefix that a name is listed under, if it is not listed as itself.
    pub fn fold<'a>(&self, name: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter?;
        let rest = name.get(self.prefix.len()..)?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len_utf8();
        name.get(..end)
    }

    /// Makes the page from blobs still to be listed, in order of name. It takes as many as the page needs and one more,
    /// so an adapter may hand over an iterator that reads on.
    pub fn page(&self, blobs: impl IntoIterator<Item = BlobInfo>) -> BlobPage {
        self.page_of(blobs.into_iter().map(|blob| match self.fold(blob.name.as_str()) {
            Some(prefix) => Listed::Prefix(prefix.to_owned()),
            None => Listed::Blob(blob),
        }))
    }

    /// Makes the page from what a store lists that folds names by itself: blobs and common prefixes still to be listed, in
    /// one order. A common prefix may come several times in a row.
    pub fn page_of(&self, listed: impl IntoIterator<Item = Listed>) -> BlobPage {
        let mut page = BlobPage { blobs: Vec::new(), prefixes: Vec::new(), next: None };
        let mut last: Option<String> = None;
        for item in listed {
            if last.as_deref() == Some(item.position()) {
                continue;
            }
            if page.blobs.len() + page.prefixes.len() == self.limit.get() {
                page.next = last.map(|last| Cursor::at(self.fingerprint(), &last));
                return page;
            }
            last = Some(item.position().to_owned());
            match item {
                Listed::Prefix(prefix) => page.prefixes.push(prefix),
                Listed::Blob(blob) => page.blobs.push(blob),
            }
        }
        page
    }

    fn fingerprint(&self) -> u64 {
        let delimiter = self.delimiter.map(String::from).unwrap_or_default();
        fingerprint(&[b"blobs", self.prefix.as_bytes(), delimiter.as_bytes()])
    }
}

/// What a listing is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A blob.
    Blob(BlobInfo),
    /// A common prefix, with the delimiter at its end.
    Prefix(String),
}

impl Listed {
    /// Its place in the order: the name or the common prefix.
    pub fn position(&self) -> &str {
        match self {
            Self::Blob(blob) => blob.name.as_str(),
            Self::Prefix(prefix) => prefix,
        }
    }
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPage {
    /// Blobs, in order of name.
    pub blobs: Vec<BlobInfo>,
    /// Common prefixes, in order, each with the delimiter at its end.
    pub prefixes: Vec<String>,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Cursor>,
}

impl BlobPage {
    /// The names of the blobs of this page.
    pub fn names(&self) -> impl Iterator<Item = &BlobName> {
        self.blobs.iter().map(|blob| &blob.name)
    }
}
