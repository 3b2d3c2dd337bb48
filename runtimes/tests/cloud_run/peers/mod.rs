//! CloudEvents that others read and write: the Python package `cloudevents`, and Google's Functions Framework for Node.js.
//!
//! The environment leads to them: a Python interpreter that has the package (`ANYPORT_CLOUDEVENTS_PYTHON`), and the program
//! `functions-framework` as npm installs it (`ANYPORT_FUNCTIONS_FRAMEWORK`): `cargo xtask test` sees to it.

mod functions_framework;
mod python;

use anyport_runtimes::cloud_events::CloudEvent;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

/// The path that a variable names.
fn program(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run `cargo xtask test`, which installs it"))
}

fn event(id: &str) -> CloudEvent {
    CloudEvent::new(id, "/orders/1?x=y#z", "com.example.order.placed").unwrap()
}

/// Events that every peer reads in every mode.
fn plain_events() -> Vec<CloudEvent> {
    let object = json!({ "a": [1, 2.5, null, "\u{20ac} \u{1f600}"], "b": { "c": true } }).to_string();
    let with = |id: &str, content_type: &str, data: &[u8]| {
        event(id).with_data(content_type, Bytes::copy_from_slice(data)).unwrap()
    };
    vec![
        event("bare"),
        with("object", "application/json", object.as_bytes()),
        with("text", "text/plain", "Euro \u{20ac} \u{1f600}".as_bytes()),
        with("bytes", "application/octet-stream", &[0, 0xff, 0xc0, b'"', b'\n']),
        with("suffix", "application/vnd.example+json", br#"{"a":1}"#),
        event("full")
            .with("subject", "a/b~c|d")
            .and_then(|event| event.with("time", "2026-01-01T00:00:00.123456Z"))
            .and_then(|event| event.with("dataschema", "https://schemas.example.com/order"))
            .and_then(|event| event.with("traceparent", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"))
            .and_then(|event| event.with_data("application/json", Bytes::from_static(b"{\"n\":9007199254740991}")))
            .unwrap(),
    ]
}

/// Headers as a peer takes and gives them.
fn headers_of(map: &HeaderMap) -> Value {
    map.iter()
        .map(|(name, value)| (name.to_string(), Value::from(value.to_str().unwrap())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn headers_from(value: &Value) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in value.as_object().unwrap() {
        map.insert(http::HeaderName::try_from(name).unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    map
}

/// The attributes that peers show: all, and the version beside.
fn attributes_of(event: &CloudEvent) -> Value {
    let all = event.attributes().map(|(name, value)| (name.to_owned(), Value::from(value)));
    all.chain([("specversion".to_owned(), "1.0".into())]).collect::<serde_json::Map<_, _>>().into()
}
