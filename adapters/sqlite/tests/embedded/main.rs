//! What the embedded store promises beyond the ports' contracts: files left alone, several processes, restarts.

#![expect(clippy::unwrap_used, reason = "what surrounds the tests may fail them too")]

mod blobs;
mod foreign_files;
mod messages;
mod several_stores;
mod signed_urls;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyport_ports::documents::{Body, Index, Key};
use anyport_ports::messages::Subscription;
use anyport_ports::resources::{CollectionSpec, Provision, Resources, SubscriptionSpec};
use anyport_ports::{BucketName, Clock, CollectionName, IndexName, Timestamp, TopicName};
use anyport_sqlite::SqliteStore;

const USERS: CollectionName = CollectionName::from_static("users");
const BY_CITY: IndexName = IndexName::from_static("by-city");
const ORDERS: TopicName = TopicName::from_static("orders");
const FILES: BucketName = BucketName::from_static("files");

fn fulfil() -> Subscription {
    Subscription::new(ORDERS, "fulfil").unwrap()
}

/// A clock that a test moves.
#[derive(Default)]
struct TestClock(AtomicI64);

impl TestClock {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Arc::new(TestClock::default())).unwrap()
}

fn resources() -> Resources {
    let index = Index::new(BY_CITY, "city", "name");
    Resources {
        collections: vec![CollectionSpec::new(USERS, vec![index])],
        topics: vec![ORDERS],
        subscriptions: vec![SubscriptionSpec { topic: ORDERS, name: "fulfil".to_owned(), max_attempts: 2 }],
        buckets: vec![FILES],
        ..Resources::default()
    }
}

async fn provisioned(path: &Path) -> SqliteStore {
    let store = open(path);
    store.provision(&resources()).await.unwrap();
    store
}

fn key(sort: &str) -> Key {
    Key::new("p", sort).unwrap()
}

fn body(json: &str) -> Body {
    Body::from_json(json).unwrap()
}
