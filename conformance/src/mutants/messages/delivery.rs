//! Faults on the way out: who gets a message, how often, and in what form.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Message, Messages, Receipt, Receive, Subscription};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::MessageStore;

const LONGEST_LEASE: Duration = Duration::from_mins(10);

pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    vec![
        mutant(
            "two_consumers_hold_one",
            "MSG-LIN-1",
            "Consumers that ask at the same time may get the same message.",
            |_| tampered(TwoConsumersHoldOne::default()),
        ),
        mutant("receive_over_max", "MSG-RCV-1", "A receive gives one message more than asked for.", |_| {
            tampered(ReceiveOverMax)
        }),
        mutant("lease_cut_short", "MSG-RCV-1", "A lease ends after half its time.", |_| {
            tampered(LeaseAltered(|lease| (lease / 2).max(Duration::from_secs(1))))
        }),
        mutant(
            "no_redelivery",
            "MSG-RCV-2",
            "A lease does not end: what a crashed consumer held stays hidden.",
            |_| tampered(LeaseAltered(|_| LONGEST_LEASE)),
        ),
        mutant(
            "ack_before_handler",
            "MSG-RCV-2",
            "A message is settled as it is handed out, before its handler ran.",
            |_| tampered(AckBeforeHandler),
        ),
        mutant("count_stuck", "MSG-RCV-3", "Every delivery is told to be the first attempt.", |_| {
            tampered(AttemptAltered(|_| 1))
        }),
        mutant("count_from_zero", "MSG-RCV-3", "Attempts are counted from zero.", |_| {
            tampered(AttemptAltered(|attempt| attempt - 1))
        }),
        mutant("message_id_changes", "MSG-RCV-4", "A message delivered again has another id.", |_| {
            tampered(Redelivered(other_id))
        }),
        mutant(
            "redelivery_loses_attributes",
            "MSG-RCV-4",
            "A message delivered again has lost its extensions.",
            |_| tampered(Redelivered(without_extensions)),
        ),
        mutant(
            "early_redelivery_despite_extend",
            "MSG-EXT-1",
            "Extending a lease succeeds and changes nothing.",
            |_| tampered(ExtendIgnored),
        ),
        mutant("extended_for_good", "MSG-EXT-1", "An extended lease does not end.", |_| tampered(ExtendedForGood)),
        mutant("nack_is_ack", "MSG-NACK-1", "A message given back is settled.", |_| tampered(NackIsAck)),
        mutant("nack_ignored", "MSG-NACK-1", "A message given back stays hidden until its lease ends.", |_| {
            tampered(NackIgnored)
        }),
        mutant(
            "nack_delay_ignored",
            "MSG-NACK-2",
            "A message given back is delivered at once, whatever the delay.",
            |_| tampered(NackDelayAltered(|_| Duration::ZERO)),
        ),
        mutant("nack_delay_cut", "MSG-NACK-2", "A message given back is held back for two seconds at most.", |_| {
            tampered(NackDelayAltered(|delay| delay.min(Duration::from_secs(2))))
        }),
    ]
}

/// Receives that overlap share the last message taken by one of them.
#[derive(Default)]
struct TwoConsumersHoldOne {
    asking: AtomicUsize,
    last: Mutex<Option<Delivery>>,
}

#[async_trait]
impl Tamper for TwoConsumersHoldOne {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let others = self.asking.fetch_add(1, Ordering::SeqCst);
        // The time in which a store reads what it is about to mark as taken.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let result = self.receive_as_one_of(others + 1, sound, of, receive).await;
        self.asking.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

impl TwoConsumersHoldOne {
    async fn receive_as_one_of(
        &self,
        asking: usize,
        sound: &dyn Messages,
        of: &Subscription,
        receive: Receive,
    ) -> Result<Vec<Delivery>> {
        let shared = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (true, Some(shared)) = (asking > 1, shared) {
            return Ok(vec![shared]);
        }
        let deliveries = sound.receive(of, receive).await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = deliveries.last().cloned();
        Ok(deliveries)
    }
}

struct ReceiveOverMax;

#[async_trait]
impl Tamper for ReceiveOverMax {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        // Only where there is more than one to ask for, as with a prefetch that is rounded up.
        let max = if receive.max() > 1 { (receive.max() + 1).min(10) } else { 1 };
        sound.receive(of, Receive::new(max, receive.lease())?).await
    }
}

