//! The same requests through the server and through this host give the same answers.

use std::sync::Arc;

use anyport_conformance::hosts::gateway::HttpCall;
use anyport_runtimes::azure_functions::{AzureFunctionsSettings, HttpMode};
use anyport_runtimes::{Surroundings, SystemClock};
use serde_json::json;

use crate::hosts::requests::{ask, comparable, requests, server_of};
use crate::notes;
use crate::site::{Setup, Site};

async fn equal(setup: Setup, length: bool, lost: impl Fn(&HttpCall) -> bool) {
    let running = server_of(notes::workload(), Arc::new(SystemClock), Surroundings::none()).await;
    let site = Site::with(&notes::workload(), setup).await;
    for call in requests() {
        if lost(&call) {
            continue;
        }
        let direct = ask(running.address(), &call).await;
        let answered = site.host.http(&call).await;
        let length = length && call.method == "HEAD";
        assert_eq!(comparable(answered, length), comparable(direct, length), "{call:?}");
    }
    running.shutdown().await;
}

#[tokio::test]
async fn principle_b9_proxied_requests_are_answered_as_by_the_server() {
    equal(Setup::default(), true, |_| false).await;
}

#[tokio::test]
async fn forwarded_requests_are_answered_as_by_the_server() {
    let handler = json!({ "enableProxyingHttpRequest": false, "enableForwardingHttpRequest": true });
    let setup = Setup { host: json!({ "customHandler": handler }), ..Setup::default() };
    // A parameter given twice comes once.
    equal(setup, true, |call| call.target.contains("limit=1&limit=2")).await;
}

#[tokio::test]
async fn requests_told_as_events_are_answered_as_by_the_server() {
    let settings = AzureFunctionsSettings { http: HttpMode::Default, ..AzureFunctionsSettings::default() };
    // No function of the workload is called by what no route is for; and a body that is no text came as another.
    let lost = |call: &HttpCall| {
        let unrouted = ["/nowhere", "/"].contains(&call.target.as_str()) || call.method == "PATCH";
        unrouted
            || (std::str::from_utf8(&call.body).is_err()
                && !call.headers.iter().any(|(_, value)| value.contains("octet")))
    };
    equal(Setup { settings, ..Setup::default() }, false, lost).await;
}
