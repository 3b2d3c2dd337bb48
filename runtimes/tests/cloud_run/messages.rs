//! Messages, however they are pushed: Pub/Sub in an envelope and without, Eventarc, Cloud Tasks, and CloudEvents of others.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::cloud_run::{Fate, Form, Published, Pushed, path};
use anyport_memory::ManualClock;
use anyport_ports::handles::{Publish, Subscriber as _};
use anyport_ports::messages::{Messages as _, Receive};
use anyport_runtimes::cloud_events::{BATCH, CloudEvent, STRUCTURED, to_batch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::site::{Plan, Site, work};
use crate::workload::{Calls, Job, Jobs, Work, text, workload};

const FORMS: [Form; 4] =
    [Form::Wrapped, Form::Unwrapped { metadata: false }, Form::Unwrapped { metadata: true }, Form::Eventarc];

fn header(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

async fn post(site: &Site, content_type: &str, body: impl Into<Vec<u8>>) -> Pushed {
    site.service.push(&path("work"), header("content-type", content_type), body.into()).await
}

/// Fact 5 and fact 7.
#[tokio::test]
async fn a_message_calls_its_function_in_whatever_form_it_is_pushed() {
    for form in FORMS {
        let calls = Calls::default();
        let site = Site::new(workload(&calls)).await;
        let answer = work().form(form).push(&site.service, &Published::new(text("fine")), 1).await;
        assert_eq!((answer.status(), &answer.0.body[..]), (204, &b""[..]), "{form:?}");
        assert!(answer.is_acknowledged());
        assert_eq!(calls.all(), ["work fine 1"], "{form:?}");
    }
}

#[tokio::test]
async fn the_attempt_is_the_subscriptions_count_where_it_counts() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let counting = work().giving_up_after(9);
    assert!(counting.push(&site.service, &Published::new(text("fine")), 5).await.is_acknowledged());
    assert!(work().push(&site.service, &Published::new(text("fine")), 5).await.is_acknowledged());
    assert_eq!(calls.all(), ["work fine 5", "work fine 1"], "without a policy nobody counts");
}

#[tokio::test]
async fn what_failed_is_not_acknowledged_and_comes_again() {
    for form in FORMS {
        let calls = Calls::default();
        let site = Site::new(workload(&calls)).await;
        assert_eq!(
            work().form(form).deliver(&site.service, &Published::new(text("once")), 5).await,
            Fate::Acknowledged(2)
        );
        for how in ["retry", "panic", "never"] {
            let answer = work().form(form).push(&site.service, &Published::new(text(how)), 1).await;
            assert_eq!((answer.status(), answer.retry_after()), (503, Some(Duration::from_secs(1))), "{how} {form:?}");
            assert!(!answer.is_acknowledged());
        }
    }
}

/// Fact 5: what is answered 4xx would come for ever.
#[tokio::test]
async fn what_can_never_be_done_is_kept_and_acknowledged() {
    for form in FORMS {
        let site = Site::new(workload(&Calls::default())).await;
        let published = Published::new(text("wrong"));
        for _ in 0..2 {
            assert_eq!(
                work().form(form).deliver(&site.service, &published, 3).await,
                Fate::Acknowledged(1),
                "{form:?}"
            );
        }
        let kept = site.records("push/work").await;
        assert_eq!(kept.len(), 1, "each delivery of a message is the same one: {kept:?}");
        assert_eq!(
            (&kept[0]["state"], &kept[0]["id"], &kept[0]["code"]),
            (&json!("failed"), &json!("wrong"), &json!("invalid_input"))
        );
        let data = BASE64.decode(kept[0]["data_base64"].as_str().unwrap()).unwrap();
        assert_eq!(data, text("wrong").as_bytes(), "the whole of it");
    }
}

#[tokio::test]
async fn a_subscription_with_a_policy_gives_up_by_itself() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let fate = work().giving_up_after(5).deliver(&site.service, &Published::new(text("wrong")), 20).await;
    assert_eq!(fate, Fate::DeadLettered(5));
    assert!(site.records("push/work").await.is_empty(), "the dead letters have it");
    // From there it may be pushed again, and what is given up there stays there.
    let dead = anyport_conformance::hosts::cloud_run::Subscription::wrapped("work", "test-jobs.work.dead");
    assert!(dead.push(&site.service, &Published::new(text("fine")), 1).await.is_acknowledged());
    assert_eq!(dead.deliver(&site.service, &Published::new(text("wrong")), 3).await, Fate::ComesAgain(3));
    assert!(site.records("push/work").await.is_empty());
}

