//! Putting dead letters back.

use std::time::Duration;

use anyport_ports::messages::Subscription;
use anyport_ports::{Error, Result};
use azure_storage_queue::QueueClient;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::Queues;
use super::queues::Taken;
use super::wire::Stored;
use crate::call::{DEADLINE, Effect};

const REDRIVE: &str = "messages.redrive";

/// Longer than it takes to put some back, with all attempts.
const HELD: Duration = Duration::from_mins(1);

/// Most at a time: each is two requests.
const AT_ONCE: usize = 10;

impl Queues {
    pub(super) async fn redrive(&self, subscription: &Subscription, max: usize) -> Result<usize> {
        let source = Subscription::new(subscription.topic().clone(), subscription.name())?;
        let letters = source.dead_letters();
        let queues = (self.queue(&self.names.queue(&source))?, self.queue(&self.names.queue(&letters))?);
        let mut moved = 0;
        while moved < max {
            let taken = match self.take(REDRIVE, &letters, (max - moved).min(AT_ONCE), HELD).await {
                Ok(taken) if taken.is_empty() => break,
                Ok(taken) => taken,
                // What was moved was moved: the next call meets the error.
                Err(_) if moved > 0 => break,
                Err(error) => return Err(error),
            };
            let mut first_error = None;
            for put_back in join_all(taken.iter().map(|letter| self.put_back(&source, &queues, letter))).await {
                match put_back {
                    Ok(()) => moved += 1,
                    Err(error) => first_error = first_error.or(Some(error)),
                }
            }
            match first_error {
                Some(error) if moved == 0 => return Err(error),
                Some(_) => break,
                None => {}
            }
        }
        Ok(moved)
    }

    /// Puts one back as it was published. It is written before it is deleted: it may be in both queues for a while, never in
    /// none.
    async fn put_back(
        &self,
        source: &Subscription,
        (to, from): &(QueueClient, QueueClient),
        letter: &Taken,
    ) -> Result<(), Error> {
        let text = match Stored::of(&letter.text, &letter.id) {
            Ok(stored) => Stored { reason: None, ..stored }.text(),
            Err(_) => letter.text.clone(),
        };
        match self.send(to, &text, Duration::ZERO, Instant::now() + DEADLINE).await {
            Ok(()) => {
                // If this fails it is held for a while longer, and then is there again.
                let _again_later = self.delete(from, &letter.id, &letter.pop_receipt).await;
                Ok(())
            }
            Err(failure) => {
                let _free_later = self.hide(from, &letter.id, &letter.pop_receipt, Duration::ZERO).await;
                Err(failure.told(Effect::Change, REDRIVE, source))
            }
        }
    }
}
