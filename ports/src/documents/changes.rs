//! The change feed of a collection.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Document, Key};
use crate::{CollectionName, Result};

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentChange {
    /// Its address.
    pub key: Key,
    /// How it stands after the change; `None` if it was deleted.
    pub document: Option<Document>,
}

/// A place in a feed, of all its shards together: opaque text of the adapter, to be kept where the reader keeps its state.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedPosition(String);

impl FeedPosition {
    /// Wraps what an adapter made.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The position as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FeedPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedPosition({} bytes)", self.0.len())
    }
}

/// A page of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// The changes, those of one document in the order in which they took effect.
    pub changes: Vec<DocumentChange>,
    /// Where the feed goes on: also when there is no change now.
    pub next: FeedPosition,
}

/// The changes of a collection, as they happen: a trait of its own, which runtimes hold for functions that changes call, and
/// functions do not.
#[async_trait]
pub trait Changes: Send + Sync + 'static {
    /// Where the feed stands now: what is written later is read from here.
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition>;

    /// Reads up to `limit` changes (1 to 100) from a position on; from the oldest one that is kept if there is none.
    async fn read(&self, collection: &CollectionName, from: Option<&FeedPosition>, limit: usize) -> Result<FeedPage>;
}
