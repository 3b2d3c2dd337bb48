//! The rules of the HTTP binding and of the JSON format, one by one.

use anyport_ports::messages::Message;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        map.append(HeaderName::try_from(*name).unwrap(), value);
    }
    map
}

const BINARY: [(&str, &str); 4] = [("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-specversion", "1.0")];

fn binary(more: &[(&str, &str)], body: &str) -> Result<CloudEvent, CloudEventError> {
    match read(&headers(&[&BINARY[..], more].concat()), &Bytes::copy_from_slice(body.as_bytes()))? {
        Received::One(event) => Ok(event),
        Received::Batch(_) => panic!("a batch"),
    }
}

fn structured(more: &Value) -> Result<CloudEvent, CloudEventError> {
    let mut event = json!({ "specversion": "1.0", "id": "1", "source": "/s", "type": "t" });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    CloudEvent::from_structured(event.to_string().as_bytes())
}

fn data(event: &CloudEvent) -> Option<&str> {
    event.data().map(|data| std::str::from_utf8(data).unwrap())
}

/// The name of the attribute that was refused.
fn refused(result: Result<CloudEvent, CloudEventError>) -> String {
    match result {
        Err(CloudEventError::Attribute { name, .. }) => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_mode_is_told_by_the_media_type_in_any_case_and_a_batch_is_looked_for_first() {
    let of = |media_type: &str| Mode::of(&headers(&[("content-type", media_type)]));
    for media_type in [
        "application/cloudevents-batch+json",
        "APPLICATION/CloudEvents-Batch+JSON; charset=UTF-8",
        "application/cloudevents-batch",
    ] {
        assert_eq!(of(media_type), Ok(Mode::Batched), "{media_type}");
    }
    for media_type in
        ["application/cloudevents+json", "Application/CloudEvents+json;charset=\"utf-8\"", "application/cloudevents"]
    {
        assert_eq!(of(media_type), Ok(Mode::Structured), "{media_type}");
    }
    assert_eq!(Mode::of(&headers(&BINARY)), Ok(Mode::Binary));
    let both = headers(&[&BINARY[..], &[("content-type", "application/cloudevents+json")]].concat());
    assert_eq!(Mode::of(&both), Ok(Mode::Structured), "headers beside an event in the body count for nothing");
}

#[test]
fn without_one_of_the_mandatory_headers_it_is_no_event() {
    for missing in BINARY {
        let some: Vec<_> = BINARY.into_iter().filter(|header| *header != missing).collect();
        assert_eq!(Mode::of(&headers(&some)), Err(CloudEventError::NotAnEvent), "{missing:?}");
    }
    assert_eq!(Mode::of(&headers(&[("content-type", "application/json")])), Err(CloudEventError::NotAnEvent));
}

#[test]
fn another_format_is_refused_as_a_media_type() {
    for media_type in [
        "application/cloudevents+avro",
        "application/cloudevents+xml",
        "application/cloudevents-batch+protobuf",
        "application/cloudevents+json; charset=latin1",
        "application/cloudeventsx",
    ] {
        let told = Mode::of(&headers(&[("content-type", media_type)])).unwrap_err();
        assert_eq!(told.code(), "unknown_event_format", "{media_type}");
    }
    let twice = [("content-type", "application/cloudevents+json"), ("content-type", "text/plain")];
    assert_eq!(Mode::of(&headers(&twice)).unwrap_err().code(), "malformed_event");
}

#[test]
fn in_binary_mode_the_media_type_is_that_of_the_data() {
    let event =
        binary(&[("Content-Type", "text/plain"), ("CE-Subject", "a%20b"), ("ce-tenant", "x")], "hello").unwrap();
    assert_eq!((event.id(), event.source(), event.kind()), ("1", "/s", "t"));
    assert_eq!((event.content_type(), data(&event)), (Some("text/plain"), Some("hello")));
    assert_eq!((event.attribute("subject"), event.attribute("tenant")), (Some("a b"), Some("x")));
    assert_eq!(binary(&[], "").unwrap().data(), None);
    assert_eq!(data(&binary(&[("content-type", "text/plain")], "").unwrap()), Some(""));

    let (sent, body) = event.to_binary();
    assert_eq!(
        (&sent[CONTENT_TYPE], &sent["ce-subject"], &body[..]),
        (&HeaderValue::from_static("text/plain"), &HeaderValue::from_static("a%20b"), &b"hello"[..])
    );
    assert!(!sent.contains_key("ce-datacontenttype"));
}

#[test]
fn what_binary_mode_forbids_is_refused() {
    for (name, value) in [
        ("ce-datacontenttype", "text/plain"),
        ("ce-subject", "%C0%A0"),
        ("ce-subject", "caf\u{e9}"),
        ("ce-subject", "a%0Ab"),
        ("ce-subject", "\"open"),
        ("ce-subject", ""),
        ("ce-time", "yesterday"),
        ("ce-data", "x"),
        ("ce-a-b", "x"),
        ("ce-id", "2"),
    ] {
        assert_eq!(refused(binary(&[(name, value)], "")), name.trim_start_matches("ce-"), "{name}: {value}");
    }
    let old = headers(&[("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-specversion", "0.3")]);
    assert_eq!(read(&old, &Bytes::new()), Err(CloudEventError::Version { found: "0.3".to_owned() }));
}

#[test]
fn data_stand_in_json_or_in_base64_and_not_in_both() {
    let of = |more: Value| {
        structured(&more).map(|event| (event.content_type().map(str::to_owned), data(&event).map(str::to_owned)))
    };
    let some = |content_type: &str, data: &str| Ok((Some(content_type.to_owned()), Some(data.to_owned())));
    assert_eq!(of(json!({})), Ok((None, None)));
    assert_eq!(of(json!({ "data": { "a": 1 } })), some("application/json", r#"{"a":1}"#), "no media type is JSON's");
    assert_eq!(of(json!({ "data": null })), some("application/json", "null"), "null is a value");
    let text = of(json!({ "datacontenttype": "application/json", "data": "{\"a\":1}" }));
    assert_eq!(text, some("application/json", r#""{\"a\":1}""#), "a text is not parsed again");
    assert_eq!(of(json!({ "datacontenttype": "text/plain", "data": "hi" })), some("text/plain", "hi"));
    assert_eq!(of(json!({ "datacontenttype": "text/plain", "data": { "a": 1 } })), some("text/plain", r#"{"a":1}"#));
    assert_eq!(of(json!({ "datacontenttype": "image/png", "data_base64": "aGk=" })), some("image/png", "hi"));
    assert_eq!(of(json!({ "data_base64": null, "data": 1 })), some("application/json", "1"));
    for bad in [json!({ "data": 1, "data_base64": "aGk=" }), json!({ "data_base64": "?" }), json!({ "data_base64": 1 })]
    {
        assert_eq!(structured(&bad).unwrap_err().code(), "malformed_event", "{bad}");
    }
}

#[test]
fn numbers_in_data_keep_every_digit() {
    let text =
        br#"{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"n": 123456789012345678901234567890.10}}"#;
    let event = CloudEvent::from_structured(text).unwrap();
    assert_eq!(data(&event), Some(r#"{"n": 123456789012345678901234567890.10}"#));
    assert!(event.to_structured().ends_with(r#""data":{"n": 123456789012345678901234567890.10}}"#));
}

#[test]
fn an_attribute_that_is_null_is_not_set_and_others_are_their_canonical_text() {
    let event = structured(&json!({ "subject": null, "n": -42, "big": u64::MAX, "yes": true, "no": false })).unwrap();
    assert_eq!(event.attribute("subject"), None);
    let texts = ["n", "big", "yes", "no"].map(|name| event.attribute(name).unwrap());
    assert_eq!(texts, ["-42", "18446744073709551615", "true", "false"]);
    assert_eq!(refused(structured(&json!({ "id": null }))), "id");
    for (name, value) in [
        ("list", json!([])),
        ("object", json!({})),
        ("fraction", json!(1.5)),
        ("Upper", json!("x")),
        ("under_score", json!("x")),
        ("", json!("x")),
        ("source", json!("")),
        ("subject", json!("a\nb")),
        ("x", json!("\u{ffff}")),
        ("x", json!("\u{fdd0}")),
        ("time", json!("2026-01-01")),
    ] {
        assert_eq!(refused(structured(&json!({ name: value }))), name, "{value}");
    }
}

#[test]
fn what_is_no_event_is_told_and_never_a_panic() {
    for garbage in [
        &b""[..],
        b"{",
        b"null",
        b"[]",
        b"1",
        b"\"text\"",
        b"\xff\xfe",
        b"{}",
        b"{\"specversion\":\"1.0\"}",
        b"{\"specversion\":1}",
        br#"{"specversion":"1.0","id":"1","id":"2","source":"s","type":"t"}"#,
    ] {
        assert!(CloudEvent::from_structured(garbage).is_err(), "{}", String::from_utf8_lossy(garbage));
        let headers = headers(&[("content-type", BATCH)]);
        let batch = read(&headers, &Bytes::copy_from_slice(garbage));
        assert!(batch.is_err() || garbage == b"[]", "{}", String::from_utf8_lossy(garbage));
    }
    let deep = format!(
        r#"{{"specversion":"1.0","id":"1","source":"s","type":"t","x":{}1{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    assert!(CloudEvent::from_structured(deep.as_bytes()).is_err());
}

#[test]
fn a_batch_is_a_list_of_events() {
    let one = CloudEvent::new("1", "/s", "t").unwrap();
    let two = CloudEvent::new("2", "/s", "t").unwrap().with_data("text/plain", Bytes::from_static(b"hi")).unwrap();
    let batched = |text: String| read(&headers(&[("content-type", BATCH)]), &Bytes::from(text));
    assert_eq!(batched(to_batch([&one, &two])), Ok(Received::Batch(vec![one, two])));
    assert_eq!(batched(to_batch([])), Ok(Received::Batch(Vec::new())));
    assert!(batched(r#"[{"specversion":"1.0"}]"#.to_owned()).is_err());
}

#[test]
fn the_trace_travels_as_the_distributed_tracing_extension() {
    let trace =
        [("ce-traceparent", "00-00000000000000000000000000000001-0000000000000001-01"), ("ce-tracestate", "a=1,b=2")];
    let event = binary(&trace, "").unwrap();
    assert_eq!((event.attribute("traceparent"), event.attribute("tracestate")), (Some(trace[0].1), Some("a=1,b=2")));
}

#[test]
fn a_sender_is_let_in_by_its_origin() {
    let origin = [("WebHook-Request-Origin", "eventemitter.example.com"), ("WebHook-Request-Rate", "120")];
    let of = |allowed: &[&str], sent: &[(&str, &str)]| {
        let (status, answer) = Handshake::allowing(allowed.iter().copied()).answer(&headers(sent));
        let text = |name: &str| answer.get(name).map(|value| value.to_str().unwrap().to_owned());
        (status.as_u16(), text("webhook-allowed-origin"), text("webhook-allowed-rate"))
    };
    let yes = |rate: Option<&str>| (200, Some(origin[0].1.to_owned()), rate.map(str::to_owned));
    assert_eq!(of(&["EventEmitter.example.com"], &origin), yes(Some("*")));
    assert_eq!(of(&["*"], &origin[..1]), yes(None), "a rate is told where one is asked for");
    assert_eq!(of(&["other.example.com"], &origin), (403, None, None));
    assert_eq!(of(&[], &origin), (403, None, None), "nobody by default");
    assert_eq!(of(&["*"], &[]), (400, None, None));
}

#[test]
fn messages_of_the_port_are_read_as_they_are_written() {
    let bare = Message::new("1", "s", "t").unwrap();
    let full = bare.clone().with_subject("Größe 😀").unwrap().with_extension("tenant", "a\"b\\c").unwrap();
    let full = full.with_data("application/octet-stream", vec![0, 0xff, 0xc0, b'"']).unwrap();
    let json = bare.clone().with_data("application/json", "{}").unwrap();
    for message in [bare, full, json] {
        let event = CloudEvent::from_structured(message.to_cloud_event().as_bytes()).unwrap();
        assert_eq!(event.to_message().unwrap(), message);
        assert_eq!(CloudEvent::of_message(&message).unwrap(), event);
    }
    let foreign =
        structured(&json!({ "time": "2026-01-01T00:00:00Z", "dataschema": "urn:s", "data": { "a": 1 } })).unwrap();
    let message = foreign.to_message().unwrap();
    assert_eq!((message.content_type(), &message.data()[..]), (Some("application/json"), &br#"{"a":1}"#[..]));
    assert!(message.extensions().is_empty());
    let long = CloudEvent::new("i".repeat(2000), "s", "t").unwrap();
    assert!(long.to_message().is_err());
}

/// An event of any content.
fn any_event() -> impl Strategy<Value = CloudEvent> {
    let text = "[ -~\u{e9}\u{20ac}\u{1f600}]{1,20}";
    let content = proptest::option::of((
        prop_oneof![Just("application/json"), Just("text/plain; charset=utf-8"), Just("image/png")],
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[a-z\"\\\\]{0,9}".prop_map(|text| Value::from(text).to_string().into_bytes()),
        ],
    ));
    (text, text, text, proptest::option::of(text), content).prop_map(|(id, source, kind, subject, content)| {
        let mut event = CloudEvent::new(id, source, kind).unwrap();
        if let Some(subject) = subject {
            event = event.with("subject", subject).unwrap();
        }
        match content {
            Some((content_type, data)) => event.with_data(content_type, Bytes::from(data)).unwrap(),
            None => event,
        }
    })
}

proptest! {
    #[test]
    fn every_event_survives_every_mode(event in any_event()) {
        let (binary, body) = event.to_binary();
        prop_assert_eq!(read(&binary, &body), Ok(Received::One(event.clone())));
        let text = event.to_structured();
        serde_json::from_str::<Value>(&text).unwrap();
        let media_type = headers(&[("content-type", STRUCTURED)]);
        prop_assert_eq!(read(&media_type, &Bytes::from(text)), Ok(Received::One(event.clone())));
        let media_type = headers(&[("content-type", BATCH)]);
        let batch = to_batch([&event, &event]);
        prop_assert_eq!(read(&media_type, &Bytes::from(batch)), Ok(Received::Batch(vec![event.clone(), event])));
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for media_type in [STRUCTURED, BATCH] {
            let _ = read(&headers(&[("content-type", media_type)]), &Bytes::from(bytes.clone()));
        }
    }
}
