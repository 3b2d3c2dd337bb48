//! Where events come from: what waits in a subscription, what is new in a bucket, what is gone from a collection. Each host
//! makes events of its own of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{BlobInfo, BlobRange, Blobs, ListBlobs};
use anyport_ports::documents::{Changes, DocumentChange, FeedPosition, FeedQuery};
use anyport_ports::messages::{Batch, Delay, Delivery, Messages, Receive, Subscription};
use anyport_ports::{BucketName, CollectionName, TopicName};
use serde_json::{Value, json};

use crate::world::World;

/// The bucket that clients upload to.
pub(super) const IMPORTS: BucketName = BucketName::from_static("imports");

/// The collection whose changes call a function.
pub(super) const USERS: CollectionName = CollectionName::from_static("users");

/// Where events come from.
pub(super) struct Sources {
    messages: Arc<dyn Messages>,
    blobs: Arc<dyn Blobs>,
    /// The one subscription that the storefront has.
    pub(super) fulfilment: Subscription,
    told: BTreeSet<String>,
    changes: Arc<dyn Changes>,
    /// How far the feed of users was read.
    position: Option<FeedPosition>,
}

impl Sources {
    pub(super) fn of(world: &World) -> Self {
        let topic = TopicName::from_static("order-events");
        Self {
            messages: Arc::clone(&world.stores.messages),
            blobs: Arc::clone(&world.stores.blobs),
            fulfilment: Subscription::new(topic, "fulfilment").expect("a subscription"),
            told: BTreeSet::new(),
            changes: Arc::clone(&world.stores.changes),
            position: None,
        }
    }

    /// Messages that wait.
    pub(super) async fn waiting(&self) -> Vec<Delivery> {
        let receive = Receive::new(10, Duration::from_secs(30)).expect("a receive").waiting(Duration::from_millis(200));
        self.messages.receive(&self.fulfilment, receive).await.expect("an answer")
    }

    /// Deletes a message that is done, and lets another come again.
    pub(super) async fn settle(&self, delivery: Delivery, done: bool) {
        if done {
            let receipts = Batch::one(delivery.receipt);
            self.messages.ack(&self.fulfilment, &receipts).await.expect("an answer");
        } else {
            let delay = Delay::new(Duration::from_millis(100)).expect("a delay");
            self.messages.nack(&self.fulfilment, &delivery.receipt, delay).await.expect("an answer");
        }
    }

    /// Blobs that arrived since it was asked last.
    pub(super) async fn new_blobs(&mut self) -> Vec<BlobInfo> {
        let page = self.blobs.list(&IMPORTS, &ListBlobs::prefix("")).await.expect("a page");
        page.blobs.into_iter().filter(|blob| self.told.insert(blob.name.as_str().to_owned())).collect()
    }

    /// What a blob holds.
    pub(super) async fn bytes_of(&self, blob: &BlobInfo) -> Vec<u8> {
        let blob = self.blobs.get(&IMPORTS, &blob.name, BlobRange::All).await.expect("a blob");
        blob.bytes(1 << 20).await.expect("its bytes").to_vec()
    }

    /// Users who are gone since it was asked last.
    pub(super) async fn gone_users(&mut self) -> Vec<DocumentChange> {
        let query = self.position.take().map_or_else(FeedQuery::oldest, FeedQuery::from);
        let page = self.changes.read(&USERS, &query).await.expect("a page");
        self.position = Some(page.next);
        page.changes.into_iter().filter(|change| change.document.is_none()).collect()
    }
}

/// That a document is gone, in a form that any store's decoder reads that has no form of its own.
pub(super) fn gone(change: &DocumentChange) -> Value {
    json!({ "partition": change.key.partition().as_str(), "sort": change.key.sort(), "after": null })
}
