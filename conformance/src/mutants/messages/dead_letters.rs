//! Faults of dead letters.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::Result;
use anyport_ports::messages::{Batch, Delay, Delivery, Messages, Outgoing, Receipt, Receive, Subscription};
use async_trait::async_trait;

use super::delivery::rebuilt;
use super::ledger::Ledger;
use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::MessageStore;
use crate::suite::ATTEMPTS;

pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    vec![
        mutant("dead_letter_one_early", "MSG-DLQ-1", "A message is given up one attempt before it should be.", |_| {
            tampered(OneEarly(Ledger::default()))
        }),
        mutant("dead_letter_one_late", "MSG-DLQ-1", "A message is delivered once more than allowed.", |_| {
            tampered(OneLate::default())
        }),
        mutant("never_dead", "MSG-DLQ-1", "A message is delivered again for ever.", |_| tampered(NeverDead)),
        mutant("dead_letter_loses_attributes", "MSG-DLQ-2", "A dead letter has lost its extensions.", |_| {
            tampered(DeadLetterAltered(|delivery| {
                delivery.message = rebuilt(&delivery.message, delivery.message.id(), false)?;
                Ok(())
            }))
        }),
        mutant(
            "dead_letter_has_a_new_id",
            "MSG-DLQ-2",
            "A dead letter is a new message, with an id of its own.",
            |_| {
                tampered(DeadLetterAltered(|delivery| {
                    delivery.message = rebuilt(&delivery.message, &format!("dead-{}", delivery.message.id()), true)?;
                    Ok(())
                }))
            },
        ),
        mutant("dead_letter_without_reason", "MSG-DLQ-2", "A dead letter does not tell why it is one.", |_| {
            tampered(DeadLetterAltered(|delivery| {
                delivery.dead_letter_reason = None;
                Ok(())
            }))
        }),
        mutant("dead_letters_die", "MSG-DLQ-2", "Giving a dead letter back drops it.", |_| tampered(DeadLettersDie)),
        mutant("explicit_dead_letter_drops", "MSG-DLQ-3", "A message given up is settled, and kept nowhere.", |_| {
            tampered(ExplicitDeadLetterDrops)
        }),
        mutant("reason_replaced", "MSG-DLQ-3", "The reason given is replaced by a general one.", |_| {
            tampered(ReasonReplaced)
        }),
        mutant("redrive_keeps_attempts", "MSG-DLQ-4", "A message driven back goes on counting its attempts.", |_| {
            tampered(RedriveKeepsAttempts::default())
        }),
        mutant(
            "redrive_to_all_subscriptions",
            "MSG-DLQ-4",
            "A dead letter is driven back by publishing it again, to every subscription.",
            |_| tampered(RedriveToAllSubscriptions),
        ),
        mutant("redrive_leaves_a_copy", "MSG-DLQ-4", "A message driven back stays with the dead letters.", |_| {
            tampered(RedriveLeavesACopy::default())
        }),
        mutant(
            "redrive_ignores_max",
            "MSG-DLQ-4",
            "All dead letters are driven back, however few were asked for.",
            |_| tampered(RedriveIgnoresMax),
        ),
    ]
}

struct OneEarly(Ledger);

#[async_trait]
impl Tamper for OneEarly {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let deliveries = sound.receive(of, receive).await?;
        self.0.note(of, &deliveries);
        Ok(deliveries)
    }

    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        let last = self.0.of(receipt).is_some_and(|delivery| delivery.attempt == ATTEMPTS - 1);
        if last && !of.is_dead_letters() {
            return sound.dead_letter(of, receipt, "attempts exhausted").await;
        }
        sound.nack(of, receipt, delay).await
    }
}

/// What was given back at its last attempt gets another one.
#[derive(Default)]
struct OneLate {
    ledger: Ledger,
    overdue: Mutex<HashSet<String>>,
}

#[async_trait]
impl Tamper for OneLate {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        let overdue = self.overdue.lock().unwrap_or_else(PoisonError::into_inner);
        for delivery in deliveries.iter_mut().filter(|delivery| overdue.contains(delivery.message.id())) {
            delivery.attempt = ATTEMPTS + 1;
        }
        self.ledger.note(of, &deliveries);
        Ok(deliveries)
    }

    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        let delivery = self.ledger.of(receipt).filter(|_| !of.is_dead_letters());
        match delivery.map(|delivery| (delivery.attempt, delivery.message.id().to_owned())) {
            Some((ATTEMPTS, id)) => {
                self.overdue.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
                sound.nack(of, receipt, delay).await?;
                sound.redrive(of, 1).await.map(drop)
            }
            Some((attempt, _)) if attempt > ATTEMPTS => sound.dead_letter(of, receipt, "attempts exhausted").await,
            _ => sound.nack(of, receipt, delay).await,
        }
    }
}

