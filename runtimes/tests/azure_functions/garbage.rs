//! The payload shapes of the host, each value of them replaced by garbage: a typed error or the same as before, never a crash.

use serde_json::{Value, json};

use crate::facts::post;
use crate::site::{Setup, Site};
use crate::workload::{Calls, text, workload};

/// The shapes, each with the function that it calls.
fn shapes() -> Vec<(&'static str, Value)> {
    let sys = json!({ "MethodName": "f", "UtcNow": "2026-01-01T00:00:01.1Z", "RandGuid": "2222" });
    let wrapped = json!(text("fine")).to_string();
    vec![
        (
            "work",
            json!({
                "Data": { "q": wrapped },
                "Metadata": {
                    "DequeueCount": "1", "ExpirationTime": "2026-01-08T00:00:00+00:00",
                    "Id": "\"11111111-0000-4000-8000-000000000001\"", "InsertionTime": "2026-01-01T00:00:00+00:00",
                    "NextVisibleTime": "2026-01-01T00:10:00+00:00", "PopReceipt": "\"AgAAAA==\"", "sys": sys, "id": "\"1\"",
                },
            }),
        ),
        (
            "work",
            json!({
                "Data": { "m": wrapped },
                "Metadata": {
                    "DeliveryCount": "1", "LockToken": "\"3333\"", "EnqueuedTimeUtc": "2026-01-01T00:00:00",
                    "MessageId": "\"4444\"", "ContentType": "\"application/json\"", "SequenceNumber": "1",
                    "ApplicationProperties": {}, "sys": {}, "a": "\"1\"",
                },
            }),
        ),
        (
            "work",
            json!({
                "Data": { "event": {
                    "id": "1", "topic": "t", "subject": "s", "eventType": "created", "dataVersion": "1", "metadataVersion": "1",
                    "eventTime": "2026-01-01T00:00:00Z", "data": { "how": "fine" },
                } },
                "Metadata": { "data": {}, "sys": {} },
            }),
        ),
        (
            "work",
            json!({
                "Data": { "event": {
                    "id": "1", "source": "s", "specversion": "1.0", "type": "created", "time": "2026-01-01T00:00:00Z",
                    "data": { "how": "fine" },
                } },
                "Metadata": { "data": {}, "sys": {} },
            }),
        ),
        (
            "nightly",
            json!({
                "Data": { "t": { "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": false } },
                "Metadata": { "sys": {} },
            }),
        ),
        (
            "thing",
            json!({
                "Data": { "documents": json!([{ "id": "a", "how": "fine", "_ts": 1 }]).to_string() }, "Metadata": { "sys": {} },
            }),
        ),
        (
            "import",
            json!({
                "Data": { "b": "\"text\"" },
                "Metadata": {
                    "Uri": "\"https://acc.blob/test-uploads/imports/x.txt\"", "Properties": { "Length": 4, "ETag": "\"e\"" },
                    "Metadata": {}, "name": "\"x.txt\"", "sys": {},
                },
            }),
        ),
        (
            "import",
            json!({
                "Data": { "b": "dGV4dA==" },
                "Metadata": {
                    "Uri": "\"https://acc.blob/test-uploads/imports/x.txt\"", "Properties": { "Length": 4, "ETag": "\"e\"" },
                    "sys": {},
                },
            }),
        ),
        (
            "read-thing",
            json!({
                "Data": { "req": {
                    "Url": "http://h/things/a?x=1", "Method": "GET", "Query": { "x": "1" },
                    "Headers": { "Content-Type": ["application/json"] }, "Params": {}, "Identities": [], "Body": "{\"id\":1}",
                } },
                "Metadata": { "Query": { "x": "1" }, "Headers": { "Content-Type": "application/json" }, "sys": {}, "x": "\"1\"" },
            }),
        ),
    ]
}

/// The pointers of all values within.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), into)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{at}/{index}"), into));
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_value_replaced_by_garbage_is_a_typed_error_and_never_a_crash() {
    let calls = Calls::default();
    let settings = anyport_runtimes::azure_functions::AzureFunctionsSettings {
        http: anyport_runtimes::azure_functions::HttpMode::Default,
        ..Default::default()
    };
    let workload = workload(&calls).function(anyport_runtimes::Function::http(
        "read-thing",
        anyport_runtimes::Method::GET,
        "/things/{id}",
        |anyport_runtimes::Path(_): anyport_runtimes::Path<String>| async {
            Ok::<_, anyport_ports::Error>(anyport_runtimes::NoContent)
        },
    ));
    let site = Site::with(&workload, Setup { settings, ..Setup::default() }).await;
    let garbage = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!("\"\\\""),
        json!("{"),
        json!("[[[[[[\"\"]]]]]]"),
        json!("dGVzdA=="),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "\u{0}": { "Data": {} } }),
    ];
    let mut told = std::collections::BTreeMap::<String, usize>::new();
    for (function, shape) in shapes() {
        let (status, answer) = post(&site, function, shape.to_string().as_bytes()).await;
        let first = function == "nightly" && status == 500;
        assert!(status == 200 || first, "{function}: {status} {answer}");
        let mut places = Vec::new();
        pointers(&shape, "", &mut places);
        for place in &places {
            for bad in &garbage {
                let mut shape = shape.clone();
                *shape.pointer_mut(place).unwrap() = bad.clone();
                let (status, answer) = post(&site, function, shape.to_string().as_bytes()).await;
                if status == 200 {
                    assert!(answer.is_object(), "{function} {place} {bad}: {answer}");
                    continue;
                }
                let kind = answer["errorType"].as_str().unwrap_or_else(|| panic!("{function} {place} {bad}: {answer}"));
                assert!(kind.starts_with("Anyport.") && !answer["errorMessage"].as_str().unwrap().is_empty());
                *told.entry(kind.to_owned()).or_default() += 1;
            }
        }
    }
    assert!(told["Anyport.MalformedInvocation"] > 100, "{told:?}");
}