#[tokio::test]
async fn principle_i_what_is_no_message_is_a_typed_error_kept_and_acknowledged() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let garbage: [&[u8]; 9] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b"{}",
        br#"{"specversion":"1.0"}"#,
        br#"{"message":"text"}"#,
        br#"{"specversion":"1.0","id":"","source":"s","type":"t"}"#,
    ];
    for (at, garbage) in garbage.into_iter().enumerate() {
        for form in FORMS {
            let published = Published::new(garbage).id(format!("{at} {form:?}"));
            let fate = work().form(form).deliver(&site.service, &published, 3).await;
            assert_eq!(fate, Fate::Acknowledged(1), "{} {form:?}", String::from_utf8_lossy(garbage));
        }
    }
    let kept = site.records("push/work").await;
    assert!(kept.len() >= garbage.len() && kept.iter().all(|one| one["code"] == "invalid_event"), "{kept:?}");
    for envelope in
        [r#"{"message":{"data":"?"}}"#, r#"{"message":{"data":1}}"#, r#"{"message":{},"deliveryAttempt":"x"}"#]
    {
        assert_eq!(post(&site, "application/json", envelope).await.status(), 204, "{envelope}");
    }
    // A message that is over the port's limit, and more than is kept of anything.
    let large = format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"t","data":"{}"}}"#, "x".repeat(300_000));
    assert!(work().push(&site.service, &Published::new(large).id("large"), 1).await.is_acknowledged());
    assert!(calls.all().is_empty());
    assert!(work().push(&site.service, &Published::new(text("fine")), 1).await.is_acknowledged(), "and it lives on");
}

#[tokio::test]
async fn an_envelope_may_lack_data_and_attributes_and_have_both() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let mut published = Published::new(text("fine"));
    published.attributes = vec![("k".to_owned(), "v\u{e9}".to_owned()), ("googclient_x".to_owned(), "1".to_owned())];
    assert!(work().push(&site.service, &published, 1).await.is_acknowledged());
    let full = r#"{"message":{"attributes":{"k":"v"},"data":"aGk=","messageId":"1","message_id":"1","orderingKey":"k",
        "publishTime":"2026-01-01T00:00:00.1Z","publish_time":"2026-01-01T00:00:00.1Z"},
        "subscription":"projects/p/subscriptions/s","deliveryAttempt":5}"#;
    assert_eq!(post(&site, "application/json", full).await.status(), 503, "left to the policy: it counts deliveries");
    assert_eq!(calls.all(), ["work fine 1"]);
}

/// What the adapter for Google Cloud says of a message beside it.
#[tokio::test]
async fn what_the_attributes_ask_for_is_kept_to() {
    let (calls, clock) = (Calls::default(), Arc::new(ManualClock::new()));
    let plan = Plan { clock: clock.clone(), ..Plan::default() };
    let site = Site::planned(workload(&calls), plan).await;
    let with = |name: &str, value: &str| {
        let mut published = Published::new(text("fine"));
        published.attributes = vec![(name.to_owned(), value.to_owned())];
        published
    };
    // It was published at the clock's beginning, and a tenth of a second.
    let early = work().push(&site.service, &with("anyport-delay", "5000"), 1).await;
    assert_eq!((early.status(), early.retry_after()), (503, Some(Duration::from_secs(5))), "never early");
    assert!(work().push(&site.service, &with("anyport-only", "audit"), 1).await.is_acknowledged());
    assert!(calls.all().is_empty());
    clock.advance(Duration::from_millis(5100));
    assert!(work().push(&site.service, &with("anyport-delay", "5000"), 1).await.is_acknowledged());
    assert!(work().push(&site.service, &with("anyport-only", "work"), 1).await.is_acknowledged());
    assert!(work().giving_up_after(9).push(&site.service, &with("anyport-attempts", "2"), 3).await.is_acknowledged());
    assert_eq!(calls.all(), ["work fine 1", "work fine 1", "work fine 5"]);
}