struct NeverDead;

#[async_trait]
impl Tamper for NeverDead {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let deliveries = sound.receive(of, receive).await?;
        if of.is_dead_letters() || !deliveries.is_empty() || sound.redrive(of, receive.max()).await? == 0 {
            return Ok(deliveries);
        }
        sound.receive(of, receive).await
    }
}

/// Dead letters come out other than they went in.
struct DeadLetterAltered(fn(&mut Delivery) -> Result<()>);

#[async_trait]
impl Tamper for DeadLetterAltered {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        if of.is_dead_letters() {
            deliveries.iter_mut().try_for_each(self.0)?;
        }
        Ok(deliveries)
    }
}

struct DeadLettersDie;

#[async_trait]
impl Tamper for DeadLettersDie {
    async fn nack(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, delay: Delay) -> Result<()> {
        if of.is_dead_letters() {
            return sound.ack(of, &Batch::one(receipt.clone())).await?.into_iter().collect();
        }
        sound.nack(of, receipt, delay).await
    }
}

struct ExplicitDeadLetterDrops;

#[async_trait]
impl Tamper for ExplicitDeadLetterDrops {
    async fn dead_letter(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, _: &str) -> Result<()> {
        sound.ack(of, &Batch::one(receipt.clone())).await?.into_iter().collect()
    }
}

struct ReasonReplaced;

#[async_trait]
impl Tamper for ReasonReplaced {
    async fn dead_letter(&self, sound: &dyn Messages, of: &Subscription, receipt: &Receipt, _: &str) -> Result<()> {
        sound.dead_letter(of, receipt, "given up by its consumer").await
    }
}

/// The next dead letters of a subscription, which another look does not give for a second.
async fn dead_letters(sound: &dyn Messages, of: &Subscription, max: usize) -> Result<Vec<Delivery>> {
    let receive = Receive::new(max.clamp(1, 10), Duration::from_secs(1))?;
    sound.receive(&of.dead_letters(), receive).await
}

/// Messages driven back are told at the attempt after their last.
#[derive(Default)]
struct RedriveKeepsAttempts(Mutex<HashSet<String>>);

#[async_trait]
impl Tamper for RedriveKeepsAttempts {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        let driven_back = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let again = deliveries.iter_mut().filter(|delivery| driven_back.contains(delivery.message.id()));
        again.filter(|_| !of.is_dead_letters()).for_each(|delivery| delivery.attempt += ATTEMPTS);
        Ok(deliveries)
    }

    async fn redrive(&self, sound: &dyn Messages, of: &Subscription, max: usize) -> Result<usize> {
        let dead = dead_letters(sound, of, max).await?;
        for delivery in &dead {
            sound.nack(&of.dead_letters(), &delivery.receipt, Delay::NONE).await?;
        }
        let ids = dead.iter().map(|delivery| delivery.message.id().to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
        sound.redrive(of, max).await
    }
}

struct RedriveToAllSubscriptions;

#[async_trait]
impl Tamper for RedriveToAllSubscriptions {
    async fn redrive(&self, sound: &dyn Messages, of: &Subscription, max: usize) -> Result<usize> {
        let deliveries = dead_letters(sound, of, max).await?;
        for delivery in &deliveries {
            sound.publish(of.topic(), &Batch::one(Outgoing::from(delivery.message.clone()))).await?;
            sound.ack(&of.dead_letters(), &Batch::one(delivery.receipt.clone())).await?;
        }
        Ok(deliveries.len())
    }
}

/// What was driven back is delivered as a dead letter once more.
#[derive(Default)]
struct RedriveLeavesACopy(Mutex<Vec<Delivery>>);

#[async_trait]
impl Tamper for RedriveLeavesACopy {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        let mut deliveries = sound.receive(of, receive).await?;
        if of.is_dead_letters() && deliveries.is_empty() {
            deliveries.extend(self.0.lock().unwrap_or_else(PoisonError::into_inner).pop());
        }
        Ok(deliveries)
    }

    async fn redrive(&self, sound: &dyn Messages, of: &Subscription, max: usize) -> Result<usize> {
        let dead = dead_letters(sound, of, max).await?;
        for delivery in &dead {
            sound.nack(&of.dead_letters(), &delivery.receipt, Delay::NONE).await?;
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(dead);
        sound.redrive(of, max).await
    }
}

struct RedriveIgnoresMax;

#[async_trait]
impl Tamper for RedriveIgnoresMax {
    async fn redrive(&self, sound: &dyn Messages, of: &Subscription, _: usize) -> Result<usize> {
        sound.redrive(of, usize::MAX).await
    }
}
