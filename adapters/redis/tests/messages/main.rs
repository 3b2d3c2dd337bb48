//! Messages on a server: the one of `REDIS_URL`, or else of this machine. Each test has a prefix of its own there.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what surrounds the tests may fail them too")]

mod memory;
mod operators;
mod queues;
mod topics;
mod waiting;

use std::time::{Duration, Instant};

use anyport_ports::messages::{Batch, Delivery, Message, Messages as _, Outgoing, Receive, Subscription};
use anyport_ports::resources::{Provision as _, Resources, SubscriptionSpec};
use anyport_ports::{Naming, TopicName};
use anyport_redis::{RedisSettings, RedisStore};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};
use uuid::Uuid;

const ORDERS: TopicName = TopicName::from_static("orders");
const FULFIL: Subscription = Subscription::from_static(ORDERS, "fulfil");

/// Longer than any test runs.
const LONG: Duration = Duration::from_mins(5);
/// The shortest lease.
const SHORT: Duration = Duration::from_secs(1);
/// How long to look for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A prefix that no other test has, a handle on the store, and the server itself.
struct Space {
    settings: RedisSettings,
    naming: Naming,
    store: RedisStore,
    server: MultiplexedConnection,
}

impl Space {
    /// With the subscription [`FULFIL`] of this many attempts.
    async fn with_attempts(max_attempts: u32) -> Self {
        let prefix = format!("t{}-", &Uuid::new_v4().simple().to_string()[..14]);
        let settings = RedisSettings::default().prefixed(prefix.clone());
        let store = RedisStore::connect(&settings).await.unwrap();
        let url = std::env::var(RedisSettings::VARIABLE).unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
        let server = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
        store.provision(&subscribed("fulfil", max_attempts)).await.unwrap();
        Self { settings, naming: Naming::new(prefix).unwrap(), store, server }
    }

    async fn new() -> Self {
        Self::with_attempts(3).await
    }

    /// Another handle, as another process would have it.
    async fn connect(&self) -> RedisStore {
        RedisStore::connect(&self.settings).await.unwrap()
    }

    /// The key of [`FULFIL`] with this ending.
    fn key(&self, ending: &str) -> String {
        self.naming.of(&format!("anyport:messages:{{orders}}:fulfil{ending}"), usize::MAX)
    }

    /// Asks the server itself.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        command.query_async(&mut self.server.clone()).await.unwrap()
    }

    async fn publish<const N: usize>(&self, ids: [&str; N]) {
        publish(&self.store, ids.map(|id| event(id).into())).await;
    }

    async fn receive(&self, from: &Subscription, max: usize, lease: Duration) -> Vec<Delivery> {
        self.store.receive(from, Receive::new(max, lease).unwrap()).await.unwrap()
    }

    /// The one message that must come within a while.
    async fn next(&self, from: &Subscription, lease: Duration) -> Delivery {
        let wait = Receive::new(1, lease).unwrap().waiting(PATIENCE);
        self.store.receive(from, wait).await.unwrap().pop().expect("a message")
    }

    async fn ack(&self, from: &Subscription, deliveries: &[Delivery]) {
        let receipts = Batch::new(deliveries.iter().map(|delivery| delivery.receipt.clone())).unwrap();
        assert!(self.store.ack(from, &receipts).await.unwrap().iter().all(Result::is_ok));
    }

    /// Removes every key of the test.
    async fn clean(self) {
        let keys = self.keys().await;
        self.ask::<u64>(redis::cmd("DEL").arg(keys)).await;
    }

    async fn keys(&self) -> Vec<String> {
        self.ask(redis::cmd("KEYS").arg(format!("{}*", self.naming.prefix()))).await
    }
}

fn subscribed(name: &str, max_attempts: u32) -> Resources {
    let spec = SubscriptionSpec { topic: ORDERS, name: name.to_owned(), max_attempts };
    Resources { subscriptions: vec![spec], ..Resources::default() }
}

fn event(id: &str) -> Message {
    Message::new(id, "test", "order.placed").unwrap().with_data("application/octet-stream", vec![0, 0xff]).unwrap()
}

fn delayed(id: &str, delay: Duration) -> Outgoing {
    Outgoing::delayed(event(id), delay).unwrap()
}

async fn publish(store: &RedisStore, messages: impl IntoIterator<Item = Outgoing>) {
    let results = store.publish(&ORDERS, &Batch::new(messages).unwrap()).await.unwrap();
    assert!(results.iter().all(Result::is_ok));
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.message.id()).collect()
}

/// Waits until it is so much later than `begun`.
async fn until(begun: Instant, later: Duration) {
    tokio::time::sleep(later.saturating_sub(begun.elapsed())).await;
}
