//! Faults of who may settle what.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Messages, Receipt, Receive, Subscription};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;

use super::ledger::Ledger;
use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::MessageStore;

pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    vec![
        mutant("ack_forgotten", "MSG-ACK-1", "An ack succeeds and settles nothing.", |_| tampered(AckUpTo(0))),
        mutant("ack_settles_the_first_only", "MSG-ACK-1", "Of a batch acknowledged only the first is settled.", |_| {
            tampered(AckUpTo(1))
        }),
        mutant("double_ack_errors", "MSG-ACK-2", "A receipt acknowledged before is not found.", |_| {
            tampered(DoubleAckErrors::default())
        }),
        mutant("stale_receipt_deletes", "MSG-ACK-3", "An ack goes by the message, whoever holds it now.", |_| {
            tampered(Stale { operation: Operation::Ack, ledger: Ledger::default() })
        }),
        mutant("stale_receipt_gives_back", "MSG-ACK-3", "A nack goes by the message, whoever holds it now.", |_| {
            tampered(Stale { operation: Operation::Nack, ledger: Ledger::default() })
        }),
        mutant(
            "stale_receipt_shortens",
            "MSG-ACK-3",
            "An extension goes by the message, whoever holds it now.",
            |_| tampered(Stale { operation: Operation::Extend, ledger: Ledger::default() }),
        ),
        mutant(
            "stale_receipt_gives_up",
            "MSG-ACK-3",
            "A dead letter goes by the message, whoever holds it now.",
            |_| tampered(Stale { operation: Operation::DeadLetter, ledger: Ledger::default() }),
        ),
        mutant("stale_receipt_errors", "MSG-ACK-3", "A stale receipt is refused rather than ignored.", |_| {
            tampered(StaleErrors(Ledger::default()))
        }),
        mutant("ack_hits_the_neighbour", "MSG-ACK-4", "An ack settles the message delivered beside its own.", |_| {
            tampered(AckHitsTheNeighbour(Ledger::default()))
        }),
        mutant(
            "ack_settles_all_subscriptions",
            "MSG-SUB-1",
            "An ack settles the message in every subscription.",
            |_| tampered(AckSettlesAllSubscriptions::default()),
        ),
        mutant(
            "attempts_counted_over_subscriptions",
            "MSG-SUB-1",
            "A message given back in one subscription counts as tried in the others.",
            |_| tampered(AttemptsOverSubscriptions::default()),
        ),
    ]
}

/// Acknowledges only so many of a batch.
struct AckUpTo(usize);

#[async_trait]
impl Tamper for AckUpTo {
    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        for receipt in receipts.as_slice().iter().take(self.0) {
            sound.ack(of, &Batch::one(receipt.clone())).await?;
        }
        Ok(receipts.as_slice().iter().map(|_| Ok(())).collect())
    }
}

#[derive(Default)]
struct DoubleAckErrors(Mutex<HashSet<Receipt>>);

#[async_trait]
impl Tamper for DoubleAckErrors {
    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let results = sound.ack(of, receipts).await?;
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || Error::new(ErrorKind::NotFound, "the message is gone");
        let judge = |(receipt, result): (&Receipt, Result<()>)| {
            result.and_then(|()| if done.insert(receipt.clone()) { Ok(()) } else { Err(gone()) })
        };
        Ok(receipts.as_slice().iter().zip(results).map(judge).collect())
    }
}

#[derive(PartialEq, Eq)]
enum Operation {
    Ack,
    Nack,
    Extend,
    DeadLetter,
}

/// One operation takes any receipt of a message for that of its latest delivery.
struct Stale {
    operation: Operation,
    ledger: Ledger,
}

impl Stale {
    fn receipt(&self, operation: &Operation, of: &Subscription, receipt: &Receipt) -> Receipt {
        if self.operation == *operation { self.ledger.latest(of, receipt) } else { receipt.clone() }
    }
}

#[async_trait]
impl Tamper for Stale {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let deliveries = sound.receive(of, receive).await?;
        self.ledger.note(of, &deliveries);
        Ok(deliveries)
    }

    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let latest = receipts.as_slice().iter().map(|receipt| self.receipt(&Operation::Ack, of, receipt));
        sound.ack(of, &Batch::new(latest)?).await
    }

    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        sound.nack(of, &self.receipt(&Operation::Nack, of, receipt), delay).await
    }

    async fn extend(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, lease: Lease) -> Result<()> {
        sound.extend(of, &self.receipt(&Operation::Extend, of, receipt), lease).await
    }

    async fn dead_letter(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, why: &str) -> Result<()> {
        sound.dead_letter(of, &self.receipt(&Operation::DeadLetter, of, receipt), why).await
    }
}

struct StaleErrors(Ledger);

#[async_trait]
impl Tamper for StaleErrors {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let deliveries = sound.receive(of, receive).await?;
        self.0.note(of, &deliveries);
        Ok(deliveries)
    }

    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let stale = |receipt: &Receipt| self.0.latest(of, receipt) != *receipt;
        if receipts.as_slice().iter().any(stale) {
            return Err(Error::new(ErrorKind::PreconditionFailed, "the receipt has expired"));
        }
        sound.ack(of, receipts).await
    }
}

struct AckHitsTheNeighbour(Ledger);

#[async_trait]
impl Tamper for AckHitsTheNeighbour {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let deliveries = sound.receive(of, receive).await?;
        self.0.note(of, &deliveries);
        Ok(deliveries)
    }

    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let hit = |receipt: &Receipt| self.0.neighbour(of, receipt).unwrap_or_else(|| receipt.clone());
        sound.ack(of, &Batch::new(receipts.as_slice().iter().map(hit))?).await
    }
}

/// Ids of messages acknowledged anywhere are delivered nowhere.
#[derive(Default)]
struct AckSettlesAllSubscriptions {
    ledger: Ledger,
    done: Mutex<HashSet<String>>,
}

#[async_trait]
impl Tamper for AckSettlesAllSubscriptions {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        self.ledger.note(of, &deliveries);
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        deliveries.retain(|delivery| !done.contains(delivery.message.id()));
        Ok(deliveries)
    }

    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        let ids = receipts.as_slice().iter().filter_map(|receipt| self.ledger.of(receipt));
        let ids = ids.map(|delivery| delivery.message.id().to_owned());
        self.done.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
        sound.ack(of, receipts).await
    }
}

/// The count stands with the topic's message.
#[derive(Default)]
struct AttemptsOverSubscriptions {
    ledger: Ledger,
    given_back: Mutex<Vec<(Subscription, String)>>,
}

#[async_trait]
impl Tamper for AttemptsOverSubscriptions {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        self.ledger.note(of, &deliveries);
        let given_back = self.given_back.lock().unwrap_or_else(PoisonError::into_inner);
        for delivery in &mut deliveries {
            let elsewhere = given_back.iter().filter(|(by, id)| by != of && id == delivery.message.id()).count();
            delivery.attempt += u32::try_from(elsewhere).unwrap_or(u32::MAX);
        }
        Ok(deliveries)
    }

    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        if let Some(delivery) = self.ledger.of(receipt) {
            let given_back = (of.clone(), delivery.message.id().to_owned());
            self.given_back.lock().unwrap_or_else(PoisonError::into_inner).push(given_back);
        }
        sound.nack(of, receipt, delay).await
    }
}
