//! The suite: every check of every port.

use anyport_ports::documents::Index;
use anyport_ports::resources::{CollectionSpec, Resources, SubscriptionSpec};
use anyport_ports::{BucketName, CollectionName, IndexName, TopicName};

use crate::check::Check;
use crate::subject::{BlobStore, DocumentStore, MessageStore, SecretStore};

pub mod blobs;
pub mod documents;
pub mod messages;
mod outage;
pub mod secrets;

/// The checks to run, by port.
pub struct Suite {
    /// Of documents.
    pub documents: Vec<Check<DocumentStore>>,
    /// Of messages.
    pub messages: Vec<Check<MessageStore>>,
    /// Of blobs.
    pub blobs: Vec<Check<BlobStore>>,
    /// Of secrets.
    pub secrets: Vec<Check<SecretStore>>,
}

impl Suite {
    /// Every check.
    pub fn complete() -> Self {
        Self {
            documents: documents::checks(),
            messages: messages::checks(),
            blobs: blobs::checks(),
            secrets: secrets::checks(),
        }
    }

    /// Only the checks whose clause or name holds this text, in any case.
    #[must_use]
    pub fn matching(mut self, filter: &str) -> Self {
        let filter = filter.to_lowercase();
        let keep = |clause: &str, name: &str| clause.to_lowercase().contains(&filter) || name.contains(&filter);
        self.documents.retain(|check| keep(check.clause, check.name));
        self.messages.retain(|check| keep(check.clause, check.name));
        self.blobs.retain(|check| keep(check.clause, check.name));
        self.secrets.retain(|check| keep(check.clause, check.name));
        self
    }

    /// The clauses pinned, in the suite's order.
    pub fn clauses(&self) -> Vec<&'static str> {
        let documents = self.documents.iter().map(|check| check.clause);
        let messages = self.messages.iter().map(|check| check.clause);
        let blobs = self.blobs.iter().map(|check| check.clause);
        let secrets = self.secrets.iter().map(|check| check.clause);
        documents.chain(messages).chain(blobs).chain(secrets).collect()
    }
}

/// The collection that most checks work in; it has the index [`BY_STATE`].
pub const THINGS: CollectionName = CollectionName::from_static("things");
/// A second collection of the same form.
pub const OTHER_THINGS: CollectionName = CollectionName::from_static("other-things");
/// The index of both collections: by the field `state`, ordered by the field `rank`.
pub const BY_STATE: IndexName = IndexName::from_static("by-state");
/// The topic that most checks work with; it has the subscriptions `first` and `second`, of three attempts each.
pub const NEWS: TopicName = TopicName::from_static("news");
/// The bucket that most checks work in.
pub const FILES: BucketName = BucketName::from_static("files");
/// A second bucket.
pub const OTHER_FILES: BucketName = BucketName::from_static("other-files");

/// Attempts that the subscriptions of [`NEWS`] allow.
pub const ATTEMPTS: u32 = 3;

/// What the checks need to exist.
pub fn resources() -> Resources {
    let indexes = vec![Index::new(BY_STATE, "state", "rank")];
    let collection = |name| CollectionSpec { name, indexes: indexes.clone() };
    let subscription = |name: &str| SubscriptionSpec { topic: NEWS, name: name.to_owned(), max_attempts: ATTEMPTS };
    Resources {
        collections: vec![collection(THINGS), collection(OTHER_THINGS)],
        topics: vec![NEWS],
        subscriptions: vec![subscription("first"), subscription("second")],
        buckets: vec![FILES, OTHER_FILES],
        secrets: Vec::new(),
    }
}
