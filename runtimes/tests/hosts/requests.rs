//! The table of requests, the server that is asked as well, and how answers are compared.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_memory::MemoryStore;
use anyport_ports::Clock;
use anyport_runtimes::server::{Running, ServerSettings, listen, start};
use anyport_runtimes::{Surroundings, Workload};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::site::ports;

/// What belongs to a connection, and to the moment.
const NOT_COMPARED: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

/// A server of this workload, on a store of its own.
pub(crate) async fn server_of(workload: Workload, clock: Arc<dyn Clock>, surroundings: Surroundings) -> Running {
    let store = MemoryStore::new(Arc::clone(&clock));
    let settings = ServerSettings { address: "127.0.0.1:0".parse().unwrap(), ..ServerSettings::default() };
    let (memory, ports) = (Arc::new(store.handle()), ports(&store, &clock));
    let listener = listen(&settings).await.unwrap();
    start(listener, workload, ports, surroundings.provisioned_by(memory), settings).await.unwrap()
}

/// Sends a request, and reads the answer to its end.
pub(crate) async fn ask(address: SocketAddr, call: &HttpCall) -> HttpReply {
    let mut request = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", call.method, call.target).into_bytes();
    for (name, value) in &call.headers {
        request.extend(format!("{name}: {value}\r\n").bytes());
    }
    request.extend(format!("content-length: {}\r\n\r\n", call.body.len()).bytes());
    request.extend(&call.body);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    headers.sort();
    HttpReply { status, headers, body: answer[end + 4..].to_vec() }
}

/// Without what is not compared; versions, which are random, are the same letter.
pub(crate) fn comparable(mut reply: HttpReply, length: bool) -> HttpReply {
    reply.headers.retain(|(name, _)| (length && name == "content-length") || !NOT_COMPARED.contains(&name.as_str()));
    for (name, value) in &mut reply.headers {
        if name == "etag" {
            assert!(value.len() > 2 && value.starts_with('"') && value.ends_with('"'), "{value}");
            "\"v\"".clone_into(value);
        }
    }
    reply
}

/// The table.
pub(crate) fn requests() -> Vec<HttpCall> {
    let mut calls = Vec::new();
    let mut add = |method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]| {
        let mut headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        headers.push(("Host".to_owned(), "test".to_owned()));
        headers.push(("X-Request-Id".to_owned(), format!("request-{}", calls.len())));
        calls.push(HttpCall { method: method.to_owned(), target: target.to_owned(), headers, body: body.to_vec() });
    };
    let json = [("Content-Type", "application/json")];
    for id in ["one", "two", "a b", "\u{e9}/%", "\u{1f600}"] {
        let body = serde_json::json!({ "id": id, "text": "t\u{e9}xt", "stars": 3 });
        add("POST", "/notes", &json, body.to_string().as_bytes());
    }
    add("POST", "/notes", &json, br#"{"id":"one","text":"again"}"#);
    add("POST", "/notes", &json, br#"{"id":"","text":1,"more":true}"#);
    add("POST", "/notes", &json, b"{");
    add("POST", "/notes", &json, b"");
    add("POST", "/notes", &[("Content-Type", "text/plain")], b"text");
    add("POST", "/notes", &json, b"\xff\xfe");
    for target in
        ["/notes/one", "/notes/a%20b", "/notes/%C3%A9%2F%25", "/notes/%F0%9F%98%80", "/notes/none", "/notes/%ff"]
    {
        add("GET", target, &[], b"");
        add("HEAD", target, &[], b"");
    }
    for query in ["", "?limit=2", "?limit=1&limit=2", "?limit=x", "?limit=0", "?cursor=%00", "?other=1", "?limit=%32"] {
        add("GET", &format!("/notes{query}"), &[], b"");
    }
    add("PUT", "/notes/one", &json, br#"{"text":"new"}"#);
    add("PUT", "/notes/one", &[json[0], ("If-Match", "\"other\"")], br#"{"text":"new"}"#);
    add("PUT", "/notes/one", &[json[0], ("If-Match", "*")], br#"{"text":"new"}"#);
    for number in 0..11 {
        add("GET", &format!("/fail/{number}"), &[], b"");
    }
    add("GET", "/panics", &[], b"");
    add("GET", "/never", &[], b"");
    add("PUT", "/raw", &[("Content-Type", "application/octet-stream")], &[0, 0xff, 0x80]);
    add("PUT", "/raw", &[], b"more than ten bytes");
    add("PATCH", "/notes/one", &json, b"{}");
    add("DELETE", "/notes/two", &[], b"");
    add("GET", "/nowhere", &[], b"");
    add("GET", "/", &[], b"");
    calls
}
