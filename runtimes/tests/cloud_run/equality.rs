//! The same requests through the plain server and through Cloud Run give the same answers, byte for byte.

use std::sync::Arc;

use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_memory::ManualClock;
use anyport_runtimes::{Surroundings, SystemClock};

use crate::hosts::keys::{Asked, Names, Signals, hold, play, workload};
use crate::hosts::requests::{ask, comparable, requests, server_of};
use crate::notes;
use crate::site::{Plan, Site};
use crate::workload::Calls;

#[tokio::test]
async fn principle_b9_answers_are_the_same_through_the_server_and_through_cloud_run() {
    let running = server_of(notes::workload(), Arc::new(SystemClock), Surroundings::none()).await;
    let site = Site::new(notes::workload()).await;
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

impl Asked for Site {
    async fn ask(&self, call: &HttpCall) -> HttpReply {
        comparable(self.service.http(call).await, false)
    }
}

#[tokio::test]
async fn principle_a5_keys_mean_the_same_on_cloud_run() {
    let (calls, signals) = (Calls::default(), Signals::default());
    let surroundings = Surroundings::none().authenticated_by(Some(Arc::new(Names)));
    let plan = Plan { clock: Arc::new(ManualClock::new()), surroundings, ..Plan::default() };
    let site = Site::planned(workload(&calls, &signals), plan).await;
    let transcript = play(&site, &signals).await;
    hold(&transcript, &calls, "Cloud Run");
}
