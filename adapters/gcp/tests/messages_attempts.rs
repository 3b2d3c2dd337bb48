//! Attempts where Pub/Sub counts as well, and where it does not count far enough, in whatever the environment leads to:
//! `cargo xtask test` sees to the fake of Pub/Sub.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test panics where something is not as it must be")]

use std::time::{Duration, Instant};

use anyport_gcp::{PubSubMessages, ServiceSettings};
use anyport_ports::messages::{Batch, Delay, Delivery, Message, Messages as _, Receive, Subscription};
use anyport_ports::resources::{Provision as _, Resources, SubscriptionSpec};
use anyport_ports::{ErrorKind, TopicName};

const NEWS: TopicName = TopicName::from_static("news");
const FIRST: Subscription = Subscription::from_static(NEWS, "first");
const PATIENCE: Duration = Duration::from_secs(20);

fn resources(max_attempts: u32) -> Resources {
    let first = SubscriptionSpec { topic: NEWS, name: "first".to_owned(), max_attempts };
    Resources { topics: vec![NEWS], subscriptions: vec![first], ..Resources::default() }
}

/// A subscription of so many attempts, with a message.
async fn fresh(max_attempts: u32) -> PubSubMessages {
    let named = std::env::var("PUBSUB_EMULATOR_HOST");
    named.expect("PUBSUB_EMULATOR_HOST names no server: run the tests with `cargo xtask test`");
    let prefix = format!("m{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let settings = ServiceSettings { project: Some("anyport".to_owned()), prefix, endpoint: None };
    let messages = PubSubMessages::connect(&settings).await.unwrap();
    messages.provision(&resources(max_attempts)).await.unwrap();
    let results = messages.publish(&NEWS, &Batch::one(message().into())).await.unwrap();
    for result in results {
        result.unwrap();
    }
    messages
}

fn message() -> Message {
    Message::new("doomed", "test", "t").unwrap().with_data("text/plain", "data").unwrap()
}

async fn next(messages: &PubSubMessages, from: &Subscription) -> Delivery {
    let began = Instant::now();
    let receive = Receive::new(1, Duration::from_mins(1)).unwrap().waiting(Duration::from_secs(1));
    while began.elapsed() < PATIENCE {
        if let Some(delivery) = messages.receive(from, receive).await.unwrap().pop() {
            return delivery;
        }
    }
    panic!("nothing came from {from} in {PATIENCE:?}");
}

#[tokio::test]
async fn what_pubsub_moves_by_itself_is_a_dead_letter_like_any_other() {
    const ATTEMPTS: u32 = 6;
    let messages = fresh(ATTEMPTS).await;
    for attempt in 1..=ATTEMPTS {
        let held = next(&messages, &FIRST).await;
        assert_eq!(held.attempt, attempt);
        messages.nack(&FIRST, &held.receipt, Delay::NONE).await.unwrap();
    }
    let dead = next(&messages, &FIRST.dead_letters()).await;
    assert_eq!(dead.message, message());
    assert!(dead.dead_letter_reason.unwrap().starts_with("attempts exhausted"));
    messages.nack(&FIRST.dead_letters(), &dead.receipt, Delay::NONE).await.unwrap();
    assert_eq!(messages.redrive(&FIRST, 10).await.unwrap(), 1);
    let back = next(&messages, &FIRST).await;
    assert_eq!((back.message, back.attempt, back.dead_letter_reason), (message(), 1, None));
}

#[tokio::test]
async fn attempts_are_counted_beyond_what_pubsub_counts() {
    let messages = fresh(1000).await;
    for attempt in 1..=120 {
        let held = next(&messages, &FIRST).await;
        assert_eq!(held.attempt, attempt);
        messages.nack(&FIRST, &held.receipt, Delay::NONE).await.unwrap();
    }
}

#[tokio::test]
async fn provisioning_again_is_harmless_and_in_another_form_a_conflict() {
    let messages = fresh(3).await;
    messages.provision(&resources(3)).await.unwrap();
    let error = messages.provision(&resources(4)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.to_string().contains("another number of attempts"), "{error}");
}

#[tokio::test]
async fn who_waits_is_given_what_comes_and_what_falls_due() {
    let messages = fresh(3).await;
    let held = next(&messages, &FIRST).await;
    let results = messages.ack(&FIRST, &Batch::one(held.receipt)).await.unwrap();
    for result in results {
        result.unwrap();
    }
    let delay = Duration::from_secs(2);
    let later = anyport_ports::messages::Outgoing::delayed(message(), delay).unwrap();
    let began = Instant::now();
    messages.publish(&NEWS, &Batch::one(later)).await.unwrap();
    let receive = Receive::new(1, Duration::from_mins(1)).unwrap().waiting(Duration::from_secs(15));
    let mut deliveries = messages.receive(&FIRST, receive).await.unwrap();
    let delivery = deliveries.pop().expect("one request waited long enough for it to fall due");
    assert_eq!((delivery.message, delivery.attempt), (message(), 1));
    assert!(began.elapsed() >= delay && began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
}