/// Leases for something else than asked.
struct LeaseAltered(fn(Duration) -> Duration);

#[async_trait]
impl Tamper for LeaseAltered {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        sound.receive(of, Receive::new(receive.max(), (self.0)(receive.lease()))?).await
    }
}

struct AckBeforeHandler;

#[async_trait]
impl Tamper for AckBeforeHandler {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let deliveries = sound.receive(of, receive).await?;
        if !deliveries.is_empty() {
            sound.ack(of, &Batch::new(deliveries.iter().map(|delivery| delivery.receipt.clone()))?).await?;
        }
        Ok(deliveries)
    }
}

/// Tells another attempt than it is.
struct AttemptAltered(fn(u32) -> u32);

#[async_trait]
impl Tamper for AttemptAltered {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        for delivery in &mut deliveries {
            delivery.attempt = (self.0)(delivery.attempt);
        }
        Ok(deliveries)
    }
}

/// Delivers something else from the second attempt on.
struct Redelivered(fn(&Delivery) -> Result<Message>);

#[async_trait]
impl Tamper for Redelivered {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        for delivery in deliveries.iter_mut().filter(|delivery| delivery.attempt > 1) {
            delivery.message = (self.0)(delivery)?;
        }
        Ok(deliveries)
    }
}

fn other_id(delivery: &Delivery) -> Result<Message> {
    rebuilt(&delivery.message, &format!("{}-{}", delivery.message.id(), delivery.attempt), true)
}

fn without_extensions(delivery: &Delivery) -> Result<Message> {
    rebuilt(&delivery.message, delivery.message.id(), false)
}

/// The same message but for its id, with its extensions or without.
pub(super) fn rebuilt(message: &Message, id: &str, extensions: bool) -> Result<Message> {
    let mut copy = Message::new(id, message.source(), message.kind())?;
    if let Some(subject) = message.subject() {
        copy = copy.with_subject(subject)?;
    }
    if let Some(content_type) = message.content_type() {
        copy = copy.with_data(content_type, message.data().clone())?;
    }
    let kept = message.extensions().iter().filter(|_| extensions);
    kept.into_iter().try_fold(copy, |copy, (name, value)| copy.with_extension(name, value))
}

struct ExtendIgnored;

#[async_trait]
impl Tamper for ExtendIgnored {
    async fn extend(&self, _: &dyn Messages, _: &Subscription, _: &Receipt, _: Lease) -> Result<()> {
        Ok(())
    }
}

struct ExtendedForGood;

#[async_trait]
impl Tamper for ExtendedForGood {
    async fn extend(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, _: Lease) -> Result<()> {
        sound.extend(of, receipt, Lease::new(LONGEST_LEASE)?).await
    }
}

struct NackIsAck;

#[async_trait]
impl Tamper for NackIsAck {
    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, _: Delay) -> Result<()> {
        sound.ack(of, &Batch::one(receipt.clone())).await?.into_iter().collect()
    }
}

struct NackIgnored;

#[async_trait]
impl Tamper for NackIgnored {
    async fn nack(&self, _: &dyn Messages, _: &Subscription, _: &Receipt, _: Delay) -> Result<()> {
        Ok(())
    }
}

/// Holds back for something else than asked.
struct NackDelayAltered(fn(Duration) -> Duration);

#[async_trait]
impl Tamper for NackDelayAltered {
    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        sound.nack(of, receipt, Delay::new((self.0)(delay.length()))?).await
    }
}
