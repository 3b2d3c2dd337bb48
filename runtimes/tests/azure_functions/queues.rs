//! Messages.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::azure_functions::{Fate, Outcome, QueueMessage};
use anyport_memory::Memory;
use anyport_ports::handles::Subscriber as _;
use anyport_ports::messages::{
    Batch, Delay, Delivery, Lease, Message, Messages, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::{Result, TopicName};
use anyport_runtimes::azure_functions::{AzureFunctionsSettings, Settlement};
use async_trait::async_trait;
use serde_json::json;

use crate::facts::post;
use crate::site::{Setup, Site};
use crate::workload::{Calls, Job, Jobs, Work, text, workload};

const QUEUE: &str = "test-jobs-work";

#[tokio::test]
async fn a_message_that_fails_comes_again_and_is_poison_in_the_end() {
    let calls = Calls::default();
    let setup = Setup { host: json!({ "extensions": { "queues": { "maxDequeueCount": 3 } } }), ..Setup::default() };
    let site = Site::with(&workload(&calls), setup).await;
    assert_eq!(site.host.enqueue(QUEUE, &text("fine")).await, Fate::Deleted { attempt: 1 });
    assert_eq!(calls.all(), ["work fine 1"]);
    let poisoned = Fate::Poisoned { queue: format!("{QUEUE}-poison"), attempts: 3 };
    for how in ["retry", "wrong", "panic"] {
        assert_eq!(site.host.enqueue(QUEUE, &text(how)).await, poisoned, "{how}");
    }
    assert_eq!(calls.all()[1..4], ["work retry 1", "work retry 2", "work retry 3"], "the attempt is the queue's count");
    assert_eq!(site.host.enqueue("test-jobs-other", &text("fine")).await, Fate::Unheard);
    assert_eq!(site.host.enqueue("test-jobs-audit", &text("fine")).await, Fate::Deleted { attempt: 1 });
    assert_eq!(site.host.notices(), []);
}

#[tokio::test]
async fn principle_i_what_is_no_event_is_a_typed_failure() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    for odd in ["", "Message Body", "{}", "[]", "7", r#"{"specversion":"1.0"}"#, "dGVzdA=="] {
        let outcome = site.host.queue_message(&QueueMessage::new(QUEUE, odd)).await.unwrap();
        let Outcome::Failed(problem) = outcome else { panic!("{odd}: {outcome:?}") };
        assert!(problem.contains("Anyport.MalformedInvocation"), "{odd}: {problem}");
    }
    assert!(calls.all().is_empty());
}

/// Fact 10: a payload's own properties are written over what the host says.
#[tokio::test]
async fn fact_10_a_payload_cannot_say_how_often_it_was_delivered() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let mut event = json!({
        "id": "1", "topic": "/tests", "subject": "s", "eventType": "job", "eventTime": "2026-01-01T00:00:00Z",
        "data": { "how": "fine" },
    });
    for (expected, own) in [("work fine 7", None), ("work fine 1", Some("9"))] {
        if let Some(own) = own {
            event["DequeueCount"] = json!(own);
        }
        let count = own.map_or_else(|| json!("7"), |own| json!(json!(own).to_string()));
        let invocation =
            json!({ "Data": { "q": json!(event.to_string()).to_string() }, "Metadata": { "DequeueCount": count } });
        assert_eq!(post(&site, "work", invocation.to_string().as_bytes()).await.0, 200);
        assert_eq!(calls.all().pop().unwrap(), expected);
    }
}

#[tokio::test]
async fn events_of_service_bus_and_of_event_grid_are_messages_as_well() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    assert!(site.host.service_bus("work", &text("fine"), 2).await.unwrap().is_success());
    let cloud = json!({
        "id": "1", "source": "/tests", "specversion": "1.0", "type": "job", "time": "2026-01-01T00:00:00Z",
        "data": { "how": "cloud" },
    });
    assert!(site.host.event_grid("work", &cloud).await.unwrap().is_success());
    let grid = json!({
        "id": "1", "topic": "/tests", "subject": "s", "eventType": "job", "dataVersion": "1", "metadataVersion": "1",
        "eventTime": "2026-01-01T00:00:00Z", "data": { "how": "grid" },
    });
    assert!(site.host.event_grid("work", &grid).await.unwrap().is_success());
    assert_eq!(calls.all(), ["work fine 2", "work cloud 1", "work grid 1"]);
}

/// The reference model with the receipts of the Azure adapter: id, pop receipt, and the message's body.
struct AzureReceipts(Memory);

/// The text of base64.
fn base64(text: &str) -> String {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
}

fn handle(receipt: &Receipt) -> Receipt {
    let mut parts = receipt.as_str().splitn(3, '\n');
    let (_id, pop, body) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let body = base64(body);
    Message::from_cloud_event(&body).expect("the message itself");
    Receipt::new(pop)
}

#[async_trait]
impl Messages for AzureReceipts {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.0.publish(topic, batch).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        self.0.receive(subscription, receive).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        self.0.ack(subscription, receipts).await
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

#[tokio::test]
async fn the_adapter_settles_where_it_is_told_to() {
    let calls = Calls::default();
    let settings = AzureFunctionsSettings {
        settlement: Settlement::AzureAdapter,
        retry_base: Duration::from_millis(1),
        ..AzureFunctionsSettings::default()
    };
    let setup = Setup { settings, messages: |memory| Arc::new(AzureReceipts(memory)), ..Setup::default() };
    let site = Site::with(&workload(&calls), setup).await;
    let subscription = Work::subscription();
    let receive = || async {
        let receive = Receive::new(10, Duration::from_secs(30)).unwrap().waiting(Duration::from_millis(300));
        site.handle().receive(&subscription, receive).await.unwrap()
    };
    let deliver = async |delivery: &Delivery| {
        let message = QueueMessage {
            pop_receipt: delivery.receipt.as_str().to_owned(),
            dequeue_count: delivery.attempt,
            ..QueueMessage::new(QUEUE, delivery.message.to_cloud_event())
        };
        site.host.queue_message(&message).await.unwrap()
    };
    let publish = anyport_ports::handles::Publish::<Jobs>::new(site.ports().messages);

    // What can never be done is a dead letter at once, and the host is told that all is well.
    publish.publish(&Job { how: "wrong".to_owned() }).await.unwrap();
    assert!(deliver(&receive().await[0]).await.is_success());
    let dead = site
        .handle()
        .receive(&subscription.dead_letters(), Receive::new(10, Duration::from_secs(30)).unwrap())
        .await
        .unwrap();
    assert_eq!(dead[0].message.id(), "wrong");
    assert!(dead[0].dead_letter_reason.as_deref().unwrap().contains("cannot ever be done"), "{dead:?}");

    // What failed comes again after its pause, and is a dead letter after as many attempts as its subscription allows.
    publish.publish(&Job { how: "retry".to_owned() }).await.unwrap();
    for attempt in 1..=Work::MAX_ATTEMPTS {
        let deliveries = receive().await;
        assert_eq!(deliveries[0].attempt, attempt);
        assert!(deliver(&deliveries[0]).await.is_success());
    }
    assert!(receive().await.is_empty());

    // A receipt that no longer holds: the host goes on by its own rules.
    let stale = QueueMessage { pop_receipt: "stale".to_owned(), ..QueueMessage::new(QUEUE, text("wrong")) };
    let outcome = site.host.queue_message(&stale).await.unwrap();
    assert!(matches!(outcome, Outcome::Failed(_) | Outcome::Succeeded(_)), "{outcome:?}");
}
