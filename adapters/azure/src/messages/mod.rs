//! Messages on Storage Queue: a queue for each subscription, and one for its dead letters. Storage knows no topics and no
//! attempts allowed; both are kept by this adapter.
//!
//! # What is where
//!
//! | | called |
//! |---|---|
//! | topic `orders` | queue `{prefix}orders-0`, always empty: it says that the topic exists |
//! | subscription `orders/fulfil` | queue `{prefix}orders-0fulfil`, with the metadata `maxattempts` |
//! | its dead letters | queue `{prefix}orders-0fulfil-0dead` |
//!
//! How names are made that Storage takes, and that are never taken for another's, stands in `names.rs`.
//!
//! The text of a message is base64 of the CloudEvent in structured JSON mode; a dead letter's event has one attribute more,
//! `anyportdeadletterreason`. An event that would not fit into Storage's 64 KiB that way, which takes a message near the
//! port's limit that is mostly quotes, stands there as lines of attributes and the data behind an empty line (`wire.rs`). What
//! is no event, from a producer of another house, is handed out as the data of one of the type [`FOREIGN_MESSAGE`], so that
//! the consumer sees it and decides; one too large for a message goes to the dead letters.
//!
//! A receipt is Storage's message id, a line feed, its pop receipt, a line feed, and the text: Storage cannot read a message
//! by its id, and whoever gives it up must write it to the dead letters. The first two alone will do for everything but
//! [`dead_letter`](Messages::dead_letter).
//!
//! # What it costs
//!
//! - A publish asks for the topic's queues each time, so that a message accepted reaches every subscription that stands at
//!   that moment (listing is strongly consistent), and sends each message to each of them: 1 + messages x subscriptions
//!   requests. The program needs the right to list queues.
//! - The first receive of a subscription asks for the attempts that it allows.
//! - Storage has no long poll: a receive that waits asks again, after 100 ms at first and every second in the end.
//! - Giving a message up takes three requests, one of which holds it.
//!
//! # What Storage does not promise
//!
//! - A message published is in doubt if only some of the subscriptions got it: published again, those get it twice.
//! - Storage gives a message a new pop receipt whenever its lease is changed. This handle and its clones know it under the
//!   receipt of its delivery; another handle takes that for stale once [`extend`](Messages::extend) was called here. If the
//!   answer to an extension is lost, so is the pop receipt: acknowledging is `Indeterminate` then, and the message comes again.
//! - A message goes to the dead letters when somebody asks for messages after its last attempt, not before.
//! - Messages are kept until they are acknowledged: their time to live is set to never.
//! - Leases and delays are whole seconds: others are rounded up.

mod account;
mod answers;
#[cfg(test)]
mod failures;
mod leases;
mod names;
mod provision;
mod publish;
mod queues;
mod receipt;
mod receive;
mod redrive;
mod seconds;
mod settings;
mod settle;
mod shared_key;
mod wire;

use std::fmt;
use std::sync::Arc;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Result, TopicName};
use async_trait::async_trait;
use azure_storage_queue::QueueServiceClient;

use account::Account;
use leases::Leases;
use names::Names;
use queues::Limits;

pub use settings::QueueSettings;
pub use wire::FOREIGN_MESSAGE;

/// Messages on Storage Queue. Clones share connections and what is known of the deliveries in hand.
///
/// A request takes 12 seconds at most, and is attempted three times at most with growing, random pauses between.
#[derive(Clone)]
pub struct QueueMessages(Arc<Queues>);

struct Queues {
    client: QueueServiceClient,
    account: Account,
    names: Names,
    limits: Limits,
    leases: Leases,
}

impl QueueMessages {
    /// What the queue of a subscription is called, where names begin with this prefix: what triggers of Azure Functions name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the prefix is none.
    pub fn queue_name(prefix: &str, subscription: &Subscription) -> Result<String> {
        Names::new(prefix).map(|names| names.queue(subscription))
    }

    /// Finds account and credentials; no service is called yet.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no account is set or a setting is not what it should be, `Unauthenticated` if credentials cannot be
    /// used.
    pub fn connect(settings: &QueueSettings) -> Result<Self> {
        let names = Names::new(&settings.prefix)?;
        let account = Account::found(settings, |name| std::env::var(name).ok())?;
        Self::on(account, names)
    }

    fn on(account: Account, names: Names) -> Result<Self> {
        let client = account.client()?;
        Ok(Self(Arc::new(Queues { client, account, names, limits: Limits::default(), leases: Leases::default() })))
    }
}

impl fmt::Debug for QueueMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueMessages")
            .field("account", &self.0.account)
            .field("names", &self.0.names)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Messages for QueueMessages {
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
        self.0.nack(subscription, receipt, delay.length()).await
    }

    async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        self.0.extend(subscription, receipt, lease.length()).await
    }

    async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        self.0.dead_letter(subscription, receipt, reason).await
    }

    async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        self.0.redrive(subscription, max).await
    }
}