/// CloudEvents of others, in every mode.
#[tokio::test]
async fn cloud_events_call_the_function_in_every_mode() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let event = |how: &str| CloudEvent::from_structured(text(how).as_bytes()).unwrap();
    let (headers, body) = event("fine").to_binary();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    assert_eq!(site.service.push(&path("work"), headers, body.to_vec()).await.status(), 204);
    assert_eq!(post(&site, STRUCTURED, event("good").to_structured()).await.status(), 204);
    let batch = to_batch(&[event("a"), event("once"), event("wrong")]);
    assert_eq!(post(&site, BATCH, batch.clone()).await.status(), 503, "one of them is to come again, and so all are");
    assert_eq!(post(&site, BATCH, batch).await.status(), 204);
    assert_eq!(post(&site, BATCH, "[]").await.status(), 204);
    assert_eq!(
        calls.all(),
        [
            "work fine 1",
            "work good 1",
            "work a 1",
            "work once 1",
            "work wrong 1",
            "work a 1",
            "work once 1",
            "work wrong 1"
        ]
    );
    assert_eq!(site.records("push/work").await.len(), 1);
}

#[tokio::test]
async fn a_batch_ends_with_its_request() {
    let calls = Calls::default();
    let plan = Plan { settings: json!({ "request_timeout": "500ms" }), ..Plan::default() };
    let site = Site::planned(workload(&calls), plan).await;
    let event = |at: usize| {
        CloudEvent::from_structured(text("never").replace("\"never\"", &format!("\"{at}\"")).as_bytes()).unwrap()
    };
    let events: Vec<CloudEvent> = (0..4).map(event).collect();
    let begun = std::time::Instant::now();
    assert_eq!(post(&site, BATCH, to_batch(&events)).await.status(), 503);
    assert!(begun.elapsed() < Duration::from_millis(500), "each may take 300 ms: {:?}", begun.elapsed());
    assert_eq!(calls.all().len(), 2, "the rest is not begun");
}

/// Rules of webhooks: who sends CloudEvents in the body reads the answer.
#[tokio::test]
async fn a_sender_of_cloud_events_is_told_what_is_wrong() {
    let site = Site::new(workload(&Calls::default())).await;
    for (content_type, body, status, code) in [
        ("application/cloudevents+avro", "x", 415, "unknown_event_format"),
        ("application/cloudevents+json; charset=latin1", "{}", 415, "unknown_event_format"),
        (STRUCTURED, "{", 400, "malformed_event"),
        (STRUCTURED, r#"{"specversion":"0.3"}"#, 400, "unknown_event_version"),
        (BATCH, "{}", 400, "malformed_event"),
        (BATCH, r#"[{"specversion":"1.0"}]"#, 400, "invalid_event_attribute"),
    ] {
        let answer = post(&site, content_type, body).await;
        assert_eq!(answer.status(), status, "{content_type} {body}");
        let problem: serde_json::Value = serde_json::from_slice(&answer.0.body).unwrap();
        assert_eq!(problem["code"], code, "{content_type} {body}");
    }
}

/// Fact 9.
#[tokio::test]
async fn a_task_that_failed_slows_its_queue_down_only_where_there_is_no_room() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    assert_eq!(site.service.task("work", 1, text("fine")).await.status(), 204);
    assert_eq!(site.service.task("work", 3, text("good")).await.status(), 204);
    assert_eq!(calls.all(), ["work fine 1", "work good 3"], "the attempt is the queue's count");
    let failed = site.service.task("work", 1, text("retry")).await;
    assert_eq!((failed.status(), failed.retry_after()), (500, Some(Duration::from_secs(1))));
    assert_eq!(site.service.task("work", 1, text("wrong")).await.status(), 204);
    assert_eq!(site.service.task("work", 1, "garbage").await.status(), 204);
    assert_eq!(site.records("push/work").await.len(), 2);
}

#[tokio::test]
async fn what_is_not_a_message_at_all_is_kept() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    assert!(site.service.blob_created("work", "test-uploads", "imports/a").await.is_acknowledged());
    assert!(site.service.schedule("work", None).await.is_acknowledged());
    assert!(calls.all().is_empty());
    assert_eq!(site.records("push/work").await.len(), 2);
}

/// Publishing through the port and being pushed the same text is one round.
#[tokio::test]
async fn what_the_port_publishes_is_what_is_pushed() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let messages = Arc::new(site.handle());
    Publish::<Jobs>::new(messages.clone()).publish(&Job { how: "fine".to_owned() }).await.unwrap();
    let receive = Receive::new(1, Duration::from_mins(1)).unwrap();
    let delivery = messages.receive(&Work::subscription(), receive).await.unwrap().pop().unwrap();
    let published = Published::new(delivery.message.to_cloud_event());
    assert!(work().push(&site.service, &published, delivery.attempt).await.is_acknowledged());
    assert_eq!(calls.all(), ["work fine 1"]);
}
