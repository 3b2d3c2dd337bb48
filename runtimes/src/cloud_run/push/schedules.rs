//! The clock: the functions of schedules.

use anyport_ports::Clock as _;
use anyport_ports::handles::Ports;

use super::PushError;
use super::arrival::{Arrival, Task};
use super::verdict::Verdict;
use crate::claims::{self, Claimed, Claims, KEEP_SLOTS, Worker};
use crate::events::EventFunction;
use crate::fault::Fault;
use crate::function::kind::Slot;
use crate::layers::HostContext;
use crate::schedule::Cron;

/// A function that the clock calls.
pub(super) struct Schedule {
    cron: Cron,
    worker: Worker<Slot>,
}

impl Schedule {
    /// What is no cron pattern, in words.
    pub(super) fn new(
        cron: &str,
        function: EventFunction<Slot>,
        claims: &Claims,
        ports: &Ports,
    ) -> Result<Self, String> {
        let (clock, claims) = (ports.clock.clone(), claims.clone());
        Ok(Self { cron: Cron::parse(cron)?, worker: Worker { function, clock, claims, keep: Some(KEEP_SLOTS) } })
    }

    /// Calls the function for the latest slot that has come by then, if that has not been done: the host may say so twice.
    pub(super) async fn take(&self, arrival: &Arrival, host: &HostContext) -> Result<Verdict, PushError> {
        let due = match arrival {
            Arrival::Scheduled { due } | Arrival::Task(Task { eta: due, .. }) => *due,
            other => return Ok(self.misdirected(other)),
        };
        let worker = &self.worker;
        let now = worker.clock.now();
        let due = due.unwrap_or(now);
        let slot = self.cron.latest(due).unwrap_or(due);
        let unclaimed = |error: anyport_ports::Error| {
            tracing::warn!(function = worker.function.name(), %slot, %error, "the slot could not be claimed");
            Verdict::later(&Fault::of(&error), 1, std::time::Duration::from_secs(1))
        };
        let key = match claims::of_slot(worker.function.name(), slot) {
            Ok(key) => key,
            Err(error) => return Ok(unclaimed(error)),
        };
        Ok(match worker.claims.claim(&key, &slot.to_string(), worker.lease()).await {
            Ok(Claimed::Here(claim)) => {
                let (_, again) = worker.run(claim, Slot { scheduled_for: slot }, host.clone()).await;
                // What is given up is on record: told again it would not be done either.
                again.map_or(Verdict::Done, |again| Verdict::after(again.since(worker.clock.now())))
            }
            Ok(Claimed::Elsewhere(until)) => Verdict::after(until.since(now)),
            Ok(Claimed::Settled) => {
                tracing::info!(function = worker.function.name(), %slot, "done already");
                Verdict::Done
            }
            Err(error) => unclaimed(error),
        })
    }

    fn misdirected(&self, arrival: &Arrival) -> Verdict {
        let error = PushError::NotForThis { expected: "the clock", found: arrival.described() };
        tracing::error!(function = self.worker.function.name(), code = error.code(), %error, "passed over");
        Verdict::Done
    }
}
