//! What is asked for several times is done once, and answered alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyport_ports::documents::{Operation, Scan as _, ScanQuery, Segment};
use anyport_ports::idempotency::{
    COLLECTION, Claim, Claimed, Completion, DocumentIdempotency, Idempotency, Owner, Release, Renewal, StoredResponse,
};
use anyport_ports::{Error, ErrorKind, Result, Timestamp};
use anyport_runtimes::function::kind::Slot;
use anyport_runtimes::testing::TestAnswer;
use anyport_runtimes::{Deadline, Download, Function, Idempotent, Method, Surroundings, Workload};
use async_trait::async_trait;
use http::HeaderName;

use super::shop::{Shop, delivery, job, order, ports};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MINUTE: Duration = Duration::from_mins(1);

fn code(answer: &TestAnswer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

async fn records(shop: &Shop) -> usize {
    let scan = ScanQuery::segment(Segment::new(0, 1).unwrap());
    shop.store.handle().scan(&COLLECTION, &scan).await.unwrap().documents.len()
}

#[tokio::test(start_paused = true)]
async fn principle_a4_delivering_n_times_has_one_effect_and_one_answer() {
    const TIMES: usize = 20;
    let shop = Shop::new().await;
    for item in ["book", "declined"] {
        let first = shop.order(item, item).await;
        assert_eq!(first.headers.get(REPLAYED), None);
        for _ in 1..TIMES {
            let mut again = shop.order(item, item).await;
            assert_eq!(again.headers.remove(REPLAYED).unwrap(), "true");
            assert_eq!(again, first, "to the byte");
        }
    }
    let crowd = (0..TIMES).map(|_| shop.order("crowd", "pen"));
    let crowd = futures_util::future::join_all(crowd).await;
    assert_eq!(crowd.iter().filter(|answer| answer.status == 201 && answer.headers.get(REPLAYED).is_none()).count(), 1);
    assert!(crowd.iter().all(|answer| answer.status == 201 || code(answer).1 == "idempotency_in_flight"));

    let (_, work) = &shop.events.subscriptions[0];
    let (_, nightly) = &shop.events.schedules[0];
    let slot = Slot { scheduled_for: Timestamp::from_millis(1_767_236_400_000) };
    for attempt in 1..=3 {
        assert_eq!(work.invoke(delivery("m1", &job("book"), attempt), Deadline::NONE).await, Ok(()));
        let failed = work.invoke(delivery("m2", &job("declined"), attempt), Deadline::NONE).await.unwrap_err();
        assert!(failed.is_permanent() && failed.message.contains("declined"), "{failed}");
        assert_eq!(nightly.invoke(slot, Deadline::NONE).await, Ok(()));
    }
    let done = ["order book", "order declined", "order pen", "work m1", "work m2", "nightly 2026-01-01T03:00:00.000Z"];
    let mut effects = shop.effects.all();
    effects.sort();
    let mut expected = done.map(str::to_owned);
    expected.sort();
    assert_eq!(effects, expected);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_used_for_something_else_is_refused_and_given_up() {
    let shop = Shop::new().await;
    assert_eq!(shop.order("k", "book").await.status, 201);
    assert_eq!(code(&shop.order("k", "pen").await), (422, "idempotency_key_reused".to_owned()));
    let (_, work) = &shop.events.subscriptions[0];
    work.invoke(delivery("m", &job("book"), 1), Deadline::NONE).await.unwrap();
    let fault = work.invoke(delivery("m", &job("pen"), 1), Deadline::NONE).await.unwrap_err();
    assert!(fault.is_permanent(), "a dead letter: {fault}");
    assert_eq!(shop.effects.all(), ["order book", "work m"]);
}

#[tokio::test(start_paused = true)]
async fn the_handler_runs_on_when_its_client_is_gone_and_its_lease_is_renewed() {
    let shop = Shop::new().await;
    // It takes two minutes, four times the lease.
    let client = Arc::clone(&shop.client);
    let asking = tokio::spawn(async move { client.send(order("k", "slow")).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    asking.abort();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let meanwhile = shop.order("k", "slow").await;
        assert_eq!(code(&meanwhile), (409, "idempotency_in_flight".to_owned()));
        let pause: u64 = meanwhile.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&pause), "{pause}");
    }
    tokio::time::sleep(MINUTE).await;
    let answered = shop.order("k", "slow").await;
    assert_eq!((answered.status.as_u16(), answered.headers.contains_key(REPLAYED)), (201, true));
    assert_eq!(shop.effects.all(), ["order slow"]);
}

#[tokio::test(start_paused = true)]
async fn what_failed_panicked_or_ran_out_of_time_is_tried_anew() {
    let shop = Shop::new().await;
    for (item, status) in [("down", 503), ("panic", 500), ("endless", 504)] {
        for _ in 0..2 {
            assert_eq!(shop.order(item, item).await.status, status, "{item}");
        }
        assert_eq!(shop.effects.all().iter().filter(|effect| effect.ends_with(item)).count(), 2, "{item}");
    }
    let (_, work) = &shop.events.subscriptions[0];
    let retried = work.invoke(delivery("m", &job("down"), 1), Deadline::NONE).await.unwrap_err();
    assert!(!retried.is_permanent());
}

#[tokio::test(start_paused = true)]
async fn while_a_message_is_being_worked_on_its_next_delivery_is_for_later() {
    let shop = Shop::new().await;
    let (_, work) = &shop.events.subscriptions[0];
    let first = work.invoke(delivery("m", &job("slow"), 1), Deadline::NONE);
    let second = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        work.invoke(delivery("m", &job("slow"), 2), Deadline::NONE).await.unwrap_err()
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first, Ok(()));
    assert!(!second.is_permanent() && second.retry_after > Some(Duration::ZERO), "{second}");
    assert_eq!(shop.effects.all(), ["work m"]);
}

