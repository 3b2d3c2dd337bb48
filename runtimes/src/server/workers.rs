//! From functions to the tasks that call them.

use anyport_ports::handles::Ports;
use anyport_ports::messages::Subscription;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::blob_watch::BlobWatch;
use super::claimed::Worker;
use super::claims::Claims;
use super::consumer::Consumer;
use super::scheduler::{self, Schedule};
use super::settings::ServerSettings;
use crate::function::{AnyCall, Trigger};
use crate::schedule::Cron;
use crate::workload::PreparedFunction;

/// Starts consumers, schedules and blob watches, each a task; what a trigger turns out not to be, in words.
pub(super) fn start(
    functions: &[PreparedFunction],
    ports: &Ports,
    settings: &ServerSettings,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), String> {
    for function in functions {
        start_one(function, ports, settings, tasks, stop).map_err(|problem| format!("{}: {problem}", function.name))?;
    }
    Ok(())
}

fn start_one(
    function: &PreparedFunction,
    ports: &Ports,
    settings: &ServerSettings,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), String> {
    let (name, limits, stop) = (function.name.clone(), function.limits, stop.clone());
    let claims = || Claims::new(ports, settings.retry_base);
    match (&function.trigger, &function.call) {
        (Trigger::Subscription { topic, name: subscription, .. }, AnyCall::Subscription(call)) => {
            let subscription = Subscription::new(topic.clone(), subscription.as_str());
            let consumer = Consumer {
                function: name,
                limits,
                call: call.clone(),
                subscription: subscription.map_err(|error| error.message().to_owned())?,
                ports: ports.clone(),
                wait: settings.receive_wait,
                retry_base: settings.retry_base,
            };
            tasks.spawn(consumer.run(stop));
        }
        (Trigger::Schedule { cron }, AnyCall::Schedule(call)) => {
            let keep = Some(scheduler::KEEP);
            let worker =
                Worker { function: name, limits, call: call.clone(), ports: ports.clone(), claims: claims(), keep };
            let schedule = Schedule { worker, cron: Cron::parse(cron)?, catch_up: settings.schedule_catch_up };
            tasks.spawn(schedule.run(stop));
        }
        (Trigger::BlobCreated { bucket, prefix }, AnyCall::BlobCreated(call)) => {
            let worker = Worker {
                function: name,
                limits,
                call: call.clone(),
                ports: ports.clone(),
                claims: claims(),
                keep: None,
            };
            let watch = BlobWatch {
                worker,
                bucket: bucket.clone(),
                prefix: prefix.clone(),
                interval: settings.blob_poll_interval,
            };
            tasks.spawn(watch.run(stop));
        }
        _ => {}
    }
    Ok(())
}
