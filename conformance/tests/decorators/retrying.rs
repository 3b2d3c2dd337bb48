//! What is tried again, and what is told of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_conformance::faults::{Fault, Faultable as _, Faults};
use anyport_conformance::subject::{DocumentStore, MessageStore};
use anyport_conformance::suite::{NEWS, THINGS};
use anyport_ports::decorators::{Around as _, Decorated, Retrying};
use anyport_ports::documents::{Body, Condition, Documents, Key, Partition, Put, Transaction, Version};
use anyport_ports::messages::{
    Batch, Delay, Delivery, Lease, Message, Messages, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, Retry, SecretName, TopicName};
use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{millis, retrying, store};

const KEY: SecretName = SecretName::from_static("api-key");

/// Fails with one error after another, and counts how often it is asked.
struct Failing {
    errors: Mutex<Vec<Error>>,
    asked: AtomicUsize,
}

fn failing(errors: impl IntoIterator<Item = Error>) -> Arc<Failing> {
    let mut errors: Vec<Error> = errors.into_iter().collect();
    errors.reverse();
    Arc::new(Failing { errors: Mutex::new(errors), asked: AtomicUsize::new(0) })
}

#[async_trait]
impl Secrets for Failing {
    async fn get(&self, _name: &SecretName, _version: &SecretVersion) -> Result<Secret> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let secret = Secret { value: SecretValue::new("v"), version: "1".to_owned() };
        self.errors.lock().await.pop().map_or(Ok(secret), Err)
    }
}

fn of_kind(kind: ErrorKind) -> Error {
    Error::new(kind, "as told")
}

