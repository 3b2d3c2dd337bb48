//! The suite: every check of every port.

use anyport_ports::documents::Index;
use anyport_ports::resources::{CollectionSpec, Resources, SubscriptionSpec};
use anyport_ports::{BucketName, CollectionName, IndexName, TopicName};

use crate::built::{IdempotencyHandle, LeaseHandle, OutboxHandle};
use crate::check::Check;
use crate::faults::Faultable;
use crate::subject::{BlobStore, ChangeStore, DocumentStore, MessageStore, SecretStore};

pub mod blobs;
pub mod changes;
pub mod documents;
pub mod idempotency;
pub mod leases;
mod losing;
pub mod messages;
mod outage;
pub mod outbox;
pub mod secrets;

/// The checks to run, by port, and by what is built from ports.
#[derive(Default)]
pub struct Suite {
    /// Of documents.
    pub documents: Vec<Check<DocumentStore>>,
    /// Of the change feed of documents.
    pub changes: Vec<Check<ChangeStore>>,
    /// Of messages.
    pub messages: Vec<Check<MessageStore>>,
    /// Of blobs.
    pub blobs: Vec<Check<BlobStore>>,
    /// Of secrets.
    pub secrets: Vec<Check<SecretStore>>,
    /// Of idempotency.
    pub idempotency: Vec<Check<IdempotencyHandle>>,
    /// Of leases.
    pub leases: Vec<Check<LeaseHandle>>,
    /// Of outbox and inbox.
    pub outbox: Vec<Check<OutboxHandle>>,
}

impl Suite {
    /// Every check.
    pub fn complete() -> Self {
        Self {
            documents: documents::checks(),
            changes: changes::checks(),
            messages: messages::checks(),
            blobs: blobs::checks(),
            secrets: secrets::checks(),
            idempotency: idempotency::checks(),
            leases: leases::checks(),
            outbox: outbox::checks(),
        }
    }

    /// Only the checks whose clause or name holds this text, in any case.
    #[must_use]
    pub fn matching(mut self, filter: &str) -> Self {
        let filter = filter.to_lowercase();
        let keep = |clause: &str, name: &str| clause.to_lowercase().contains(&filter) || name.contains(&filter);
        self.documents.retain(|check| keep(check.clause, check.name));
        self.changes.retain(|check| keep(check.clause, check.name));
        self.messages.retain(|check| keep(check.clause, check.name));
        self.blobs.retain(|check| keep(check.clause, check.name));
        self.secrets.retain(|check| keep(check.clause, check.name));
        self.idempotency.retain(|check| keep(check.clause, check.name));
        self.leases.retain(|check| keep(check.clause, check.name));
        self.outbox.retain(|check| keep(check.clause, check.name));
        self
    }

    /// The clauses pinned and the names of their checks, in the suite's order.
    pub fn names(&self) -> Vec<(&'static str, &'static str)> {
        fn of<H: Faultable>(checks: &[Check<H>]) -> impl Iterator<Item = (&'static str, &'static str)> {
            checks.iter().map(|check| (check.clause, check.name))
        }
        let mut names = Vec::new();
        names.extend(of(&self.documents));
        names.extend(of(&self.changes));
        names.extend(of(&self.messages));
        names.extend(of(&self.blobs));
        names.extend(of(&self.secrets));
        names.extend(of(&self.idempotency));
        names.extend(of(&self.leases));
        names.extend(of(&self.outbox));
        names
    }

    /// The clauses pinned, in the suite's order.
    pub fn clauses(&self) -> Vec<&'static str> {
        self.names().into_iter().map(|(clause, _)| clause).collect()
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
    let collection = |name| CollectionSpec::new(name, indexes.clone());
    let subscription = |name: &str| SubscriptionSpec { topic: NEWS, name: name.to_owned(), max_attempts: ATTEMPTS };
    Resources {
        collections: vec![collection(THINGS), collection(OTHER_THINGS)],
        topics: vec![NEWS],
        subscriptions: vec![subscription("first"), subscription("second")],
        buckets: vec![FILES, OTHER_FILES],
        secrets: Vec::new(),
    }
}
