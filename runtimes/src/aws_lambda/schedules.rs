//! The clock.

use std::fmt;

use anyport_ports::handles::Ports;
use anyport_ports::{Clock as _, Naming, Timestamp};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::Deserialize;

use super::{EventError, clock};
use crate::claims::{self, Claimed, Claims, KEEP_SLOTS, Worker};
use crate::events::EventFunction;
use crate::function::kind::Slot;
use crate::layers::HostContext;
use crate::schedule::Cron;

/// Longest name of a rule.
const RULE_NAME: usize = 64;

/// The functions that the clock calls.
pub(super) struct Schedules {
    schedules: Vec<Schedule>,
    naming: Naming,
}

struct Schedule {
    cron: Cron,
    worker: Worker<Slot>,
}

/// What EventBridge Scheduler is told to send.
#[derive(Debug, Deserialize)]
pub(super) struct OwnSchedule {
    anyport: Fire,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fire {
    /// The function.
    schedule: String,
    /// When it was due, in RFC 3339: `<aws.scheduler.scheduled-time>`.
    #[serde(default)]
    scheduled_for: Option<String>,
}

impl Schedules {
    /// What is no cron pattern, in words.
    pub(super) fn new(
        functions: Vec<(String, EventFunction<Slot>)>,
        claims: &Claims,
        ports: &Ports,
        naming: Naming,
    ) -> Result<Self, String> {
        let schedules = functions.into_iter().map(|(cron, function)| {
            let (clock, claims) = (ports.clock.clone(), claims.clone());
            let worker = Worker { function, clock, claims, keep: Some(KEEP_SLOTS) };
            Ok(Schedule { cron: Cron::parse(&cron)?, worker })
        });
        Ok(Self { schedules: schedules.collect::<Result<_, String>>()?, naming })
    }

    /// An event of a rule, which has the name of its function.
    pub(super) async fn scheduled(&self, event: &EventBridgeEvent, host: &HostContext) -> Result<(), EventError> {
        let resources = event.resources.as_deref().unwrap_or_default();
        let rule = |arn: &String| Some(arn.split_once(":rule/")?.1.rsplit('/').next()?.to_owned());
        let rules: Vec<String> = resources.iter().filter_map(rule).collect();
        let named = |schedule: &&Schedule| rules.contains(&self.naming.of(schedule.worker.function.name(), RULE_NAME));
        let Some(schedule) = self.schedules.iter().find(named) else {
            return Err(EventError::NoFunction { source_name: format!("the rules {resources:?}") });
        };
        schedule.fire(event.time.map(clock::of), host).await
    }

    /// An event of EventBridge Scheduler.
    pub(super) async fn fired(&self, event: &OwnSchedule, host: &HostContext) -> Result<(), EventError> {
        let Fire { schedule: name, scheduled_for } = &event.anyport;
        let due = match scheduled_for {
            None => None,
            Some(text) => Some(clock::parse(text).ok_or_else(|| {
                EventError::malformed(
                    "a schedule of EventBridge Scheduler",
                    &format!("{text:?} is no RFC 3339 instant"),
                )
            })?),
        };
        let Some(schedule) = self.schedules.iter().find(|schedule| schedule.worker.function.name() == name) else {
            return Err(EventError::NoFunction { source_name: format!("the schedule {name:?}") });
        };
        schedule.fire(due, host).await
    }
}

impl Schedule {
    /// Calls the function for the latest slot that has come by then, if that has not been done: the host may say so twice.
    async fn fire(&self, due: Option<Timestamp>, host: &HostContext) -> Result<(), EventError> {
        let worker = &self.worker;
        let name = worker.function.name();
        let due = due.unwrap_or_else(|| worker.clock.now());
        let slot = self.cron.latest(due).unwrap_or(due);
        let failed = |error: &anyport_ports::Error| EventError::failed(name, crate::Fault::of(error));
        let key = claims::of_slot(name, slot).map_err(|error| failed(&error))?;
        let claimed = worker.claims.claim(&key, &slot.to_string(), worker.lease()).await;
        match claimed.map_err(|error| failed(&error))? {
            Claimed::Here(claim) => {
                let (result, _) = worker.run(claim, Slot { scheduled_for: slot }, host.clone()).await;
                result.map_err(|fault| EventError::failed(name, fault))
            }
            Claimed::Elsewhere(until) => {
                Err(EventError::Busy { function: name.to_owned(), subject: slot.to_string(), until })
            }
            Claimed::Settled => {
                tracing::info!(function = name, %slot, "done already");
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Schedules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.schedules.iter().map(|schedule| schedule.worker.function.name())).finish()
    }
}
