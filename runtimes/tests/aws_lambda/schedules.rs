//! The clock.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_runtimes::aws_lambda::LambdaSettings;
use serde_json::{Value, json};

use crate::site::Site;
use crate::workload::{Calls, workload};

fn rule(name: &str, time: &str) -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": time, "region": "eu-central-1",
        "resources": [format!("arn:aws:events:eu-central-1:123456789012:rule/{name}")], "detail": {},
    })
}

#[tokio::test]
async fn a_slot_runs_once_however_often_the_host_says_so() {
    let (clock, calls) = (Arc::new(ManualClock::new()), Calls::default());
    let site = Site::with(&workload(&calls), LambdaSettings::default(), clock.clone()).await;
    // The first call fails.
    let told = site.call(&rule("test-nightly", "2026-01-02T03:00:07Z")).await.unwrap_err();
    assert_eq!(told.error_type(), "Anyport.FunctionFailed");
    let told = site.call(&rule("test-nightly", "2026-01-02T03:00:07Z")).await.unwrap_err();
    assert_eq!(told.error_type(), "Anyport.Busy", "it waits for its next attempt");
    clock.advance(Duration::from_mins(1));
    assert_eq!(site.call(&rule("test-nightly", "2026-01-02T03:00:07Z")).await, Ok(Value::Null));
    assert_eq!(site.call(&rule("test-nightly", "2026-01-02T03:00:59Z")).await, Ok(Value::Null));
    let slot = "nightly 2026-01-02T03:00:00.000Z";
    assert_eq!(calls.all(), [slot, slot], "it failed, was done, and was done already");
    assert_eq!(site.call(&rule("bus/test-nightly", "2026-01-03T03:00:00Z")).await, Ok(Value::Null));
    assert_eq!(calls.all().last().unwrap(), "nightly 2026-01-03T03:00:00.000Z");
}

#[tokio::test]
async fn the_scheduler_names_the_function() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let due = json!({ "anyport": { "schedule": "nightly", "scheduled_for": "2026-01-02T03:00:00Z" } });
    assert!(site.call(&due).await.is_err(), "the first call fails");
    assert_eq!(calls.all(), ["nightly 2026-01-02T03:00:00.000Z"]);
    let now = json!({ "anyport": { "schedule": "nightly" } });
    assert_eq!(site.call(&now).await, Ok(Value::Null));
    let latest = calls.all().pop().unwrap();
    let slot = latest.strip_prefix("nightly ").unwrap();
    assert!(slot.ends_with("T03:00:00.000Z") && *slot <= *site.now().to_string(), "{slot}");
}

#[tokio::test]
async fn what_names_no_function_is_told() {
    let site = Site::new(&workload(&Calls::default())).await;
    for (event, kind) in [
        (rule("nightly", "2026-01-02T03:00:00Z"), "Anyport.NoFunction"),
        (rule("test-other", "2026-01-02T03:00:00Z"), "Anyport.NoFunction"),
        (rule("test-nightly", "yesterday"), "Anyport.MalformedEvent"),
        (json!({ "anyport": { "schedule": "other" } }), "Anyport.NoFunction"),
        (json!({ "anyport": { "schedule": "nightly", "scheduled_for": "soon" } }), "Anyport.MalformedEvent"),
        (json!({ "anyport": "nightly" }), "Anyport.MalformedEvent"),
    ] {
        assert_eq!(site.call(&event).await.unwrap_err().error_type(), kind, "{event}");
    }
}
