//! Calls scheduled functions, each slot once across all replicas.

use std::collections::HashMap;
use std::time::Duration;

use anyport_ports::{Clock as _, Result, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::claimed::{Ended, spawn};
use crate::backoff::Backoff;
use crate::claims::{self, Claimed, Worker};
use crate::function::kind::Slot;
use crate::schedule::Cron;

/// The longest sleep between two looks at the clock: it may be set, and in tests it is.
const LOOK: Duration = Duration::from_millis(250);

/// One scheduled function on one replica.
///
/// Each slot is called once, by the replica that claims it. If that one dies, another takes it over when the lease is
/// past. If all were down, the latest slot missed is made up for when it is not older than the catch-up window; slots
/// before the schedule was first known are not.
pub(super) struct Schedule {
    pub(super) worker: Worker<Slot>,
    pub(super) cron: Cron,
    pub(super) catch_up: Duration,
}

impl Schedule {
    /// Runs until told to stop, and then until what was begun is done.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        let registered = tokio::select! {
            () = stop.cancelled() => None,
            since = self.registered() => Some(since),
        };
        if let Some(since) = registered {
            self.watch(since, &mut tasks, &stop).await;
        }
        while tasks.join_next().await.is_some() {}
    }

    /// It is stopped between two looks and not within one, lest a slot be claimed and then dropped.
    async fn watch(&self, since: Timestamp, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        let (ended, mut endings) = mpsc::unbounded_channel::<Ended<Timestamp>>();
        let mut seen = since;
        // Slots that have come and are not known to be settled, and when to look at each again.
        let mut open: HashMap<Timestamp, Timestamp> = HashMap::new();
        let mut backoff = Backoff::default();
        loop {
            let now = self.worker.clock.now();
            while tasks.try_join_next().is_some() {}
            while let Ok((slot, again)) = endings.try_recv() {
                look_again(&mut open, slot, again);
            }
            if let Some(slot) = self.cron.latest(now).filter(|slot| *slot > seen) {
                seen = slot;
                if now.since(slot) <= self.catch_up {
                    open.insert(slot, now);
                } else {
                    tracing::warn!(function = self.worker.function.name(), %slot, "a slot was missed and is too old to be made up for");
                }
            }
            let due: Vec<Timestamp> = open.iter().filter(|(_, at)| **at <= now).map(|(slot, _)| *slot).collect();
            for slot in due {
                match self.claim(slot).await {
                    Ok(Claimed::Here(claim)) => {
                        open.insert(slot, now.plus(self.worker.lease()));
                        let input = Slot { scheduled_for: slot };
                        spawn(&self.worker, tasks, slot, claim, input, ended.clone());
                    }
                    Ok(Claimed::Elsewhere(until)) => look_again(&mut open, slot, Some(until)),
                    Ok(Claimed::Settled) => look_again(&mut open, slot, None),
                    Err(error) => {
                        let pause = backoff.failed(&error);
                        tracing::warn!(function = self.worker.function.name(), %slot, %error, "the slot could not be claimed");
                        look_again(&mut open, slot, Some(now.plus(pause)));
                        continue;
                    }
                }
                backoff.succeeded();
            }
            let next = self.cron.next(now).map_or(LOOK, |next| next.since(now).min(LOOK));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(next.max(Duration::from_millis(1))) => {}
            }
        }
    }

    async fn claim(&self, slot: Timestamp) -> Result<Claimed> {
        let key = claims::of_slot(self.worker.function.name(), slot)?;
        self.worker.claims.claim(&key, &slot.to_string(), self.worker.lease()).await
    }

    /// When the schedule was first known to any replica.
    async fn registered(&self) -> Timestamp {
        let mut backoff = Backoff::default();
        loop {
            let since = match claims::of_registration(self.worker.function.name()) {
                Ok(key) => self.worker.claims.since(&key).await,
                Err(error) => Err(error),
            };
            match since {
                Ok(since) => return since,
                Err(error) => {
                    tracing::warn!(function = self.worker.function.name(), %error, "the schedule cannot be registered yet");
                    tokio::time::sleep(backoff.failed(&error)).await;
                }
            }
        }
    }
}

fn look_again(open: &mut HashMap<Timestamp, Timestamp>, slot: Timestamp, again: Option<Timestamp>) {
    match again {
        Some(at) => open.insert(slot, at),
        None => open.remove(&slot),
    };
}
