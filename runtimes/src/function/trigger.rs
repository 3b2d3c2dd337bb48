//! Triggers as data, as they stand in the manifest.

use anyport_ports::{BucketName, CollectionName, TopicName};
use serde::{Deserialize, Serialize};

/// What calls a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// A request.
    Http {
        /// The method, in upper case.
        method: String,
        /// The route, with parameters in braces: `/api/users/{id}`.
        path: String,
    },
    /// Each message of a subscription.
    Subscription {
        /// The topic.
        topic: TopicName,
        /// The subscription's name within the topic.
        name: String,
        /// Deliveries before a message goes to the dead letters.
        max_attempts: u32,
    },
    /// The clock, in UTC.
    Schedule {
        /// A cron pattern of five fields, or six with seconds in front.
        cron: String,
    },
    /// Each blob written whose name begins with a prefix.
    BlobCreated {
        /// The bucket.
        bucket: BucketName,
        /// The prefix; may be empty.
        prefix: String,
    },
    /// Each change of a document.
    DocumentChanged {
        /// The collection.
        collection: CollectionName,
    },
}
