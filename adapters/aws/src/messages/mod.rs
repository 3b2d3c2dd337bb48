//! Messages on SNS and SQS: a topic is an SNS topic, a subscription an SQS queue subscribed to it with raw delivery, and
//! its dead letters a second queue, to which SQS itself moves what was delivered as often as allowed.
//!
//! # What is where
//!
//! | | called |
//! |---|---|
//! | topic `orders` | SNS topic `{prefix}orders` |
//! | subscription `orders/fulfil` | SQS queue `{prefix}orders_fulfil` |
//! | its dead letters | SQS queue `{prefix}orders_fulfil_dead` |
//!
//! The body of an SQS message is the CloudEvent in structured JSON mode. A body that is none, from a producer of another
//! house, is handed out as the data of an event of the type [`FOREIGN_MESSAGE`], so that the consumer sees it and
//! decides; one too large for a message goes to the dead letters, for people to look at in the console. Neither holds up
//! the messages behind it.
//!
//! A receipt is SQS's receipt handle, a line feed, and the body: SQS cannot read a message by its handle, and whoever
//! gives it up must write it to the dead letters. A host that is handed SQS messages by AWS makes receipts of that form;
//! the handle alone will do for everything but [`dead_letter`](Messages::dead_letter).
//!
//! # What it costs
//!
//! - A publish is one request for up to ten messages, or more if they exceed SNS's 256 KiB together. The topic's name
//!   needs no request where the account is known (`AWS_ACCOUNT_ID`), else `ListTopics` once.
//! - SNS cannot delay: a publish with a delay lists the topic's subscriptions each time, and sends to each queue. Only
//!   queues get it, not other kinds of subscribers, and filter policies do not apply.
//! - The first use of a queue asks for its URL. Giving a message up takes three requests, one of which holds it.
//!
//! # What AWS does not promise
//!
//! - SQS's standard queues deliver a message now and then once more although it is held, and hand out a receive count that
//!   is approximate. Both are rare. Consumers have to be idempotent, as everywhere.
//! - SQS moves a message to the dead letters when somebody asks for messages after its last attempt, not before.
//! - It keeps a message for four days in a subscription, and for fourteen from its publish in the dead letters.
//! - A message can be held for twelve hours from its delivery; extending it beyond is refused.
//! - Leases and delays are whole seconds: others are rounded up.

mod answers;
mod arn;
mod attempt;
#[cfg(test)]
mod failures;
mod names;
mod provision;
mod publish;
mod receipt;
mod receive;
mod redrive;
mod requests;
mod seconds;
mod settle;
mod wire;

use std::fmt;
use std::sync::Arc;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Result, TopicName};
use async_trait::async_trait;

use crate::connection::Aws;
use names::Names;

pub use wire::FOREIGN_MESSAGE;

/// The attribute of an SQS message that holds the reason of a dead letter.
const REASON_ATTRIBUTE: &str = "dead-letter-reason";

/// Messages on SNS and SQS. Clones share connections and what was looked up.
#[derive(Clone)]
pub struct SqsMessages(Arc<Services>);

struct Services {
    aws: Aws,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
    names: Names,
}

impl Aws {
    /// Messages on SNS and SQS.
    pub fn messages(&self) -> SqsMessages {
        let (sns, sqs) = (aws_sdk_sns::Client::new(self.sdk()), aws_sdk_sqs::Client::new(self.sdk()));
        SqsMessages(Arc::new(Services { aws: self.clone(), sns, sqs, names: Names::default() }))
    }
}

impl fmt::Debug for SqsMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsMessages").field("aws", &self.0.aws).finish_non_exhaustive()
    }
}

#[async_trait]
impl Messages for SqsMessages {
    async fn publish(&self, topic: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        self.0.publish(topic, batch.as_slice()).await
    }

    async fn receive(&self, subscription: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        self.0.receive(subscription, receive).await
    }

    async fn ack(&self, subscription: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        self.0.ack(subscription, receipts.as_slice()).await
    }

    async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        self.0.hide("messages.nack", subscription, receipt, delay.length()).await.map(drop)
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.0.hide("messages.extend", subscription, receipt, lease.length()).await.map(drop)
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        self.0.dead_letter(subscription, receipt, reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.0.redrive(subscription, max).await
    }
}
