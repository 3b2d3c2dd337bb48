//! Requests of gateways.

use std::time::{Duration, SystemTime};

use anyport_conformance::hosts::gateway::{Gateway, HttpCall, HttpReply};
use anyport_ports::Error;
use anyport_ports::blobs::{BlobName, BlobRange, Blobs as _, PutBlob};
use anyport_ports::handles::{BlobReader, Bucket as _};
use anyport_runtimes::{Body, Download, Function, Json, Method, Path, Query, Workload};
use lambda_runtime::Context;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::notes;
use crate::site::Site;
use crate::workload::Uploads;

fn call(method: &str, target: &str, body: &str) -> HttpCall {
    let mut headers = vec![("Host".to_owned(), "h".to_owned())];
    if !body.is_empty() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    HttpCall { method: method.to_owned(), target: target.to_owned(), headers, body: body.as_bytes().to_vec() }
}

async fn ask(site: &Site, gateway: Gateway, call: &HttpCall) -> HttpReply {
    gateway.reply(&site.invoke(&gateway.event(call)).await)
}

fn header<'a>(reply: &'a HttpReply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn functions_are_found_behind_every_gateway() {
    for gateway in Gateway::ALL {
        let site = Site::new(&notes::workload()).await;
        let new = r#"{"id":"a b","text":"caf\u00e9"}"#;
        let created = ask(&site, gateway, &call("POST", "/notes", new)).await;
        assert_eq!((created.status, header(&created, "location")), (201, Some("/notes/a%20b")), "{gateway:?}");
        let read = ask(&site, gateway, &call("GET", "/notes/a%20b", "")).await;
        assert_eq!(read.status, 200, "{gateway:?}");
        assert_eq!(serde_json::from_slice::<Value>(&read.body).unwrap()["text"], "caf\u{e9}");
        assert_eq!(header(&read, "etag"), header(&created, "etag"));
        let head = ask(&site, gateway, &call("HEAD", "/notes/a%20b", "")).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(header(&head, "content-length"), Some(read.body.len().to_string().as_str()));
        let listed = ask(&site, gateway, &call("GET", "/notes?limit=1", "")).await;
        assert_eq!(listed.status, 200, "{gateway:?}");
        let twice = ask(&site, gateway, &call("GET", "/notes?limit=1&limit=2", "")).await;
        assert_eq!(twice.status, 422, "both values of a repeated parameter arrive: {gateway:?}");
        let missing = ask(&site, gateway, &call("GET", "/nowhere", "")).await;
        assert_eq!((missing.status, header(&missing, "content-type")), (404, Some("application/problem+json")));
        let deleted = ask(&site, gateway, &call("DELETE", "/notes/a%20b", "")).await;
        assert_eq!((deleted.status, deleted.body.len()), (204, 0), "{gateway:?}");
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Size {
    bytes: usize,
}

async fn echo(body: Body) -> Result<Download, Error> {
    let bytes = body.bytes;
    let content_type = body.content_type.unwrap_or_default();
    Ok(Download { content_type, length: None, etag: None, bytes: Box::pin(futures_util::stream::iter([Ok(bytes)])) })
}

async fn large(Query(size): Query<Size>) -> Result<Json<String>, Error> {
    Ok(Json("x".repeat(size.bytes)))
}

async fn download(Path(name): Path<String>, uploads: BlobReader<Uploads>) -> Result<Download, Error> {
    Ok(uploads.get(&BlobName::new(name)?, BlobRange::All).await?.into())
}

async fn broken() -> Result<Download, Error> {
    let chunks = [Ok("first".into()), Err("the source is gone".into())];
    let bytes = Box::pin(futures_util::stream::iter(chunks));
    Ok(Download { content_type: "text/plain".to_owned(), length: Some(10), etag: None, bytes })
}

fn workload() -> Workload {
    Workload::new("bytes")
        .function(Function::http("echo", Method::PUT, "/echo", echo))
        .function(Function::http("large", Method::GET, "/large", large))
        .function(Function::http("download", Method::GET, "/uploads/{name}", download))
        .function(Function::http("broken", Method::GET, "/broken", broken))
}

#[tokio::test]
async fn bytes_go_both_ways_unharmed() {
    let site = Site::new(&workload()).await;
    let put = PutBlob::new("application/zip", vec![0_u8, 0xff, 0x80]).unwrap();
    site.handle().put(&Uploads::NAME, &BlobName::new("a").unwrap(), &put).await.unwrap();
    for gateway in Gateway::ALL {
        for (kind, body) in [("image/png", vec![0, 0xff, 0xc0, b'"']), ("text/plain; charset=latin1", vec![0xe9])] {
            let mut sent = call("PUT", "/echo", "");
            sent.headers.push(("content-type".to_owned(), kind.to_owned()));
            sent.body.clone_from(&body);
            let got = ask(&site, gateway, &sent).await;
            assert_eq!((got.status, &got.body), (200, &body), "{gateway:?} {kind}");
            assert_eq!(header(&got, "content-type"), Some(kind));
        }
        let got = ask(&site, gateway, &call("GET", "/uploads/a", "")).await;
        assert_eq!((got.status, &got.body[..]), (200, &[0_u8, 0xff, 0x80][..]));
        assert!(header(&got, "etag").unwrap().starts_with('"'));
        let broken = ask(&site, gateway, &call("GET", "/broken", "")).await;
        assert_eq!(broken.status, 503, "nothing was sent yet: half an answer is none");
    }
}

#[tokio::test]
async fn an_answer_too_large_for_the_host_is_a_problem() {
    let site = Site::new(&workload()).await;
    for (gateway, most) in [(Gateway::Http, 6 << 20), (Gateway::Rest, 6 << 20), (Gateway::LoadBalancer, 1 << 20)] {
        let fits = ask(&site, gateway, &call("GET", &format!("/large?bytes={}", most - 4096), "")).await;
        assert_eq!((fits.status, fits.body.len()), (200, most - 4096 + 2), "{gateway:?}");
        for over in [most - 10, most * 2] {
            let refused = ask(&site, gateway, &call("GET", &format!("/large?bytes={over}"), "")).await;
            assert_eq!(refused.status, 413, "{gateway:?}");
            let problem: Value = serde_json::from_slice(&refused.body).unwrap();
            assert_eq!(problem["code"], "answer_too_large");
            assert!(header(&refused, "x-request-id").is_some());
        }
    }
}

#[tokio::test]
async fn a_function_is_stopped_before_the_deadline_and_a_past_one_is_unknown() {
    let limits = anyport_runtimes::Limits { timeout: Duration::from_mins(1), ..anyport_runtimes::Limits::default() };
    let never = || std::future::pending::<Result<Json<u8>, Error>>();
    let one = || async { Ok::<_, Error>(Json(1_u8)) };
    let workload = Workload::new("slow")
        .function(Function::http("never", Method::GET, "/never", never).limits(limits))
        .function(Function::http("one", Method::GET, "/one", one));
    let site = Site::new(&workload).await;
    let mut context = Context::default();
    context.request_id = "the-hosts-own-id".to_owned();
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_millis(400);
    context.deadline = u64::try_from(at.as_millis()).unwrap();
    let event = Gateway::Http.event(&call("GET", "/never", ""));
    let begun = std::time::Instant::now();
    let answer = site.call_in(&event, &context).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(answer["statusCode"], 504);
    assert!(answer["body"].as_str().unwrap().contains(r#""code":"timeout""#));
    assert_eq!(answer["headers"]["x-request-id"], "the-hosts-own-id");

    context.deadline = 600_000;
    let answer = site.call_in(&Gateway::Http.event(&call("GET", "/one", "")), &context).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!("1")));
}
