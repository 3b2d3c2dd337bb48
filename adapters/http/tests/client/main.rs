//! The client against services that misbehave: over loopback in real time, and its policy without a network in virtual time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod breaker;
mod budget;
mod loopback;
mod requests;
mod retries;
mod scripted;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use anyport_http::{HttpClient, HttpSettings, ServiceSettings};
use anyport_ports::outbound::{Method, Outbound as _, Request, Response, Target};
use anyport_ports::{CallContext, Result, ServiceName};
use scripted::Scripted;

const PAYMENTS: ServiceName = ServiceName::from_static("payments");

fn to_payments(method: Method, path: &str) -> Request {
    Request::new(method, Target::Service(PAYMENTS, path.to_owned()))
}

fn post() -> Request {
    to_payments(Method::Post, "/charges")
}

fn get() -> Request {
    to_payments(Method::Get, "/charges/7")
}

/// A client in virtual time, and what stands in for the network.
fn scripted(change: impl FnOnce(&mut ServiceSettings)) -> (HttpClient, Arc<Scripted>) {
    let mut payments = ServiceSettings::at("http://payments.internal/v1");
    // Of what a test is not about there is enough.
    payments.retries_per_second = 1000;
    payments.breaker.calls = 1_000_000;
    change(&mut payments);
    let network = Arc::new(Scripted::default());
    let settings = HttpSettings::default().service(PAYMENTS, payments);
    (HttpClient::over(&settings, Arc::clone(&network) as _, 7).unwrap(), network)
}

async fn send(client: &HttpClient, request: &Request) -> Result<Response> {
    client.send(request, &CallContext::none()).await
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
