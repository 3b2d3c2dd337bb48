//! Settling deliveries. A receipt whose delivery is over settles nothing, in silence.

use std::time::Duration;

use anyport_ports::messages::{LEASE, Receipt, Subscription, bounded_reason};
use anyport_ports::{Error, ErrorKind, Result};
use azure_storage_queue::QueueClient;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::Queues;
use super::leases::Held;
use super::queues::is_stale;
use super::receipt::Parts;
use super::wire::Stored;
use crate::call::{DEADLINE, Effect};

const ACK: &str = "messages.ack";
const NACK: &str = "messages.nack";
const EXTEND: &str = "messages.extend";
const DEAD_LETTER: &str = "messages.dead_letter";

/// What became of a change to a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    Yes,
    /// The delivery was over, or the lease was changed and the answer lost.
    InDoubt,
    /// The delivery was over.
    Stale,
}

impl Queues {
    pub(super) async fn ack(&self, subscription: &Subscription, receipts: &[Receipt]) -> Result<Vec<Result<()>>> {
        let name = self.names.queue(subscription);
        let queue = self.queue(&name)?;
        let acks = receipts.iter().map(|receipt| async {
            let Some(parts) = Parts::of(receipt) else { return Ok(()) };
            let held = self.leases.hold(&name, &parts).await;
            self.ack_one(subscription, &queue, &parts, &held).await
        });
        Ok(join_all(acks).await)
    }

    async fn ack_one(
        &self,
        subscription: &Subscription,
        queue: &QueueClient,
        parts: &Parts<'_>,
        held: &Held,
    ) -> Result<()> {
        match self.delete(queue, parts.id, held.pop_receipt()).await {
            Ok(()) => Ok(()),
            Err(failure) if is_stale(&failure) && held.in_doubt() => Err(receipt_lost(ACK, subscription)),
            // It is over, or an attempt whose answer was lost has deleted it.
            Err(failure) if is_stale(&failure) => Ok(()),
            Err(failure) => Err(failure.told(Effect::Change, ACK, subscription)),
        }
    }

    pub(super) async fn nack(&self, subscription: &Subscription, receipt: &Receipt, delay: Duration) -> Result<()> {
        // In doubt, either it was given back, or somebody else holds it: both are what is asked for.
        self.change(NACK, subscription, receipt, delay).await.map(drop)
    }

    pub(super) async fn extend(&self, subscription: &Subscription, receipt: &Receipt, lease: Duration) -> Result<()> {
        match self.change(EXTEND, subscription, receipt, lease).await? {
            Changed::Yes | Changed::Stale => Ok(()),
            Changed::InDoubt => Err(receipt_lost(EXTEND, subscription)),
        }
    }

    async fn change(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        receipt: &Receipt,
        length: Duration,
    ) -> Result<Changed> {
        let Some(parts) = Parts::of(receipt) else { return Ok(Changed::Stale) };
        let name = self.names.queue(subscription);
        let mut held = self.leases.hold(&name, &parts).await;
        self.change_held(operation, subscription, &self.queue(&name)?, (parts.id, &mut held), length).await
    }

    /// Keeps a delivery's message from other consumers for this long from now.
    async fn change_held(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        queue: &QueueClient,
        (id, held): (&str, &mut Held),
        length: Duration,
    ) -> Result<Changed> {
        match self.hide(queue, id, held.pop_receipt(), length).await {
            Ok(pop_receipt) => {
                held.renewed(pop_receipt, length);
                Ok(Changed::Yes)
            }
            Err(failure) => {
                let (stale, was_in_doubt) = (is_stale(&failure), held.in_doubt());
                if failure.in_doubt() {
                    held.lost(length);
                }
                if !stale {
                    return Err(failure.told(Effect::Change, operation, subscription));
                }
                Ok(if failure.in_doubt() || was_in_doubt { Changed::InDoubt } else { Changed::Stale })
            }
        }
    }

    pub(super) async fn dead_letter(&self, subscription: &Subscription, receipt: &Receipt, reason: &str) -> Result<()> {
        if subscription.is_dead_letters() {
            // What is given up there stays there, with the reason it came with.
            return self.change(DEAD_LETTER, subscription, receipt, Duration::ZERO).await.map(drop);
        }
        self.give_up(DEAD_LETTER, subscription, receipt, reason).await
    }

    /// Moves a message to the dead letters. It is written there before it is deleted: it may be in both queues for a while,
    /// never in none.
    pub(super) async fn give_up(
        &self,
        operation: &'static str,
        subscription: &Subscription,
        receipt: &Receipt,
        reason: &str,
    ) -> Result<()> {
        let Some(parts) = Parts::of(receipt) else { return Ok(()) };
        let Some(text) = parts.text else {
            let message =
                "the receipt holds no message to write to the dead letters: it is not as this adapter made it";
            return Err(Error::new(ErrorKind::Internal, message).during(operation, subscription));
        };
        let letter = letter(text, parts.id, reason);
        let name = self.names.queue(subscription);
        let queue = self.queue(&name)?;
        let mut held = self.leases.hold(&name, &parts).await;
        // A letter written under a stale receipt would stand beside a message that another consumer holds. So it is held
        // first, for as long as any lease may be: what fails half way does not end a lease early.
        match self.change_held(operation, subscription, &queue, (parts.id, &mut held), *LEASE.end()).await? {
            Changed::Yes => {}
            Changed::Stale => return Ok(()),
            Changed::InDoubt => return Err(receipt_lost(operation, subscription)),
        }
        let letters = subscription.dead_letters();
        let to = self.queue(&self.names.queue(&letters))?;
        let sent = self.send(&to, &letter, Duration::ZERO, Instant::now() + DEADLINE).await;
        sent.map_err(|failure| failure.told(Effect::Change, operation, &letters))?;
        match self.delete(&queue, parts.id, held.pop_receipt()).await {
            Ok(()) => Ok(()),
            Err(failure) if is_stale(&failure) => Ok(()),
            Err(failure) => Err(half_done(failure.told(Effect::Change, operation, subscription))),
        }
    }
}

/// The text of a dead letter. What is no message stays as it is, for people to look at.
fn letter(text: &str, id: &str, reason: &str) -> String {
    match Stored::of(text, id) {
        Ok(stored) => Stored { reason: Some(bounded_reason(reason).to_owned()), ..stored }.text(),
        Err(_) => text.to_owned(),
    }
}

fn receipt_lost(operation: &'static str, subscription: &Subscription) -> Error {
    let message = "the answer to a change of the lease was lost, and the receipt with it: unless it was settled, the message \
                   is delivered again when its lease is over";
    Error::new(ErrorKind::Indeterminate, message).during(operation, subscription)
}

/// The error of the second half: no longer one of which nothing was done.
fn half_done(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Throttled | ErrorKind::Unavailable => {
            let message = "the dead letter is written, but its message may be delivered again";
            Error::new(ErrorKind::Indeterminate, message)
                .during(error.operation(), error.resource().to_owned())
                .caused_by(error)
        }
        _ => error,
    }
}
