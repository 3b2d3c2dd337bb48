//! A workload called by requests, messages and the clock, which notes what it did; and time that is not waited for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_memory::MemoryStore;
use anyport_ports::handles::{EventHead, Ports, Subscriber, Topic};
use anyport_ports::idempotency::OnError;
use anyport_ports::messages::{Delivery, Message, Receipt};
use anyport_ports::resources::Provision as _;
use anyport_ports::{Clock, Error, ErrorKind, Timestamp, TopicName};
use anyport_runtimes::events::EventFunctions;
use anyport_runtimes::testing::{Client, TestAnswer};
use anyport_runtimes::{Created, Event, Function, Idempotent, Json, Method, Surroundings, Tick, UuidIds, Workload};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A clock that goes by the executor's time, which tests can pause.
pub(crate) struct ExecutorClock(tokio::time::Instant);

impl ExecutorClock {
    pub(crate) fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for ExecutorClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000).plus(self.0.elapsed())
    }
}

pub(crate) struct Jobs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) item: String,
}

impl Topic for Jobs {
    const NAME: TopicName = TopicName::from_static("jobs");
    const SOURCE: &'static str = "/tests";
    type Event = Job;

    fn head(event: &Job) -> EventHead {
        EventHead { id: event.item.clone(), kind: "job", subject: None }
    }
}

pub(crate) struct Work;

impl Subscriber for Work {
    type Topic = Jobs;
    const NAME: &'static str = "work";
    const MAX_ATTEMPTS: u32 = 3;
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    #[schemars(length(min = 1))]
    pub(crate) item: String,
}

/// What was done, in order.
#[derive(Clone, Default)]
pub(crate) struct Effects(Arc<Mutex<Vec<String>>>);

impl Effects {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn note(&self, what: impl Into<String>) -> usize {
        let mut all = self.0.lock().unwrap();
        all.push(what.into());
        all.len()
    }
}

/// What an item makes of the handler: how long it takes, and how it ends.
async fn behave(item: &str, nth: usize) -> Result<(), Error> {
    match item {
        "slow" => tokio::time::sleep(Duration::from_mins(2)).await,
        "endless" => std::future::pending().await,
        "declined" => return Err(Error::invalid(format!("declined as number {nth}"))),
        "down" => return Err(Error::new(ErrorKind::Unavailable, "not now")),
        "panic" => panic!("as asked"),
        _ => tokio::task::yield_now().await,
    }
    Ok(())
}

/// Ten minutes, so that the lease of 30 s must be renewed.
pub(crate) fn patient() -> anyport_runtimes::Limits {
    anyport_runtimes::Limits { timeout: Duration::from_mins(10), ..anyport_runtimes::Limits::default() }
}

pub(crate) fn workload(effects: &Effects) -> Workload {
    workload_with(effects, Idempotent::required().on_error(OnError::StoreTerminal))
}

pub(crate) fn workload_with(effects: &Effects, idempotent: Idempotent) -> Workload {
    let noted = effects.clone();
    let order = move |Json(order): Json<Order>| {
        let nth = noted.note(format!("order {}", order.item));
        async move {
            behave(&order.item, nth).await?;
            let (location, item) = (format!("/orders/{nth}"), format!("{} {nth}", order.item));
            Ok::<_, Error>(Created { location, body: Order { item }, etag: None })
        }
    };
    let noted = effects.clone();
    let work = move |event: Event<Work>| {
        let nth = noted.note(format!("work {}", event.id));
        async move { behave(&event.event.item, nth).await }
    };
    let noted = effects.clone();
    let nightly = move |tick: Tick| {
        noted.note(format!("nightly {}", tick.scheduled_for));
        async { Ok::<_, Error>(()) }
    };
    Workload::new("shop")
        .function(
            Function::http("order", Method::POST, "/orders", order).idempotent(idempotent.clone()).limits(patient()),
        )
        .function(Function::subscription::<Work, _, _>("work", work).idempotent(idempotent.clone()).limits(patient()))
        .function(Function::schedule("nightly", "0 3 * * *", nightly).idempotent(idempotent))
}

/// The workload on a store, with the executor's time.
pub(crate) struct Shop {
    pub(crate) store: MemoryStore,
    pub(crate) effects: Effects,
    pub(crate) client: Arc<Client>,
    pub(crate) events: EventFunctions,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::with(Idempotent::required().on_error(OnError::StoreTerminal), Surroundings::none()).await
    }

    pub(crate) async fn with(idempotent: Idempotent, surroundings: Surroundings) -> Self {
        let effects = Effects::default();
        let workload = workload_with(&effects, idempotent);
        let store = MemoryStore::new(Arc::new(ExecutorClock::new()));
        store.handle().provision(&workload.resources()).await.unwrap();
        let client = Arc::new(Client::within(&workload, ports(&store), &surroundings).unwrap());
        let events = EventFunctions::new(&workload, &ports(&store), &surroundings).unwrap();
        Self { store, effects, client, events }
    }

    pub(crate) async fn order(&self, key: &str, item: &str) -> TestAnswer {
        self.client.send(order(key, item)).await
    }
}

/// Every port of the store, with identifiers that nobody else makes.
pub(crate) fn ports(store: &MemoryStore) -> Ports {
    Ports { ids: Arc::new(UuidIds), ..store.ports() }
}

pub(crate) fn order(key: &str, item: &str) -> Request<Full<Bytes>> {
    let body = serde_json::to_vec(&Order { item: item.to_owned() }).unwrap();
    Request::post("/orders")
        .header("content-type", "application/json")
        .header("idempotency-key", format!("{key:?}"))
        .header("x-request-id", format!("request-of-{item}"))
        .body(Full::new(body.into()))
        .unwrap()
}

/// A message in the hands of a host.
pub(crate) fn delivery(id: &str, data: &str, attempt: u32) -> Delivery {
    let message = Message::new(id, Jobs::SOURCE, "job").unwrap();
    let message = message.with_data("application/json", Bytes::from(data.to_owned())).unwrap();
    Delivery { message, receipt: Receipt::new("r"), attempt, dead_letter_reason: None }
}

pub(crate) fn job(item: &str) -> String {
    serde_json::to_string(&Job { item: item.to_owned() }).unwrap()
}
