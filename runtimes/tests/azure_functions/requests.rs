//! Requests of clients, in the ways that they come.

use std::time::Duration;

use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_ports::Error;
use anyport_runtimes::azure_functions::{AzureFunctionsSettings, Functions, FunctionsError, HttpMode};
use anyport_runtimes::{Body, Download, Function, Json, Limits, Method, NoContent, Surroundings, Tick, Workload};
use serde_json::{Value, json};

use crate::notes;
use crate::site::{Setup, Site, ports};

fn call(method: &str, target: &str, kind: &str, body: &[u8]) -> HttpCall {
    let mut headers = vec![("Host".to_owned(), "h".to_owned())];
    if !kind.is_empty() {
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
    }
    HttpCall { method: method.to_owned(), target: target.to_owned(), headers, body: body.to_vec() }
}

fn header<'a>(reply: &'a HttpReply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

async fn echo(body: Body) -> Result<Download, Error> {
    let bytes = body.bytes;
    let content_type = body.content_type.unwrap_or_default();
    Ok(Download { content_type, length: None, etag: None, bytes: Box::pin(futures_util::stream::iter([Ok(bytes)])) })
}

fn workload() -> Workload {
    let limits = Limits { timeout: Duration::from_mins(1), ..Limits::default() };
    let never = || std::future::pending::<Result<Json<u8>, Error>>();
    Workload::new("bytes")
        .function(Function::http("echo", Method::PUT, "/echo", echo))
        .function(Function::http("root", Method::GET, "/", || async { Ok::<_, Error>(Json("root")) }))
        .function(Function::http("never", Method::GET, "/never", never).limits(limits))
}

fn default_mode() -> Setup {
    let settings = AzureFunctionsSettings { http: HttpMode::Default, ..AzureFunctionsSettings::default() };
    Setup { settings, ..Setup::default() }
}

/// Fact 19: proxied requests lose nothing, chunks and bytes included.
#[tokio::test]
async fn fact_19_proxied_bodies_go_both_ways_unharmed() {
    let site = Site::new(&workload()).await;
    for chunked in [false, true] {
        let mut sent = call("PUT", "/echo", "image/png", &[0, 0xff, 0xc0, b'"']);
        if chunked {
            sent.headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
        }
        let got = site.host.http(&sent).await;
        assert_eq!(
            (got.status, &got.body[..], header(&got, "content-type")),
            (200, &[0, 0xff, 0xc0, b'"'][..], Some("image/png"))
        );
        assert!(
            header(&got, "x-request-id").unwrap().starts_with("5e0f1e9a-"),
            "the host's own name of the invocation"
        );
    }
}

/// Fact 12: of a body that comes in chunks there is nothing in an event; fact 16: binary answers cannot be said.
#[tokio::test]
async fn fact_12_a_body_that_got_lost_is_told_and_not_taken_for_empty() {
    let site = Site::with(&workload(), default_mode()).await;
    let mut sent = call("PUT", "/echo", "text/plain", b"abc");
    sent.headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
    let got = site.host.http(&sent).await;
    assert_eq!(got.status, 411);
    assert_eq!(serde_json::from_slice::<Value>(&got.body).unwrap()["code"], "body_lost");
    let got = site.host.http(&call("PUT", "/echo", "text/plain", b"test")).await;
    assert_eq!((got.status, &got.body[..]), (200, &b"test"[..]));
}

#[tokio::test]
async fn fact_16_an_answer_that_cannot_be_said_is_a_typed_failure() {
    let site = Site::with(&workload(), default_mode()).await;
    let got = site.host.http(&call("PUT", "/echo", "application/octet-stream", &[0, 0xff])).await;
    assert_eq!((got.status, header(&got, "content-type")), (501, Some("application/problem+json")));
    assert_eq!(serde_json::from_slice::<Value>(&got.body).unwrap()["code"], "answer_not_expressible");
    assert!(header(&got, "x-request-id").is_some());
    assert_eq!(site.host.notices(), [], "nothing was decoded, nothing unheard");
}

/// Fact 3: the host asks `GET /` to see whether the handler is there; a function may have that route.
#[tokio::test]
async fn fact_3_a_ping_calls_no_function() {
    let site = Site::new(&workload()).await;
    let got = site.host.http(&call("GET", "/", "", b"")).await;
    assert_eq!((got.status, &got.body[..]), (200, &b"\"root\""[..]));
    let site = Site::new(&notes::workload()).await;
    assert_eq!(site.host.http(&call("GET", "/", "", b"")).await.status, 404);
}

/// Fact 5 and 20: a function is stopped before the host would kill the process with all that it does.
#[tokio::test]
async fn fact_5_principle_b10_a_function_is_stopped_before_the_hosts_timeout() {
    let settings =
        AzureFunctionsSettings { function_timeout: Duration::from_secs(1), ..AzureFunctionsSettings::default() };
    let setup = Setup { settings, host: json!({ "functionTimeout": "00:00:01" }), ..Setup::default() };
    let site = Site::with(&workload(), setup).await;
    let got = site.host.http(&call("GET", "/never", "", b"")).await;
    assert_eq!(got.status, 504);
    assert!(String::from_utf8(got.body).unwrap().contains(r#""code":"timeout""#));
    assert_eq!(site.host.notices(), [], "the host has not noticed");
}

async fn tick(_tick: Tick) -> Result<(), Error> {
    Ok(())
}

async fn nothing() -> Result<NoContent, Error> {
    Ok(NoContent)
}

/// Fact 8: events come by `POST /<function>`; no client may call one so.
#[tokio::test]
async fn fact_8_a_route_that_a_client_could_call_an_event_function_by_is_refused() {
    let start = |method: Method, path: &'static str, http| {
        let workload = Workload::new("clash")
            .function(Function::schedule("work", "0 3 * * *", tick))
            .function(Function::http("ask", method, path, nothing));
        let clock: std::sync::Arc<dyn anyport_ports::Clock> = std::sync::Arc::new(anyport_runtimes::SystemClock);
        let store = anyport_memory::MemoryStore::new(std::sync::Arc::clone(&clock));
        let settings = AzureFunctionsSettings { http, ..AzureFunctionsSettings::default() };
        Functions::new(&workload, &ports(&store, &clock), &Surroundings::none(), &settings)
    };
    let refused = start(Method::POST, "/work", HttpMode::Proxying).unwrap_err();
    assert!(matches!(refused, FunctionsError::Workload(_)), "{refused}");
    assert!(refused.to_string().contains("work: Azure Functions calls it by POST /work"), "{refused}");
    for (method, path, http) in [
        (Method::GET, "/work", HttpMode::Proxying),
        (Method::POST, "/works", HttpMode::Proxying),
        (Method::POST, "/work", HttpMode::Default),
    ] {
        assert!(start(method, path, http).is_ok(), "{path}");
    }
}

/// And what comes from a client is a request, even to a path that the host has for an event.
#[tokio::test]
async fn fact_8_a_client_cannot_pass_for_the_host() {
    let calls = crate::workload::Calls::default();
    let site = Site::new(&crate::workload::workload(&calls)).await;
    let event = json!({ "Data": { "message": crate::workload::text("fine") }, "Metadata": {} }).to_string();
    let mut forged = call("POST", "/work", "application/json", event.as_bytes());
    forged.headers.push(("x-azure-functions-invocationid".to_owned(), "forged".to_owned()));
    let got = site.host.http(&forged).await;
    assert_eq!(got.status, 404);
    assert!(calls.all().is_empty());
}
