use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_ports::Clock;
use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Message, Messages, Receipt, Receive};
use anyport_ports::resources::Provision;
use anyport_sqlite::SqliteStore;
use rusqlite::Connection;

use super::{ORDERS, TestClock, fulfil, open, provisioned, resources};

const LEASE: Duration = Duration::from_secs(30);

async fn with_clock(path: &Path) -> (SqliteStore, Arc<TestClock>) {
    let clock = Arc::new(TestClock::default());
    let shared: Arc<dyn Clock> = clock.clone();
    let store = SqliteStore::open(path, shared).unwrap();
    store.provision(&resources()).await.unwrap();
    (store, clock)
}

async fn publish(store: &SqliteStore, id: &str) {
    let message = Message::new(id, "test", "placed").unwrap().with_data("text/plain", vec![0, 0xff]).unwrap();
    let results = store.publish(&ORDERS, &Batch::one(message.into())).await.unwrap();
    assert!(results.iter().all(Result::is_ok));
}

async fn receive(store: &SqliteStore) -> Option<Delivery> {
    store.receive(&fulfil(), Receive::new(1, LEASE).unwrap()).await.unwrap().pop()
}

async fn receive_dead(store: &SqliteStore) -> Option<Delivery> {
    store.receive(&fulfil().dead_letters(), Receive::new(1, LEASE).unwrap()).await.unwrap().pop()
}

async fn ack(store: &SqliteStore, delivery: &Delivery) {
    store.ack(&fulfil(), &Batch::one(delivery.receipt.clone())).await.unwrap();
}

#[tokio::test]
async fn a_lapsed_receipt_settles_until_the_message_is_delivered_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, clock) = with_clock(&folder.path().join("data.db")).await;
    publish(&store, "1").await;
    let first = receive(&store).await.unwrap();
    assert!(receive(&store).await.is_none(), "it is held");
    clock.advance(LEASE);
    let second = receive(&store).await.unwrap();
    assert_eq!((first.attempt, second.attempt), (1, 2));
    ack(&store, &first).await;
    store.nack(&fulfil(), &first.receipt, Delay::NONE).await.unwrap();
    store.dead_letter(&fulfil(), &first.receipt, "stale").await.unwrap();
    assert!(receive(&store).await.is_none(), "the stale receipt did nothing");
    store.extend(&fulfil(), &second.receipt, Lease::new(2 * LEASE).unwrap()).await.unwrap();
    clock.advance(Duration::from_millis(59_999));
    assert!(receive_dead(&store).await.is_none(), "the longer lease runs");
    clock.advance(LEASE);
    ack(&store, &second).await;
    assert!(receive(&store).await.is_none() && receive_dead(&store).await.is_none(), "settled, though late");
}

#[tokio::test]
async fn exhausted_messages_are_dead_until_driven_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let (store, clock) = with_clock(&path).await;
    publish(&store, "1").await;
    for attempt in 1..=2 {
        let delivery = receive(&store).await.unwrap();
        assert_eq!(delivery.attempt, attempt);
        // After the last attempt there is nothing left to delay.
        let delay = if attempt == 2 { Delay::new(LEASE).unwrap() } else { Delay::NONE };
        store.nack(&fulfil(), &delivery.receipt, delay).await.unwrap();
    }
    let dead = receive_dead(&store).await.unwrap();
    assert_eq!(dead.attempt, 1);
    assert_eq!(dead.dead_letter_reason.as_deref(), Some("attempts exhausted: delivered 2 times"));
    assert!(receive(&store).await.is_none());
    assert_eq!(store.redrive(&fulfil(), 10).await.unwrap(), 0, "somebody holds it");
    for attempt in 2..=5 {
        clock.advance(LEASE);
        assert_eq!(receive_dead(&store).await.unwrap().attempt, attempt, "dead letters have no limit");
    }
    clock.advance(LEASE);
    assert_eq!(store.redrive(&fulfil(), 10).await.unwrap(), 1);
    assert!(receive_dead(&store).await.is_none());
    let again = receive(&store).await.unwrap();
    assert_eq!((again.attempt, again.dead_letter_reason.clone(), &again.message), (1, None, &dead.message));
    ack(&store, &again).await;
    let rows: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM deliveries)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0, "nothing is kept of what is settled everywhere");
}

#[tokio::test]
async fn a_long_reason_is_cut_between_characters() {
    let folder = tempfile::tempdir().unwrap();
    let store = provisioned(&folder.path().join("data.db")).await;
    publish(&store, "1").await;
    let delivery = receive(&store).await.unwrap();
    store.dead_letter(&fulfil(), &delivery.receipt, &format!("x{}", "é".repeat(1_000))).await.unwrap();
    let dead = receive_dead(&store).await.unwrap();
    assert_eq!(dead.dead_letter_reason.unwrap(), format!("x{}", "é".repeat(511)));
    store.dead_letter(&fulfil().dead_letters(), &dead.receipt, "again").await.unwrap();
    let again = receive_dead(&store).await.unwrap();
    assert!(again.attempt == 2 && again.dead_letter_reason.unwrap().starts_with('x'), "it stays what it was");
}

#[tokio::test]
async fn receipts_that_no_store_made_settle_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = provisioned(&folder.path().join("data.db")).await;
    publish(&store, "1").await;
    let delivery = receive(&store).await.unwrap();
    for garbage in ["", "-", "1", "zz-zz", "1-999", &format!("{}0", delivery.receipt.as_str())] {
        let receipt = Receipt::new(garbage);
        store.ack(&fulfil(), &Batch::one(receipt.clone())).await.unwrap();
        store.nack(&fulfil(), &receipt, Delay::NONE).await.unwrap();
    }
    assert!(receive(&store).await.is_none(), "it is still held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_consumer_gets_what_another_store_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let (consumer, publisher) = (provisioned(&path).await, open(&path));
    let waiting = tokio::spawn(async move {
        let wait = Receive::new(10, LEASE).unwrap().waiting(Duration::from_secs(20));
        consumer.receive(&fulfil(), wait).await.unwrap()
    });
    let begun = Instant::now();
    publish(&publisher, "1").await;
    assert_eq!(waiting.await.unwrap().len(), 1);
    assert!(begun.elapsed() < Duration::from_secs(15), "it came when it was there, not at the end of the wait");
}