#[tokio::test(start_paused = true)]
async fn a_host_with_a_deadline_has_the_lease_end_with_it() {
    let shop = Shop::new().await;
    let (_, work) = &shop.events.subscriptions[0];
    let left = Duration::from_secs(7);
    let killed = work.invoke(delivery("m", &job("endless"), 1), Deadline::after(left));
    // The host freezes the process: nothing runs any more, not even what would release the claim.
    let frozen = tokio::time::timeout(left / 2, killed).await;
    assert!(frozen.is_err());
    let early = work.invoke(delivery("m", &job("endless"), 2), Deadline::after(MINUTE)).await.unwrap_err();
    assert!(early.retry_after.unwrap() <= left / 2, "{early:?}");
    let none_left = work.invoke(delivery("n", &job("book"), 1), Deadline::after(Duration::ZERO)).await.unwrap_err();
    assert_eq!(none_left.code, "timeout", "nothing left is not none: it is not begun");
    assert_eq!(shop.effects.all(), ["work m"]);
}

#[tokio::test(start_paused = true)]
async fn keys_are_asked_for_as_the_function_says() {
    let optional = Shop::with(Idempotent::optional().strict_keys(), Surroundings::none()).await;
    let mut keyless = order("k", "book");
    keyless.headers_mut().remove("idempotency-key");
    for _ in 0..2 {
        let answer = optional.client.send(keyless.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.headers.get(REPLAYED)), (201, None));
    }
    let mut bare = order("k", "book");
    bare.headers_mut().insert("idempotency-key", "bare".parse().unwrap());
    assert_eq!(code(&optional.client.send(bare.clone()).await), (400, "invalid_idempotency_key".to_owned()));
    let required = Shop::new().await;
    assert_eq!(code(&required.client.send(keyless).await), (400, "idempotency_key_missing".to_owned()));
    assert_eq!(required.client.send(bare).await.status, 201, "a bare token will do unless quotes are asked for");
    assert_eq!(required.effects.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn principle_a7_an_invalid_payload_reaches_neither_the_handler_nor_the_store() {
    let shop = Shop::new().await;
    for (body, status) in [("", 400), ("{", 400), ("\"text\"", 422), (r#"{"item":""}"#, 422), (r#"{"item":1}"#, 422)] {
        let mut request = order("k", "book");
        *request.body_mut() = http_body_util::Full::new(body.to_owned().into());
        assert_eq!(shop.client.send(request).await.status, status, "{body}");
    }
    let (_, work) = &shop.events.subscriptions[0];
    let fault = work.invoke(delivery("m", "[1]", 1), Deadline::NONE).await.unwrap_err();
    assert_eq!((fault.code, fault.kind), ("invalid_event", ErrorKind::InvalidInput));
    assert!(shop.effects.all().is_empty());
    assert_eq!(records(&shop).await, 0, "the key is still free");
    assert_eq!(shop.order("k", "book").await.status, 201);
    assert_eq!(records(&shop).await, 1);
}

/// A keeper of records that fails as told.
struct Failing {
    below: DocumentIdempotency,
    claims: bool,
    completions: AtomicU32,
    fenced_by: Option<StoredResponse>,
}

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "the store is away")
}

#[async_trait]
impl Idempotency for Failing {
    async fn claim(&self, claim: &Claim) -> Result<Claimed> {
        if self.claims { Err(unavailable()) } else { self.below.claim(claim).await }
    }

    async fn complete(&self, owner: &Owner, response: &StoredResponse) -> Result<Completion> {
        let left = self.completions.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match (left, &self.fenced_by) {
            (Ok(_), _) => Err(unavailable()),
            (Err(_), Some(winner)) => Ok(Completion::Fenced(Some(winner.clone()))),
            (Err(_), None) => self.below.complete(owner, response).await,
        }
    }

