//! The same requests through the plain server and through Cloud Run give the same answers, byte for byte.

use std::sync::Arc;

use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_memory::{ManualClock, MemoryStore};
use anyport_ports::Clock;
use anyport_runtimes::server::{Running, ServerSettings, listen, start};
use anyport_runtimes::{Surroundings, SystemClock, Workload};
use async_trait::async_trait;

use crate::notes;
use crate::site::{Plan, Site, ports};
use crate::tables::keys::{Asked, Signals, hold, surroundings, workload};
use crate::tables::requests::{ask, comparable, requests};
use crate::workload::Calls;

/// A plain server of this workload, on a store of its own.
async fn server_of(workload: Workload, clock: Arc<dyn Clock>) -> Running {
    let store = MemoryStore::new(Arc::clone(&clock));
    let settings = ServerSettings { address: "127.0.0.1:0".parse().unwrap(), ..ServerSettings::default() };
    let surroundings = Surroundings::none().provisioned_by(Arc::new(store.handle()));
    let listener = listen(&settings).await.unwrap();
    start(listener, workload, ports(&store, &clock), surroundings, settings).await.unwrap()
}

#[tokio::test]
async fn principle_b9_answers_are_the_same_through_the_server_and_through_cloud_run() {
    let (running, site) =
        (server_of(notes::workload(), Arc::new(SystemClock)).await, Site::new(notes::workload()).await);
    for call in requests() {
        let direct = ask(running.address(), &call).await;
        let through = site.service.http(&call).await;
        let length = call.method == "HEAD";
        assert_eq!(comparable(through, length), comparable(direct, length), "{call:?}");
    }
    for path in ["/healthz", "/readyz", "/openapi.json"] {
        let headers = vec![("Host".to_owned(), "t".to_owned()), ("X-Request-Id".to_owned(), "r".to_owned())];
        let call = HttpCall { method: "GET".to_owned(), target: path.to_owned(), headers, body: Vec::new() };
        let direct = ask(running.address(), &call).await;
        assert_eq!(comparable(site.service.http(&call).await, false), comparable(direct, false), "{path}");
    }
    running.shutdown().await;
}

#[async_trait]
impl Asked for Site {
    async fn ask(&self, call: &HttpCall) -> HttpReply {
        self.service.http(call).await
    }
}

#[tokio::test]
async fn principle_a5_keys_mean_the_same_on_cloud_run() {
    let (calls, signals) = (Calls::default(), Signals::default());
    let plan = Plan { clock: Arc::new(ManualClock::new()), surroundings: surroundings(), ..Plan::default() };
    let site = Site::planned(workload(&calls, &signals), plan).await;
    hold(&site, &calls, &signals, "Cloud Run").await;
}
