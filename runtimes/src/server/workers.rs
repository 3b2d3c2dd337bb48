//! From event functions to the tasks that call them.

use anyport_ports::handles::Ports;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::blob_watch::BlobWatch;
use super::consumer::Consumer;
use super::scheduler::Schedule;
use super::settings::ServerSettings;
use crate::claims::{Claims, KEEP_SLOTS, Worker};
use crate::events::EventFunctions;
use crate::schedule::Cron;

/// Starts consumers, schedules and blob watches, each a task; what is no cron pattern, in words.
pub(super) fn start(
    functions: EventFunctions,
    ports: &Ports,
    settings: &ServerSettings,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), String> {
    for (subscription, function) in functions.subscriptions {
        let (wait, retry_base) = (settings.receive_wait, settings.retry_base);
        let consumer = Consumer { function, subscription, messages: ports.messages.clone(), wait, retry_base };
        tasks.spawn(consumer.run(stop.clone()));
    }
    let claims = Claims::new(ports, settings.retry_base);
    for (cron, function) in functions.schedules {
        let (clock, keep) = (ports.clock.clone(), Some(KEEP_SLOTS));
        let worker = Worker { function, clock, claims: claims.clone(), keep };
        let schedule = Schedule { worker, cron: Cron::parse(&cron)?, catch_up: settings.schedule_catch_up };
        tasks.spawn(schedule.run(stop.clone()));
    }
    for (bucket, prefix, function) in functions.blobs {
        let worker = Worker { function, clock: ports.clock.clone(), claims: claims.clone(), keep: None };
        let (blobs, interval) = (ports.blobs.clone(), settings.blob_poll_interval);
        tasks.spawn(BlobWatch { worker, blobs, bucket, prefix, interval }.run(stop.clone()));
    }
    Ok(())
}
