//! What is kept between calls, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_memory::MemoryStore;
use anyport_ports::handles::{Ports, Publish, Subscriber as _};
use anyport_ports::messages::{Messages as _, Receive};
use anyport_ports::resources::Provision as _;
use anyport_ports::{CallContext, Error};
use anyport_runtimes::extract::{Parameter, Setup};
use anyport_runtimes::function::kind::{Http, HttpInvocation};
use anyport_runtimes::testing::{Client, TestAnswer};
use anyport_runtimes::{
    FromInvocation, Function, Json, Limits, Method, NoContent, Path, Problem, SystemClock, Workload,
};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::shop::{Effects, Job, Jobs, Order, Work, ports};
use crate::notes;

async fn store_for(workload: &Workload) -> MemoryStore {
    let store = MemoryStore::new(Arc::new(SystemClock));
    store.handle().provision(&workload.resources()).await.unwrap();
    store
}

/// Answers its own order after a while, and tells of it.
async fn echo(Path(pause): Path<u64>, Json(order): Json<Order>, jobs: Publish<Jobs>) -> Result<Json<Order>, Error> {
    tokio::time::sleep(Duration::from_millis(pause)).await;
    jobs.publish(&Job { item: order.item.clone() }).await?;
    tokio::time::sleep(Duration::from_millis(pause)).await;
    Ok(Json(order))
}

async fn worked(_: anyport_runtimes::Event<Work>) -> Result<(), Error> {
    Ok(())
}

#[tokio::test]
async fn principle_a1_a_hundred_calls_interleaved_on_one_instance_leak_nothing() {
    let limits = Limits { concurrency: 100, ..Limits::default() };
    let workload = Workload::new("echo")
        .function(Function::http("echo", Method::POST, "/echo/{pause}", echo).limits(limits))
        .function(Function::subscription::<Work, _, _>("work", worked));
    let store = store_for(&workload).await;
    let client = Client::of(&workload, ports(&store)).unwrap();
    let calls = (0..100_u64).map(|n| {
        let request = Request::post(format!("/echo/{}", n * 7 % 10))
            .header("content-type", "application/json")
            .header("x-request-id", format!("r-{n}"))
            .header("x-correlation-id", format!("c-{n}"))
            .body(Full::new(json!({ "item": format!("item-{n}") }).to_string().into()))
            .unwrap();
        let client = &client;
        async move { (n, client.send(request).await) }
    });
    for (n, answer) in futures_util::future::join_all(calls).await {
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "item": format!("item-{n}") })));
        assert_eq!(answer.headers["x-request-id"], format!("r-{n}"));
        assert_eq!(answer.headers["x-correlation-id"], format!("c-{n}"));
    }
    let mut told = 0;
    loop {
        let receive = Receive::new(10, Duration::from_mins(1)).unwrap();
        let deliveries = store.handle().receive(&Work::subscription(), receive).await.unwrap();
        if deliveries.is_empty() {
            break;
        }
        for delivery in deliveries {
            let carried = CallContext::carried_by(delivery.message.extensions());
            let own = delivery.message.id().replace("item-", "c-");
            assert_eq!(carried.correlation_id(), Some(own.as_str()), "the correlation of its own call");
            told += 1;
        }
    }
    assert_eq!(told, 100);
}

/// What was answered, without versions, which are random.
fn comparable(answer: &TestAnswer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn principle_a1_the_output_is_the_same_after_a_restart_between_any_two_calls() {
    let calls = [
        (Method::POST, "/notes", json!({ "id": "a", "text": "one" })),
        (Method::POST, "/notes", json!({ "id": "a", "text": "again" })),
        (Method::POST, "/notes", json!({ "id": "b", "text": 5 })),
        (Method::GET, "/notes/a", Value::Null),
        (Method::POST, "/notes", json!({ "id": "b", "text": "two", "stars": 3 })),
        (Method::GET, "/notes?limit=1", Value::Null),
        (Method::DELETE, "/notes/a", Value::Null),
        (Method::GET, "/notes/a", Value::Null),
        (Method::GET, "/notes", Value::Null),
    ];
    let ask = async |client: &Client, (method, path, body): &(Method, &str, Value)| match body {
        Value::Null => comparable(&client.request(method.clone(), path).await),
        body => comparable(&client.send_json(method.clone(), path, body).await),
    };
    let (one, many) = (store_for(&notes::workload()).await, store_for(&notes::workload()).await);
    let lasting = Client::of(&notes::workload(), ports(&one)).unwrap();
    for call in &calls {
        let restarted = Client::of(&notes::workload(), ports(&many)).unwrap();
        assert_eq!(ask(&restarted, call).await, ask(&lasting, call).await, "{call:?}");
    }
}

static PREPARED: AtomicUsize = AtomicUsize::new(0);
static EXTRACTED: AtomicUsize = AtomicUsize::new(0);

/// A parameter that is expensive to prepare, such as a compiled schema.
struct Heavy;

impl FromInvocation<Http> for Heavy {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Payload
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        PREPARED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn extract((): &(), _invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        EXTRACTED.fetch_add(1, Ordering::Relaxed);
        Ok(Self)
    }
}

#[tokio::test]
async fn principle_a3_what_is_built_at_start_is_built_once_over_a_thousand_calls() {
    let heavy = |_: Heavy| async { Ok::<_, Error>(NoContent) };
    let workload = Workload::new("heavy").function(Function::http("heavy", Method::GET, "/", heavy));
    let client = Client::of(&workload, ports(&store_for(&workload).await)).unwrap();
    for _ in 0..1_000 {
        assert_eq!(client.get("/").await.status, 204);
    }
    assert_eq!((PREPARED.load(Ordering::Relaxed), EXTRACTED.load(Ordering::Relaxed)), (1, 1_000));
}

#[tokio::test]
async fn principle_s_each_function_is_a_unit_of_its_own_and_one_that_panics_harms_no_other() {
    let effects = Effects::default();
    let workload = super::shop::workload(&effects);
    let manifest = workload.manifest();
    assert_eq!(manifest.functions.len(), 3, "three functions, three units");
    for unit in &manifest.functions {
        assert_eq!(unit.resources().topics.len(), usize::from(unit.name == "work"), "each with what itself needs");
    }
    let client = Client::of(&notes::workload(), ports(&store_for(&notes::workload()).await)).unwrap();
    let both = (0..20).map(|_| async { tokio::join!(client.get("/panics"), client.get("/notes")) });
    for (panicked, listed) in futures_util::future::join_all(both).await {
        assert_eq!((panicked.status.as_u16(), listed.status.as_u16()), (500, 200));
    }
}
