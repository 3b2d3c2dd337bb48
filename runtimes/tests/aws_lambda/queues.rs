//! Messages of SQS.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyport_memory::Memory;
use anyport_ports::handles::{Publish, Subscriber as _};
use anyport_ports::messages::{
    Batch, Delay, Delivery, Lease, Message, Messages, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::{Result, TopicName};
use anyport_runtimes::SystemClock;
use anyport_runtimes::aws_lambda::{LambdaSettings, Settlement};
use async_trait::async_trait;
use lambda_runtime::Context;
use serde_json::{Value, json};

use crate::site::Site;
use crate::workload::{Calls, Job, Jobs, Work, text, workload};

const QUEUE: &str = "test-jobs_work";

fn record(queue: &str, id: &str, body: &str, count: u32) -> Value {
    json!({
        "messageId": id, "receiptHandle": format!("receipt of {id}"), "body": body,
        "attributes": { "ApproximateReceiveCount": count.to_string() }, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:eu-central-1:123456789012:{queue}"),
    })
}

fn batch(queue: &str, hows: &[&str]) -> Value {
    json!({ "Records": hows.iter().map(|how| record(queue, how, &text(how), 1)).collect::<Vec<_>>() })
}

fn failed(response: &Value) -> Vec<String> {
    let failures = response["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn those_that_failed_are_told_and_no_other() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let response = site.call(&batch(QUEUE, &["fine", "retry", "good", "panic", "wrong", "never"])).await.unwrap();
    assert_eq!(failed(&response), ["retry", "panic", "wrong", "never"]);
    assert_eq!(calls.all().len(), 6);
    let response = site.call(&batch(QUEUE, &["fine"])).await.unwrap();
    assert_eq!(response, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn what_is_no_event_fails_alone() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let records = [record(QUEUE, "odd", "Message Body", 1), record(QUEUE, "fine", &text("fine"), 7)];
    let response = site.call(&json!({ "Records": records })).await.unwrap();
    assert_eq!(failed(&response), ["odd"]);
    assert_eq!(calls.all(), ["work fine 7"], "the attempt is the queue's count");
}

#[tokio::test]
async fn in_a_fifo_queue_nothing_overtakes_what_failed() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let response = site.call(&batch(&format!("{QUEUE}.fifo"), &["a", "b", "retry", "c", "d"])).await.unwrap();
    assert_eq!(failed(&response), ["retry", "c", "d"]);
    assert_eq!(calls.all(), ["work a 1", "work b 1", "work retry 1"]);
}

#[tokio::test]
async fn queues_are_recognised_by_name_dead_letters_included() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    assert_eq!(failed(&site.call(&batch("test-jobs_work_dead", &["fine", "wrong"])).await.unwrap()), ["wrong"]);
    assert_eq!(failed(&site.call(&batch("test-jobs_audit", &["fine"])).await.unwrap()).len(), 0);
    assert_eq!(calls.sorted(), ["audit fine", "work fine 1", "work wrong 1"]);
    for foreign in ["jobs_work", "test-jobs", "prod-jobs_work", ""] {
        let told = site.call(&batch(foreign, &["fine"])).await.unwrap_err();
        assert_eq!(told.error_type(), "Anyport.NoFunction", "{foreign}");
    }
}

#[tokio::test]
async fn a_message_without_an_id_that_fails_brings_the_whole_batch_again() {
    let site = Site::new(&workload(&Calls::default())).await;
    let event = |body: &str| json!({ "Records": [record(QUEUE, "", body, 1)] });
    assert_eq!(site.call(&event(&text("retry"))).await.unwrap_err().error_type(), "Anyport.NamelessMessage");
    assert!(failed(&site.call(&event(&text("fine"))).await.unwrap()).is_empty());
}

#[tokio::test]
async fn what_is_not_done_by_the_deadline_comes_again() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let mut context = Context::default();
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_millis(150);
    context.deadline = u64::try_from(at.as_millis()).unwrap();
    let event = batch(&format!("{QUEUE}.fifo"), &["fine", "never", "good"]);
    let begun = std::time::Instant::now();
    let response = site.call_in(&event, &context).await.unwrap();
    assert_eq!(failed(&response), ["never", "good"]);
    assert!(begun.elapsed() < Duration::from_millis(290), "the function's own timeout is not awaited");
}

/// The reference model with the receipts of the AWS adapter: a line with the handle, and the message's body.
struct AwsReceipts(Memory);

fn handle(receipt: &Receipt) -> Receipt {
    let (handle, body) = receipt.as_str().split_once('\n').expect("handle and body");
    Message::from_cloud_event(body).expect("the message itself");
    Receipt::new(handle)
}

#[async_trait]
impl Messages for AwsReceipts {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.0.publish(topic, batch).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        self.0.receive(subscription, receive).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let receipts = receipts.as_slice().iter().map(handle).collect::<Vec<_>>();
        self.0.ack(subscription, &Batch::new(receipts)?).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        self.0.nack(subscription, &handle(receipt), delay).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.0.extend(subscription, &handle(receipt), lease).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        self.0.dead_letter(subscription, &handle(receipt), reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.0.redrive(subscription, max).await
    }
}

/// A message of the messages port, in the hands of the host.
async fn delivered(site: &Site, how: &str) -> (Delivery, Value) {
    let messages = Arc::new(site.handle());
    Publish::<Jobs>::new(messages.clone()).publish(&Job { how: how.to_owned() }).await.unwrap();
    let receive = Receive::new(1, Duration::from_mins(1)).unwrap();
    let delivery = messages.receive(&Work::subscription(), receive).await.unwrap().pop().unwrap();
    let mut record = record(QUEUE, how, &delivery.message.to_cloud_event(), delivery.attempt);
    record["receiptHandle"] = json!(delivery.receipt.as_str());
    (delivery, json!({ "Records": [record] }))
}

#[tokio::test]
async fn the_messages_port_settles_where_the_queue_is_its_own() {
    let settings = LambdaSettings {
        settlement: Settlement::AwsAdapter,
        retry_base: Duration::from_millis(10),
        ..LambdaSettings::default()
    };
    let carried = |memory| Arc::new(AwsReceipts(memory)) as Arc<dyn Messages>;
    let site = Site::carried(&workload(&Calls::default()), settings, Arc::new(SystemClock), carried).await;
    let receive = |wait| Receive::new(10, Duration::from_mins(1)).unwrap().waiting(wait);

    let (_, event) = delivered(&site, "wrong").await;
    assert!(
        failed(&site.call(&event).await.unwrap()).is_empty(),
        "it is with the dead letters: the host may delete it"
    );
    let dead = site.handle().receive(&Work::subscription().dead_letters(), receive(Duration::ZERO)).await.unwrap();
    assert_eq!((dead.len(), dead[0].message.id()), (1, "wrong"));
    assert!(dead[0].dead_letter_reason.as_ref().unwrap().contains("cannot ever be done"));

    let (_, event) = delivered(&site, "retry").await;
    assert_eq!(failed(&site.call(&event).await.unwrap()), ["retry"]);
    let again = site.handle().receive(&Work::subscription(), receive(Duration::from_secs(20))).await.unwrap();
    assert_eq!((again.len(), again[0].attempt), (1, 2), "after its pause, and not when its lease is over");
}
