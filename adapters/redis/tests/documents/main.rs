//! Documents on servers that the tests start: what only shows when they fail, and what is left behind in them.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

mod failures;
mod feed;
mod leftovers;
mod server;
#[cfg(feature = "tls")]
mod tls;

use std::time::{Duration, Instant};

use anyport_ports::documents::{Body, Documents as _, Index, IndexQuery, Key, Put};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};
use anyport_ports::{CollectionName, IndexName};
use anyport_redis::RedisStore;
use serde_json::json;

const ORDERS: CollectionName = CollectionName::from_static("orders");
const BY_STATE: IndexName = IndexName::from_static("by-state");

fn resources(indexes: Vec<Index>) -> Resources {
    Resources { collections: vec![CollectionSpec::new(ORDERS, indexes)], ..Resources::default() }
}

fn by_state() -> Index {
    Index::new(BY_STATE, "state", "rank")
}

async fn provisioned(server: &server::Server) -> RedisStore {
    let store = server.connect().await;
    store.provision(&resources(vec![by_state()])).await.unwrap();
    store
}

fn key(sort: &str) -> Key {
    Key::new("p", sort).unwrap()
}

fn put(state: &str, rank: &str) -> Put {
    Put::new(Body::of(&json!({ "state": state, "rank": rank })).unwrap())
}

/// The sort keys that the index lists as open.
async fn open(store: &RedisStore) -> Vec<String> {
    let page = store.query_index(&ORDERS, &IndexQuery::new(BY_STATE, "open")).await.unwrap();
    page.documents.into_iter().map(|document| document.key.sort().to_owned()).collect()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}: not within 20 seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
