//! Messages of SNS.

use serde_json::{Value, json};

use crate::site::Site;
use crate::workload::{Calls, text, workload};

fn notification(topic: &str, message: &str) -> Value {
    json!({ "Records": [{
        "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:x", "EventSource": "aws:sns",
        "Sns": {
            "Type": "Notification", "MessageId": "m1", "TopicArn": format!("arn:aws:sns:eu-central-1:123456789012:{topic}"),
            "Subject": null, "Message": message, "Timestamp": "2026-01-01T00:00:00.000Z", "SignatureVersion": "1",
            "Signature": "x", "SigningCertUrl": "https://x", "UnsubscribeUrl": "https://x", "MessageAttributes": {},
        },
    }] })
}

#[tokio::test]
async fn every_subscription_of_the_topic_is_called() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    assert_eq!(site.call(&notification("test-jobs", &text("fine"))).await, Ok(Value::Null));
    assert_eq!(calls.sorted(), ["audit fine", "work fine 1"]);
}

#[tokio::test]
async fn the_host_is_told_of_a_failure_of_any() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    for how in ["retry", "wrong", "panic"] {
        let told = site.call(&notification("test-jobs", &text(how))).await.unwrap_err();
        assert_eq!(told.error_type(), "Anyport.FunctionFailed");
        assert!(told.to_string().starts_with("work failed: "), "{told}");
    }
    assert_eq!(calls.all().len(), 6, "the other was called all the same");
}

#[tokio::test]
async fn foreign_topics_and_texts_are_told_apart() {
    let site = Site::new(&workload(&Calls::default())).await;
    let foreign = site.call(&notification("jobs", &text("fine"))).await.unwrap_err();
    assert_eq!(foreign.error_type(), "Anyport.NoFunction");
    let text = site.call(&notification("test-jobs", "Hello")).await.unwrap_err();
    assert_eq!(text.error_type(), "Anyport.MalformedEvent");
}
