//! `@google-cloud/functions-framework` of npm: what runs functions on Google Cloud, and the package `cloudevents` that it is
//! made of.
//!
//! It neither encodes nor decodes the values of headers: only plain attributes go both ways.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyport_conformance::hosts::gateway::HttpCall;
use anyport_runtimes::cloud_events::{CloudEvent, Received, STRUCTURED, read};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{attributes_of, headers_from, plain_events, program};
use crate::hosts::requests::ask;

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

/// A function that the framework runs.
struct Running {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Running {
    async fn start(target: &str) -> Self {
        let program = program("ANYPORT_FUNCTIONS_FRAMEWORK");
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("index.js"), include_str!("index.js")).unwrap();
        std::fs::write(folder.path().join("package.json"), r#"{"main":"index.js"}"#).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let child = Command::new(&program)
            .args(["--target", target, "--host", "127.0.0.1", "--port", &address.port().to_string()])
            .arg("--source")
            .arg(folder.path())
            .env("NODE_PATH", modules(&program))
            .env("RECEIVED", folder.path().join("received"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut running = Self { child, address, folder };
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert_eq!(running.child.try_wait().unwrap(), None, "it lives on");
            assert!(begun.elapsed() < START, "it does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        running
    }

    /// The events that its function was called with.
    fn received(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("received")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The folder `node_modules` that the program is in.
fn modules(program: &str) -> PathBuf {
    let real = Path::new(program).canonicalize().unwrap();
    let found = real.ancestors().find(|folder| folder.ends_with("node_modules"));
    found.unwrap_or_else(|| panic!("{program} is not in a folder node_modules")).to_owned()
}

/// The data as `JSON.stringify` shows them.
fn shown(data: &Value) -> Vec<u8> {
    match data["type"].as_str() {
        Some("Buffer") => {
            data["data"].as_array().unwrap().iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap()).collect()
        }
        _ => data.as_str().map_or_else(|| data.to_string().into_bytes(), |text| text.as_bytes().to_vec()),
    }
}

fn call(path: &str, headers: Vec<(String, String)>, body: impl Into<Vec<u8>>) -> HttpCall {
    let headers = [headers, vec![("Host".to_owned(), "test".to_owned())]].concat();
    HttpCall { method: "POST".to_owned(), target: path.to_owned(), headers, body: body.into() }
}

#[tokio::test]
async fn the_functions_framework_reads_what_is_written_here() {
    let running = Running::start("receive").await;
    let (mut expected, events) = (Vec::new(), plain_events());
    for event in &events {
        let (headers, body) = event.to_binary();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        // Version 5 fails on every request without a body, and on every body that is a text, whatever the request asks for.
        if !body.is_empty() && event.content_type() != Some("text/plain") {
            let answer = ask(running.address, &call("/", headers.collect(), body)).await;
            assert_eq!(answer.status, 204, "{event:?}");
            expected.push((event, "binary"));
        }
        let headers = vec![("content-type".to_owned(), STRUCTURED.to_owned())];
        let answer = ask(running.address, &call("/", headers, event.to_structured())).await;
        assert_eq!(answer.status, 204, "{event:?}");
        expected.push((event, "structured"));
    }
    let received = running.received();
    assert_eq!(received.len(), expected.len());
    for (read, (event, mode)) in received.iter().zip(expected) {
        let told = attributes_of(event);
        for (name, value) in told.as_object().unwrap() {
            // In binary mode the framework leaves the media type of data to whoever looks at the request.
            if mode == "structured" || name != "datacontenttype" {
                assert_eq!(&read[name], value, "{mode} {name} of {read}");
            }
        }
        let Some(data) = event.data() else { continue };
        let json = event.content_type().is_some_and(|of| of.ends_with("json"));
        match read["data_base64"].as_str() {
            Some(encoded) => assert_eq!(BASE64.decode(encoded).unwrap(), data[..], "{mode} {read}"),
            // Of other types than it knows, its parser of bodies makes bytes.
            None if json && read["data"]["type"] != "Buffer" => {
                assert_eq!(read["data"], serde_json::from_slice::<Value>(data).unwrap(), "{mode} {read}");
            }
            None => assert_eq!(shown(&read["data"]), data[..], "{mode} {read}"),
        }
    }
}

/// The event as the peer is told to make it.
fn described(event: &CloudEvent) -> Value {
    let mut described = attributes_of(event);
    match (event.data(), event.content_type()) {
        (Some(data), Some(json)) if json.ends_with("json") => described["data"] = serde_json::from_slice(data).unwrap(),
        (Some(data), Some("text/plain")) => described["data"] = json!(std::str::from_utf8(data).unwrap()),
        (Some(data), _) => described["bytes"] = json!(BASE64.encode(data)),
        (None, _) => {}
    }
    described
}

#[tokio::test]
async fn what_the_functions_framework_writes_is_read_here() {
    let running = Running::start("send").await;
    for event in plain_events() {
        for mode in ["binary", "structured"] {
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            let answer = ask(running.address, &call(&format!("/{mode}"), headers, described(&event).to_string())).await;
            assert_eq!(answer.status, 200, "{event:?}");
            let headers = answer.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
            let headers = headers_from(&headers.collect::<serde_json::Map<_, _>>().into());
            let body = Bytes::from(unchunked(&answer.headers, answer.body));
            let Ok(Received::One(read)) = read(&headers, &body) else {
                panic!("{mode} {headers:?} {body:?} is not read")
            };
            let shown = attributes_of(&read);
            for (name, value) in attributes_of(&event).as_object().unwrap() {
                assert!(&shown[name] == value || name == "time", "{mode} {name}: {shown}");
            }
            let instant = |event: &CloudEvent| event.attribute("time").map(|time| time[..23].to_owned());
            assert!(
                event.attribute("time").is_none() || instant(&read) == instant(&event),
                "to the millisecond: {shown}"
            );
            match (read.data(), event.data()) {
                (Some(read), Some(data)) if event.content_type().is_some_and(|of| of.ends_with("json")) => {
                    let json = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap();
                    assert_eq!(json(read), json(data), "{mode}");
                }
                (Some(read), Some(data)) => assert_eq!(read, data, "{mode} {}", event.id()),
                (read, None) => assert!(read.is_none_or(Bytes::is_empty), "{mode}: {read:?}"),
                (None, Some(_)) => panic!("{mode}: the data are gone"),
            }
        }
    }
}

/// The body of an answer that came in chunks.
fn unchunked(headers: &[(String, String)], body: Vec<u8>) -> Vec<u8> {
    if !headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
        return body;
    }
    let (mut whole, mut rest) = (Vec::new(), &body[..]);
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
