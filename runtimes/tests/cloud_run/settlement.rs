//! Dead letters, where the adapter for Google Cloud keeps them.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::cloud_run::{Fate, Published};
use anyport_memory::Memory;
use anyport_ports::handles::Subscriber as _;
use anyport_ports::messages::{
    Batch, Delay, Delivery, Lease, Message, Messages, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use async_trait::async_trait;
use serde_json::json;

use crate::site::{Plan, Site, work};
use crate::workload::{Calls, Work, text, workload};

/// The reference model with the receipts that pushed messages have: an empty line, and the message itself.
struct GcpReceipts {
    memory: Memory,
    fails: bool,
}

#[async_trait]
impl Messages for GcpReceipts {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.memory.publish(topic, batch).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        self.memory.receive(subscription, receive).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        self.memory.ack(subscription, receipts).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        self.memory.nack(subscription, receipt, delay).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.memory.extend(subscription, receipt, lease).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        if self.fails {
            return Err(Error::new(ErrorKind::Unavailable, "not now"));
        }
        let message = Message::from_cloud_event(receipt.as_str().strip_prefix('\n').expect("an empty handle"))?;
        // In the model's own terms: a delivery of the same message, given up.
        self.memory.publish(subscription.topic(), &Batch::one(message.into())).await?;
        let receive = Receive::new(1, Duration::from_mins(1))?;
        let delivery = self.memory.receive(subscription, receive).await?.pop().expect("it is there");
        self.memory.dead_letter(subscription, &delivery.receipt, reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.memory.redrive(subscription, max).await
    }
}

fn settled_by_the_adapter(fails: bool) -> Plan {
    let carried = move |ports, memory| anyport_ports::handles::Ports {
        messages: Arc::new(GcpReceipts { memory, fails }),
        ..ports
    };
    Plan { settings: json!({ "settlement": "gcp_adapter" }), ports: Box::new(carried), ..Plan::default() }
}

#[tokio::test]
async fn the_messages_port_keeps_dead_letters_where_the_topic_is_its_own() {
    let site = Site::planned(workload(&Calls::default()), settled_by_the_adapter(false)).await;
    for subscription in [work(), work().giving_up_after(9)] {
        let fate = subscription.deliver(&site.service, &Published::new(text("wrong")), 3).await;
        assert_eq!(fate, Fate::Acknowledged(1), "it is with the dead letters at once");
        let receive = Receive::new(10, Duration::from_mins(1)).unwrap();
        let dead = site.handle().receive(&Work::subscription().dead_letters(), receive).await.unwrap();
        assert_eq!((dead.len(), dead[0].message.id()), (1, "wrong"));
        assert!(dead[0].dead_letter_reason.as_ref().unwrap().contains("cannot ever be done"));
        site.handle().ack(&Work::subscription().dead_letters(), &Batch::one(dead[0].receipt.clone())).await.unwrap();
    }
    assert!(site.records("push/work").await.is_empty());
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_written_is_not_lost() {
    let site = Site::planned(workload(&Calls::default()), settled_by_the_adapter(true)).await;
    assert_eq!(work().push(&site.service, &Published::new(text("wrong")), 1).await.status(), 503);
}
