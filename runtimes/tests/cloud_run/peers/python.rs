//! The package `cloudevents` of PyPI.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyport_runtimes::cloud_events::{CloudEvent, Received, STRUCTURED, read};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{attributes_of, event, headers_from, headers_of, plain_events, program};

/// What the package makes of what it is told.
fn python(act: &str, told: &Value) -> Vec<Value> {
    let mut child = Command::new(program("ANYPORT_CLOUDEVENTS_PYTHON"))
        .args(["-c", include_str!("prelude.py"), act])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Events whose attributes are not plain: the package encodes them as the specification says.
fn odd_events() -> Vec<CloudEvent> {
    let odd = ["Euro \u{20ac} \u{1f600}", "100% \"sure\"", "%20", "a b", "\u{e9}+~"];
    odd.iter().enumerate().map(|(at, text)| event(&format!("odd-{at}")).with("subject", *text).unwrap()).collect()
}

fn events() -> Vec<CloudEvent> {
    let string = event("string").with_data("application/json", Bytes::from_static(br#""{\"a\":1}""#)).unwrap();
    [plain_events(), odd_events(), vec![string]].concat()
}

/// The data as the package shows them.
fn shown(event: &CloudEvent) -> Value {
    let Some(data) = event.data() else { return Value::Null };
    match event.content_type() {
        Some(json) if json.ends_with("json") => json!({ "value": serde_json::from_slice::<Value>(data).unwrap() }),
        Some("text/plain") => json!({ "value": std::str::from_utf8(data).unwrap() }),
        _ => json!({ "bytes": BASE64.encode(data) }),
    }
}

/// The package gives an event without a time its own.
fn without_made_up(mut attributes: Value, event: &CloudEvent) -> Value {
    if event.attribute("time").is_none() {
        attributes.as_object_mut().unwrap().remove("time");
    }
    attributes
}

/// Text that is neither JSON nor in JSON comes out of binary mode as bytes or as text: it is the same.
fn same(shown: &Value, event: &CloudEvent) -> bool {
    let data = event.data().map(|data| BASE64.encode(data));
    *shown == self::shown(event)
        || shown["bytes"].as_str().is_some_and(|bytes| Some(bytes) == data.as_deref())
        || shown["value"].as_str().is_some_and(|text| Some(BASE64.encode(text)) == data)
}

#[test]
fn the_python_package_reads_what_is_written_here() {
    let events = events();
    let mut told = Vec::new();
    for event in &events {
        let (headers, body) = event.to_binary();
        told.push(json!({ "headers": headers_of(&headers), "body": BASE64.encode(&body) }));
        told.push(json!({ "headers": { "content-type": STRUCTURED }, "body": BASE64.encode(event.to_structured()) }));
    }
    let read = python("read", &Value::from(told));
    assert_eq!(read.len(), 2 * events.len());
    for (event, both) in events.iter().zip(read.chunks(2)) {
        for (mode, read) in ["binary", "structured"].iter().zip(both) {
            assert_eq!(without_made_up(read["attributes"].clone(), event), attributes_of(event), "{mode}");
            // Without data the body is empty, which the package takes for data of no bytes in binary mode.
            let nothing = event.data().is_none()
                && (read["data"].is_null() || read["data"]["bytes"] == "" || read["data"]["value"] == "");
            assert!(nothing || same(&read["data"], event), "{mode} {}: {}", event.id(), read["data"]);
        }
    }
}

#[test]
fn what_the_python_package_writes_is_read_here() {
    let events = plain_events().into_iter().chain(odd_events()).collect::<Vec<_>>();
    let told = events.iter().map(|event| json!({ "attributes": attributes_of(event), "data": shown(event) }));
    let written = python("write", &told.collect());
    for (event, both) in events.iter().zip(written) {
        for message in both.as_array().unwrap() {
            let body = Bytes::from(BASE64.decode(message["body"].as_str().unwrap()).unwrap());
            let headers = headers_from(&message["headers"]);
            let Ok(Received::One(read)) = read(&headers, &body) else { panic!("{message} is not read") };
            assert_eq!(without_made_up(attributes_of(&read), event), attributes_of(event), "{message}");
            match (read.data(), event.data()) {
                (Some(read), Some(data)) if event.content_type().is_some_and(|of| of.ends_with("json")) => {
                    let json = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap();
                    assert_eq!(json(read), json(data), "{message}");
                }
                (read, data) => assert_eq!(read, data, "{message}"),
            }
        }
    }
}