/// What a read ends with, how often the store was asked, and how long it took.
async fn read(errors: impl IntoIterator<Item = Error>) -> (Result<Secret>, usize, Duration) {
    let (store, started) = (failing(errors), Instant::now());
    let result = retrying().over(Arc::clone(&store)).get(&KEY, &SecretVersion::Latest).await;
    (result, store.asked.load(Ordering::SeqCst), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn what_was_not_done_is_tried_again_and_nothing_else() {
    for kind in ErrorKind::ALL {
        let (result, asked, _) = read([of_kind(kind), of_kind(kind)]).await;
        let again = matches!(kind, ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Indeterminate);
        assert_eq!((result.is_ok(), asked), if again { (true, 3) } else { (false, 1) }, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_and_the_last_error_is_told() {
    let errors =
        [ErrorKind::Unavailable, ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::NotFound].map(of_kind);
    let (result, asked, _) = read(errors).await;
    assert_eq!((result.unwrap_err().kind(), asked), (ErrorKind::Unavailable, 3));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_names_a_pause_gets_it_unless_it_is_too_long() {
    let after = |pause| of_kind(ErrorKind::Throttled).with_retry(Retry::After(pause));
    let (result, asked, took) = read([after(Duration::from_secs(20))]).await;
    assert!(result.is_ok() && asked == 2 && took >= Duration::from_secs(20), "{took:?}");
    let (result, asked, took) = read([after(Duration::from_secs(31))]).await;
    assert_eq!((result.unwrap_err().kind(), asked, took), (ErrorKind::Throttled, 1, Duration::ZERO));
}

/// Documents behind faults, retried; and the store itself.
async fn documents(faults: &Faults) -> (Arc<Decorated<Retrying, dyn Documents>>, Arc<dyn Documents>) {
    let (_, sound, _) = store().await;
    let handle = DocumentStore { documents: Arc::clone(&sound) as _, scan: Arc::clone(&sound) as _ };
    (retrying().over(handle.through(faults).documents), sound)
}

fn put(text: &str, condition: Condition) -> Put {
    Put::new(Body::of(&serde_json::json!({ "text": text })).unwrap()).when(condition)
}

#[tokio::test(start_paused = true)]
async fn a_write_under_a_version_is_tried_again_and_never_in_conflict_with_itself() {
    for fault in Fault::IN_DOUBT {
        let faults = Faults::none();
        let (retried, sound) = documents(&faults).await;
        let key = Key::new("p", "k").unwrap();
        let version = sound.put(&THINGS, &key, &put("old", Condition::Always)).await.unwrap();
        faults.inject(fault);
        let result = retried.put(&THINGS, &key, &put("new", Condition::Version(version))).await;
        // Done by the first attempt, it is refused at the second, which proves nothing to the caller.
        let told = result.err().map(|error| error.kind());
        assert_eq!(told, fault.is_done().then_some(ErrorKind::Indeterminate), "{fault:?}");
        let stands = sound.get(&THINGS, &key).await.unwrap().unwrap();
        assert_eq!(stands.body, put("new", Condition::Always).body, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_undo_anothers_is_not_tried_again_once_in_doubt() {
    let partition = Partition::new("p").unwrap();
    let key = partition.key("k").unwrap();
    let unknown = Version::new("unknown");
    let check_alone = Transaction::in_partition(partition.clone())
        .put("k", put("new", Condition::Always))
        .unwrap()
        .check("other", Condition::Version(unknown.clone()))
        .unwrap();
    for condition in [Condition::Always, Condition::Absent, Condition::Present] {
        let faults = Faults::none();
        let (retried, sound) = documents(&faults).await;
        let told = |result: Result<()>| result.map_err(|error| error.kind());
        faults.inject(Fault::DropBefore);
        let result = retried.put(&THINGS, &key, &put("new", condition.clone())).await;
        assert_eq!(told(result.map(drop)), Err(ErrorKind::Indeterminate), "{condition:?}");
        faults.inject(Fault::DropBefore);
        assert_eq!(told(retried.delete(&THINGS, &key, &condition).await), Err(ErrorKind::Indeterminate));
        faults.inject(Fault::DropBefore);
        let result = retried.transact(&THINGS, &check_alone).await;
        assert_eq!(told(result.map(drop)), Err(ErrorKind::Indeterminate));
        assert_eq!(sound.get(&THINGS, &key).await.unwrap(), None, "{condition:?}");
        // What was certainly not done is.
        faults.inject(Fault::Throttle);
        faults.inject(Fault::Throttle);
        if condition != Condition::Present {
            retried.put(&THINGS, &key, &put("new", condition)).await.unwrap();
        }
    }
}

/// Refuses entries by their ids once or for good, and keeps what it accepted.
struct Choosy {
    accepted: Mutex<Vec<String>>,
    calls: AtomicUsize,
}

#[async_trait]
impl Messages for Choosy {
    async fn publish(&self, _topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let first = self.calls.fetch_add(1, Ordering::SeqCst) == 0;
        let mut results = Vec::new();
        for entry in batch.as_slice() {
            let id = entry.message.id();
            let refusal = match id {
                "throttled" if first => Some(ErrorKind::Throttled),
                "lost" if first => Some(ErrorKind::Indeterminate),
                "lost" => Some(ErrorKind::Unavailable),
                "refused" => Some(ErrorKind::PermissionDenied),
                _ => None,
            };
            if refusal.is_none() {
                self.accepted.lock().await.push(id.to_owned());
            }
            results.push(refusal.map_or(Ok(()), |kind| Err(of_kind(kind))));
        }
        Ok(results)
    }

    async fn receive(&self, _: &Subscription, _: Receive) -> Result<Vec<Delivery>> {
        Err(of_kind(ErrorKind::Internal))
    }

    async fn ack(&self, _: &Subscription, _: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        Err(of_kind(ErrorKind::Internal))
    }

    async fn nack(&self, _: &Subscription, _: &Receipt, _: Delay) -> Result<()> {
        Err(of_kind(ErrorKind::Internal))
    }

    async fn extend(&self, _: &Subscription, _: &Receipt, _: Lease) -> Result<()> {
        Err(of_kind(ErrorKind::Internal))
    }

    async fn dead_letter(&self, _: &Subscription, _: &Receipt, _: &str) -> Result<()> {
        Err(of_kind(ErrorKind::Internal))
    }

    async fn redrive(&self, _: &Subscription, _: usize) -> Result<usize> {
        Err(of_kind(ErrorKind::Internal))
    }
}

fn message(id: &str) -> Message {
    Message::new(id, "/test", "t").unwrap()
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_only_what_failed_is_published_again() {
    let choosy = Arc::new(Choosy { accepted: Mutex::default(), calls: AtomicUsize::new(0) });
    let ids = ["fine", "throttled", "lost", "refused"];
    let batch = Batch::new(ids.map(|id| message(id).into())).unwrap();
    let results = retrying().over(Arc::clone(&choosy)).publish(&NEWS, &batch).await.unwrap();
    let told: Vec<_> = results.into_iter().map(|result| result.map_err(|error| error.kind())).collect();
    let expected = [Ok(()), Ok(()), Err(ErrorKind::Indeterminate), Err(ErrorKind::PermissionDenied)];
    assert_eq!(told, expected, "the doubt of an entry stays though it is refused later");
    assert_eq!(*choosy.accepted.lock().await, ["fine", "throttled"]);
    assert_eq!(choosy.calls.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lost_publish_is_done_again() {
    let (_, sound, _) = store().await;
    for fault in Fault::IN_DOUBT {
        let faults = Faults::none();
        let handle = MessageStore { messages: Arc::clone(&sound) as _ }.through(&faults);
        faults.inject(fault);
        let results = retrying().over(handle.messages).publish(&NEWS, &Batch::one(message("1").into())).await.unwrap();
        assert!(results.iter().all(Result::is_ok), "{fault:?}: {results:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_are_between_attempts() {
    let (_, asked, took) = read([ErrorKind::Unavailable, ErrorKind::Unavailable].map(of_kind)).await;
    assert_eq!(asked, 3);
    assert!((millis(3)..=millis(8)).contains(&took), "{took:?}");
}
