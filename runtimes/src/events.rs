//! The functions that are called by events rather than requests, for any host.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::DocumentChange;
use anyport_ports::handles::Ports;
use anyport_ports::messages::{Delivery, Outcome, Subscription};
use anyport_ports::{BucketName, CollectionName};

use crate::fault::Fault;
use crate::function::kind::{CreatedBlob, Slot};
use crate::function::{AnyCall, EventCall, Limits, Trigger};
use crate::pipeline::{self, Deadline};
use crate::schemas::Compile;
use crate::workload::{InvalidWorkload, Prepared, Workload};

/// A function called by events, ready to be called. The host maps how it ended to its own terms: an
/// [`Outcome`](anyport_ports::messages::Outcome) by [`Fault::outcome`], a failed batch item, a status.
pub struct EventFunction<I> {
    name: Arc<str>,
    limits: Limits,
    call: EventCall<I>,
    ports: Ports,
}

/// The event functions of a workload by trigger.
#[derive(Debug, Default)]
pub struct EventFunctions {
    /// Those called by the messages of a subscription.
    pub subscriptions: Vec<(Subscription, EventFunction<Delivery>)>,
    /// Those called by the clock, with their cron patterns.
    pub schedules: Vec<(String, EventFunction<Slot>)>,
    /// Those called by blobs created in a bucket under a prefix.
    pub blobs: Vec<(BucketName, String, EventFunction<CreatedBlob>)>,
    /// Those called by the changes of a collection's documents.
    pub changes: Vec<(CollectionName, EventFunction<DocumentChange>)>,
}

impl<I> EventFunction<I> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bounds. The timeout is kept here; the concurrency is for the host to keep.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Calls it, under its timeout and the host's deadline. A panic ends this call alone.
    pub async fn invoke(&self, input: I, deadline: Deadline) -> Result<(), Fault> {
        let call = async { (self.call)(input, &self.ports).await };
        pipeline::bounded(deadline.within(self.limits.timeout), call).await.unwrap_or_else(|why| Err(why.into()))
    }
}

impl EventFunction<Delivery> {
    /// Calls it, and judges what is to become of the message: one that failed is delivered again after a pause that
    /// doubles from `retry_base` with each attempt, or is a dead letter if it can never be done.
    pub async fn outcome(&self, delivery: Delivery, retry_base: Duration, deadline: Deadline) -> Outcome {
        let attempt = delivery.attempt;
        let Err(fault) = self.invoke(delivery, deadline).await else {
            tracing::info!("done");
            return Outcome::Ack;
        };
        let outcome = fault.outcome(attempt, retry_base);
        if matches!(outcome, Outcome::DeadLetter { .. }) {
            tracing::error!(error = %fault, "given up: a dead letter");
        } else {
            tracing::warn!(error = %fault, "to be delivered again");
        }
        outcome
    }
}

impl EventFunctions {
    /// The event functions of a workload, called with these adapters.
    pub fn new(workload: &Workload, ports: &Ports) -> Result<Self, InvalidWorkload> {
        Self::of(workload.name(), &workload.prepare(Compile::Now)?, ports)
    }

    pub(crate) fn of(workload: &str, prepared: &Prepared, ports: &Ports) -> Result<Self, InvalidWorkload> {
        let mut functions = Self::default();
        for function in &prepared.functions {
            let (name, limits) = (Arc::clone(&function.name), function.limits);
            match (&function.trigger, function.call.clone()) {
                (Trigger::Subscription { topic, name: subscription, .. }, AnyCall::Subscription(call)) => {
                    let subscription = Subscription::new(topic.clone(), subscription.as_str()).map_err(|error| {
                        let problems = vec![format!("{name}: {}", error.message())];
                        InvalidWorkload { workload: workload.to_owned(), problems }
                    })?;
                    let function = EventFunction { name, limits, call, ports: ports.clone() };
                    functions.subscriptions.push((subscription, function));
                }
                (Trigger::Schedule { cron }, AnyCall::Schedule(call)) => {
                    let function = EventFunction { name, limits, call, ports: ports.clone() };
                    functions.schedules.push((cron.clone(), function));
                }
                (Trigger::BlobCreated { bucket, prefix }, AnyCall::BlobCreated(call)) => {
                    let function = EventFunction { name, limits, call, ports: ports.clone() };
                    functions.blobs.push((bucket.clone(), prefix.clone(), function));
                }
                (Trigger::DocumentChanged { collection }, AnyCall::DocumentChanged(call)) => {
                    let function = EventFunction { name, limits, call, ports: ports.clone() };
                    functions.changes.push((collection.clone(), function));
                }
                _ => {}
            }
        }
        Ok(functions)
    }
}

impl<I> Clone for EventFunction<I> {
    fn clone(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            limits: self.limits,
            call: Arc::clone(&self.call),
            ports: self.ports.clone(),
        }
    }
}

impl<I> fmt::Debug for EventFunction<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFunction").field("name", &self.name).field("limits", &self.limits).finish_non_exhaustive()
    }
}
