//! What a workload needs to exist, and the trait that makes it exist.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::documents::Index;
use crate::messages::Subscription;
use crate::{BucketName, CollectionName, Result, SecretName, TopicName};

/// A collection and its indexes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionSpec {
    /// Its name.
    pub name: CollectionName,
    /// Its declared indexes.
    pub indexes: Vec<Index>,
    /// Whether its changes can be read ([`Changes`](crate::documents::Changes)). They cost a write more each, so a collection
    /// that nobody listens to goes without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub feed: bool,
}

impl CollectionSpec {
    /// A collection without a feed.
    pub fn new(name: CollectionName, indexes: Vec<Index>) -> Self {
        Self { name, indexes, feed: false }
    }

    /// With a feed of its changes.
    #[must_use]
    pub fn with_feed(mut self) -> Self {
        self.feed = true;
        self
    }
}

/// A subscription of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSpec {
    /// The topic.
    pub topic: TopicName,
    /// The subscription's name within its topic.
    pub name: String,
    /// Deliveries before a message goes to the dead letters; at least 1.
    pub max_attempts: u32,
}

impl SubscriptionSpec {
    /// The subscription that this describes.
    pub fn subscription(&self) -> Result<Subscription> {
        Subscription::new(self.topic.clone(), self.name.clone())
    }
}

/// Everything that a workload needs to exist, each thing once.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Resources {
    /// Collections of documents.
    pub collections: Vec<CollectionSpec>,
    /// Topics.
    pub topics: Vec<TopicName>,
    /// Subscriptions of these topics.
    pub subscriptions: Vec<SubscriptionSpec>,
    /// Buckets of blobs.
    pub buckets: Vec<BucketName>,
    /// Secrets. They are never provisioned: somebody puts them there.
    pub secrets: Vec<SecretName>,
}

impl Resources {
    /// Adds what is not there yet. A collection or subscription named again keeps its first description; its indexes
    /// are joined, and it has a feed if either asks for one.
    pub fn merge(&mut self, other: Self) {
        for spec in other.collections {
            match self.collections.iter_mut().find(|own| own.name == spec.name) {
                Some(own) => {
                    add_new(&mut own.indexes, spec.indexes, |a, b| a.name == b.name);
                    own.feed |= spec.feed;
                }
                None => self.collections.push(spec),
            }
        }
        add_new(&mut self.topics, other.topics, PartialEq::eq);
        add_new(&mut self.subscriptions, other.subscriptions, |a, b| a.topic == b.topic && a.name == b.name);
        add_new(&mut self.buckets, other.buckets, PartialEq::eq);
        add_new(&mut self.secrets, other.secrets, PartialEq::eq);
    }
}

fn add_new<T>(to: &mut Vec<T>, from: Vec<T>, same: impl Fn(&T, &T) -> bool) {
    for item in from {
        if !to.iter().any(|own| same(own, &item)) {
            to.push(item);
        }
    }
}

/// Creates what a workload needs, for development, tests and emulators. Production is provisioned by generated
/// infrastructure code, and the running workload does not hold this trait.
#[async_trait]
pub trait Provision: Send + Sync + 'static {
    /// Creates what does not exist yet and leaves alone what does: nothing is deleted, and doing it again is harmless.
    /// A collection that exists without a feed is given one if it is asked for, and keeps it.
    ///
    /// # Errors
    ///
    /// `Conflict` if something exists in another form (an index over other fields, a subscription of other attempts),
    /// `InvalidInput` for a subscription's bad name or without attempts; `PermissionDenied`, `Unavailable`.
    async fn provision(&self, resources: &Resources) -> Result<()>;
}