    async fn release(&self, owner: &Owner) -> Result<Release> {
        self.below.release(owner).await
    }

    async fn renew(&self, owner: &Owner) -> Result<Renewal> {
        self.below.renew(owner).await
    }

    async fn completion(&self, owner: &Owner, response: &StoredResponse) -> Result<(String, Operation)> {
        self.below.completion(owner, response).await
    }
}

/// The shop with a keeper that fails: its claims, or so many completions, or all of them by another who was faster.
async fn failing(idempotent: Idempotent, claims: bool, completions: u32, fenced_by: Option<StoredResponse>) -> Shop {
    let records = Shop::new().await.store;
    let ports = ports(&records);
    let below = DocumentIdempotency::new(ports.documents, ports.clock, ports.ids);
    let keeper = Failing { below, claims, completions: AtomicU32::new(completions), fenced_by };
    Shop::with(idempotent, Surroundings::none().recorded_by(Some(Arc::new(keeper)))).await
}

#[tokio::test(start_paused = true)]
async fn without_the_store_nothing_is_done_unless_the_function_chose_otherwise() {
    let closed = failing(Idempotent::required(), true, 0, None).await;
    let refused = closed.order("k", "book").await;
    assert_eq!(code(&refused), (503, "idempotency_unavailable".to_owned()));
    assert!(refused.headers.contains_key("retry-after") && closed.effects.all().is_empty());
    let (_, work) = &closed.events.subscriptions[0];
    let later = work.invoke(delivery("m", &job("book"), 1), Deadline::NONE).await.unwrap_err();
    assert!(!later.is_permanent() && closed.effects.all().is_empty());

    let open = failing(Idempotent::required().open_while_unavailable(), true, 0, None).await;
    assert_eq!(open.order("k", "book").await.status, 201);
    assert_eq!(open.effects.all(), ["order book"]);
}

#[tokio::test(start_paused = true)]
async fn a_completion_is_tried_until_the_deadline_and_then_the_work_may_be_done_again() {
    let shop = failing(Idempotent::required(), false, 5, None).await;
    assert_eq!(shop.order("k", "book").await.status, 201, "the store came back in time");
    let lost = failing(Idempotent::required(), false, u32::MAX, None).await;
    let began = tokio::time::Instant::now();
    assert_eq!(code(&lost.order("k", "book").await), (503, "idempotency_not_recorded".to_owned()));
    assert!(began.elapsed() > 9 * MINUTE, "{:?}", began.elapsed());
    tokio::time::sleep(MINUTE).await;
    assert_eq!(lost.order("k", "book").await.status, 503);
    assert_eq!(lost.effects.all(), ["order book", "order book"], "at least once, when nobody can tell");
}

#[tokio::test(start_paused = true)]
async fn who_was_overtaken_gives_the_winners_answer() {
    let winner = StoredResponse::new(201, r#"{"item":"of the winner"}"#);
    let shop = failing(Idempotent::required(), false, 0, Some(winner)).await;
    let answer = shop.order("k", "book").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["item"]), (201, &"of the winner".into()));
}

#[test]
fn what_cannot_be_idempotent_is_refused_before_anything_starts() {
    let stream = || async {
        let bytes = Box::pin(futures_util::stream::empty());
        Ok::<_, Error>(Download { content_type: "text/plain".to_owned(), length: None, etag: None, bytes })
    };
    let plain = || async { Ok::<_, Error>(anyport_runtimes::NoContent) };
    let required = Idempotent::required;
    let workload = Workload::new("refused")
        .function(Function::http("streams", Method::POST, "/a", stream).idempotent(required()))
        .function(Function::http("reads", Method::GET, "/b", plain).idempotent(required()))
        .function(Function::http("forever", Method::POST, "/c", plain).idempotent(required().ttl(Duration::MAX)));
    let told = workload.validate().unwrap_err().to_string();
    for part in ["streams: its answer is a stream", "reads: a GET changes nothing", "forever: it cannot be idempotent"]
    {
        assert!(told.contains(part), "{part}\nnot in:\n{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_manifest_and_the_document_say_so() {
    let workload = super::shop::workload(&super::shop::Effects::default());
    let manifest = serde_json::to_value(workload.manifest()).unwrap();
    assert_eq!(manifest["functions"][0]["idempotent"]["on_error"], "store_terminal");
    assert!(workload.resources().collections.iter().any(|collection| collection.name == COLLECTION));
    let document = workload.openapi().unwrap();
    let operation = &document["paths"]["/orders"]["post"];
    let header = operation["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "Idempotency-Key");
    assert_eq!(header.unwrap()["required"], true);
    assert!(["400", "409", "422"].iter().all(|status| operation["responses"][status].is_object()));
}
