//! Every function is bounded, and what is over its bounds is told so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyport_memory::MemoryStore;
use anyport_ports::outbound::Outbound;
use anyport_ports::{CallContext, Error, Result};
use anyport_runtimes::testing::Client;
use anyport_runtimes::{Deadline, Function, Json, Limits, Manifest, Method, NoContent, Workload};
use async_trait::async_trait;

use super::shop::{ExecutorClock, Shop, delivery, job, ports};
use crate::notes;

#[test]
fn principle_b10_a_manifest_without_every_limit_is_refused() {
    let manifest = serde_json::to_value(notes::workload().manifest()).unwrap();
    assert!(serde_json::from_value::<Manifest>(manifest.clone()).is_ok());
    for limit in ["timeout", "memory_mib", "concurrency", "body_bytes"] {
        let mut without = manifest.clone();
        let limits = without["functions"][0]["limits"].as_object_mut().unwrap();
        assert!(limits.remove(limit).is_some(), "{limit}");
        assert!(serde_json::from_value::<Manifest>(without).is_err(), "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn principle_b10_an_overrun_is_a_typed_timeout_at_the_limit() {
    let limits = Limits { timeout: Duration::from_secs(7), ..Limits::default() };
    let never = || std::future::pending::<Result<NoContent>>();
    let workload = Workload::new("slow").function(Function::http("never", Method::GET, "/", never).limits(limits));
    let client = Client::of(&workload, ports(&MemoryStore::new(Arc::new(ExecutorClock::new())))).unwrap();
    let began = tokio::time::Instant::now();
    let answer = client.get("/").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (504, &"timeout".into()));
    assert_eq!(began.elapsed().as_secs(), 7);

    let shop = Shop::new().await;
    let (_, work) = &shop.events.subscriptions[0];
    let began = tokio::time::Instant::now();
    let fault =
        work.invoke(delivery("m", &job("endless"), 1), Deadline::after(Duration::from_secs(3))).await.unwrap_err();
    assert_eq!((fault.code, fault.is_permanent(), began.elapsed().as_secs()), ("timeout", false, 3));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_no_time_left_has_nothing_begun() {
    let begun = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&begun);
    let handler = move || {
        noted.store(true, Ordering::Relaxed);
        async { Ok::<_, Error>(NoContent) }
    };
    let workload = Workload::new("late").function(Function::http("begin", Method::GET, "/", handler));
    let client = Client::of(&workload, ports(&MemoryStore::new(Arc::new(ExecutorClock::new())))).unwrap();
    let mut late = http::Request::get("/").body(http_body_util::Full::default()).unwrap();
    late.extensions_mut().insert(Deadline::after(Duration::ZERO));
    assert_eq!(client.send(late).await.status, 504);
    assert!(!begun.load(Ordering::Relaxed));
}

struct Elsewhere;

impl anyport_ports::handles::Service for Elsewhere {
    const NAME: anyport_ports::ServiceName = anyport_ports::ServiceName::from_static("elsewhere");
}

/// Tells how long a call to others may take.
struct Tells;

#[async_trait]
impl Outbound for Tells {
    async fn send(
        &self,
        _request: &anyport_ports::outbound::Request,
        call: &CallContext,
    ) -> Result<anyport_ports::outbound::Response> {
        let left = call.left(tokio::time::Instant::now().into_std()).unwrap();
        Err(Error::invalid(format!("{} s left", left.as_secs_f64().round())))
    }
}

#[tokio::test(start_paused = true)]
async fn calls_to_others_know_how_long_the_call_has_left() {
    let calls = |api: anyport_ports::handles::Api<Elsewhere>| async move {
        tokio::time::sleep(Duration::from_secs(4)).await;
        api.send(api.request(anyport_ports::outbound::Method::Get, "/")).await.map(|_| Json(0))
    };
    let limits = Limits { timeout: Duration::from_secs(10), ..Limits::default() };
    let workload = Workload::new("calls").function(Function::http("calls", Method::GET, "/", calls).limits(limits));
    let store = MemoryStore::new(Arc::new(ExecutorClock::new()));
    let ports = anyport_ports::handles::Ports { outbound: Arc::new(Tells), ..ports(&store) };
    let client = Client::of(&workload, ports).unwrap();
    assert!(client.get("/").await.json()["detail"].as_str().unwrap().contains("6 s left"));
}
