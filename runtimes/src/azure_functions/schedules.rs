//! Timers.
//!
//! What the host says of a schedule (`ScheduleStatus`) it keeps in a blob of its own, and not at all for short intervals: which
//! slot has come is told by the pattern and the clock. A slot is claimed, so that it runs once however many say that it came.

use std::time::Duration;

use anyport_ports::{Clock as _, Timestamp};
use serde::Deserialize;

use super::InvocationError;
use super::payload::Payload;
use crate::claims::{self, Claimed, KEEP_SLOTS, Worker};
use crate::fault::Fault;
use crate::function::kind::Slot;
use crate::layers::HostContext;
use crate::schedule::Cron;

const EXPECTED: &str = "a timer";

/// The input that `function.json` calls the timer.
pub(super) const NAMES: [&str; 1] = ["timer"];

/// By how much a timer may be early: the host counts down, and not by this machine's clock.
const EARLY: Duration = Duration::from_millis(500);

/// Slots closer to each other than this come so densely that an early timer may be a late one.
const DENSE: Duration = Duration::from_mins(1);

/// The function of a schedule.
pub(super) struct Timer {
    pub(super) cron: Cron,
    pub(super) worker: Worker<Slot>,
}

/// What the host tells: it is read to know it for a timer.
#[derive(Deserialize)]
struct Told {
    #[serde(rename = "IsPastDue")]
    is_past_due: bool,
}

impl Timer {
    pub(super) fn new(cron: &str, mut worker: Worker<Slot>) -> Result<Self, String> {
        worker.keep = Some(KEEP_SLOTS);
        Ok(Self { cron: Cron::parse(cron)?, worker })
    }

    /// Calls the function for the slot that has come, unless that is done.
    pub(super) async fn fired(&self, payload: &Payload, host: HostContext) -> Result<(), InvocationError> {
        let text = payload.text();
        if !text.trim_start().starts_with('{') {
            return Err(InvocationError::malformed(EXPECTED, "it is not an object"));
        }
        let told: Told = serde_json::from_str(&text).map_err(|error| InvocationError::malformed(EXPECTED, &error))?;
        let now = self.worker.clock.now();
        let come = self.cron.latest(now).unwrap_or(now);
        let next = self.cron.latest(now.plus(EARLY)).filter(|next| *next != come && !told.is_past_due);
        match next {
            // Who comes early comes for the next slot. The one before is long over, and what tells that it was done may be gone.
            Some(next) if come.plus(DENSE) <= next => self.run(next, host).await.map(drop),
            Some(next) => match self.run(come, host.clone()).await? {
                Done::Before => self.run(next, host).await.map(drop),
                Done::Now => Ok(()),
            },
            None => self.run(come, host).await.map(drop),
        }
    }

    async fn run(&self, slot: Timestamp, host: HostContext) -> Result<Done, InvocationError> {
        let name = self.worker.function.name();
        let failed = |error: &anyport_ports::Error| InvocationError::failed(name, Fault::of(error));
        let key = claims::of_slot(name, slot).map_err(|error| failed(&error))?;
        let claimed = self.worker.claims.claim(&key, &slot.to_string(), self.worker.lease()).await;
        match claimed.map_err(|error| failed(&error))? {
            Claimed::Here(claim) => {
                let (result, _) = self.worker.run(claim, Slot { scheduled_for: slot }, host).await;
                result.map(|()| Done::Now).map_err(|fault| InvocationError::failed(name, fault))
            }
            Claimed::Elsewhere(until) => {
                Err(InvocationError::Busy { function: name.to_owned(), subject: slot.to_string(), until })
            }
            Claimed::Settled => {
                tracing::info!(function = name, %slot, "done already");
                Ok(Done::Before)
            }
        }
    }
}

/// When a slot was done.
enum Done {
    Now,
    Before,
}
