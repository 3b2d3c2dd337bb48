//! Hostile and broken requests: each is answered with a problem, and the server goes on.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyport_runtimes::Limits;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Answer, get, post, raw, read, send};
use crate::notes::workload;
use crate::site::Site;

const JSON: &str = "content-type: application/json";

async fn goes_on(at: SocketAddr) {
    let listed = get(at, "/notes").await;
    assert_eq!((listed.status, listed.body.as_str()), (200, r#"{"items":[],"next":null}"#), "and nothing was written");
}

#[tokio::test]
async fn bodies_that_are_no_json_of_bounded_size() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    assert_eq!(post(at, "/notes", r#"{"id":"a","text":"#).await.problem(400), "malformed_json");
    assert_eq!(post(at, "/notes", "").await.problem(400), "missing_body");
    assert_eq!(post(at, "/notes", &"[".repeat(10_000)).await.problem(400), "malformed_json");
    let text = r#"{"id":"a","text":"b"}"#;
    assert_eq!(send(at, "POST /notes", &[], text).await.problem(415), "unsupported_media_type");
    assert_eq!(
        send(at, "POST /notes", &["content-type: text/plain"], text).await.problem(415),
        "unsupported_media_type"
    );
    let latin =
        [b"POST /notes HTTP/1.1\r\nhost: t\r\n".as_slice(), JSON.as_bytes(), b"\r\ncontent-length: 3\r\n\r\n\"\xff\""];
    assert_eq!(raw(at, &latin.concat()).await.problem(400), "invalid_utf8");

    let limit = usize::try_from(Limits::default().body_bytes).unwrap();
    assert_eq!(post(at, "/notes", &" ".repeat(limit + 1)).await.problem(413), "body_too_large");
    // Its length alone is enough: not a byte of it is sent.
    let declared = format!("POST /notes HTTP/1.1\r\nhost: t\r\n{JSON}\r\ncontent-length: 99999999999\r\n\r\n");
    assert_eq!(raw(at, declared.as_bytes()).await.problem(413), "body_too_large");
    let chunk = format!("POST /notes HTTP/1.1\r\nhost: t\r\n{JSON}\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n");
    assert_eq!(raw(at, chunk.as_bytes()).await.problem(400), "broken_body");
    goes_on(at).await;
    server.shutdown().await;
}

/// Sends chunks for as long as the server takes them, and reads what it answers meanwhile.
async fn endless(at: SocketAddr) -> Answer {
    let stream = TcpStream::connect(at).await.unwrap().into_std().unwrap();
    let mut reading = TcpStream::from_std(stream.try_clone().unwrap()).unwrap();
    let mut writing = TcpStream::from_std(stream).unwrap();
    let sending = tokio::spawn(async move {
        let head = format!("POST /notes HTTP/1.1\r\nhost: t\r\n{JSON}\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let mut sent = writing.write_all(head.as_bytes()).await;
        while sent.is_ok() {
            sent = writing.write_all(chunk.as_bytes()).await;
        }
    });
    let answer = read(&mut reading).await;
    sending.abort();
    answer
}

#[tokio::test]
async fn a_body_that_never_ends_and_one_that_never_comes() {
    let mut site = Site::new();
    site.settings.body_timeout = std::time::Duration::from_millis(200);
    let server = site.start(workload()).await;
    let at = server.address();
    assert_eq!(endless(at).await.problem(413), "body_too_large");
    let silent = format!("POST /notes HTTP/1.1\r\nhost: t\r\n{JSON}\r\ncontent-length: 10\r\n\r\n{{");
    assert_eq!(raw(at, silent.as_bytes()).await.problem(408), "body_timeout");
    goes_on(at).await;
    server.shutdown().await;
}

#[tokio::test]
async fn heads_that_are_too_large_or_no_http() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    for path in ["/notes", "/healthz", "/nowhere"] {
        let mut many = format!("GET {path} HTTP/1.1\r\nhost: t\r\n");
        for n in 0..10_000 {
            write!(many, "x-{n}: y\r\n").unwrap();
        }
        assert_eq!(raw(at, format!("{many}\r\n").as_bytes()).await.problem(431), "headers_too_large");
        let large = format!("GET {path} HTTP/1.1\r\nhost: t\r\nx-large: {}\r\n\r\n", "y".repeat(40_000));
        assert_eq!(raw(at, large.as_bytes()).await.problem(431), "headers_too_large");
    }
    for malformed in [b"GET /notes/\xff HTTP/1.1\r\nhost: t\r\n\r\n".as_slice(), b"nonsense\r\n\r\n"] {
        assert_eq!(raw(at, malformed).await.problem(400), "malformed_request");
    }
    goes_on(at).await;
    server.shutdown().await;
}

#[tokio::test]
async fn paths_methods_and_conditions_that_are_not_served() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    for path in ["/notes/%ff", "/%c3%28", "/notes?cursor=%ff"] {
        assert_eq!(get(at, path).await.problem(400), "invalid_utf8", "{path}");
    }
    for path in ["/", "/nowhere", "/notes/", "/notes/a/b", "//notes"] {
        assert_eq!(get(at, path).await.problem(404), "no_such_route", "{path}");
    }
    for (method, path, allow) in [
        ("PATCH", "/notes", "GET, POST, HEAD"),
        ("TRACE", "/notes/a", "DELETE, GET, PUT, HEAD"),
        ("OPTIONS", "/raw", "PUT"),
        ("BREW", "/raw", "PUT"),
        ("POST", "/healthz", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
        ("POST", "/_anyport/blobs/a/b", "GET, HEAD, PUT"),
    ] {
        let refused = send(at, &format!("{method} {path}"), &[], "").await;
        assert_eq!(refused.problem(405), "method_not_allowed", "{method} {path}");
        assert_eq!(refused.header("allow").map(|allow| allow.replace(' ', "")), Some(allow.replace(' ', "")));
    }
    for if_match in ["unquoted", "W/\"weak\"", "\"a\", \"b\"", "\""] {
        let refused = send(at, "DELETE /notes/a", &[&format!("if-match: {if_match}")], "").await;
        assert_eq!(refused.problem(400), "invalid_if_match", "{if_match}");
    }
    let unknown = send(at, "DELETE /notes/a", &["if-match: \"never-given\""], "").await;
    assert_eq!(unknown.problem(412), "precondition_failed");
    goes_on(at).await;
    server.shutdown().await;
}
