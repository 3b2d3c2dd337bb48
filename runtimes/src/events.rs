//! The functions that are called by events rather than requests, for any host.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::DocumentChange;
use anyport_ports::handles::Ports;
use anyport_ports::messages::{Delivery, Outcome, Subscription};
use anyport_ports::{BucketName, CollectionName};
use tracing::Span;

use crate::fault::Fault;
use crate::function::kind::{CreatedBlob, EventInput, Slot};
use crate::function::{AnyDecode, EventDecode, Limits, Trigger};
use crate::http::HttpOptions;
use crate::layers::{Around, Call, Events, HostContext, Stack, State};
use crate::schemas::Compile;
use crate::surroundings::Surroundings;
use crate::workload::{InvalidWorkload, Prepared, PreparedFunction, Workload};

/// A function called by events, with its layers around it. The host maps how it ended to its own terms: an
/// [`Outcome`](anyport_ports::messages::Outcome) by [`Fault::outcome`], a failed batch item, a status.
pub struct EventFunction<I: EventInput> {
    name: Arc<str>,
    limits: Limits,
    stack: Stack<Events<I>>,
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

impl<I: EventInput> EventFunction<I> {
    fn new(function: &PreparedFunction, decode: &EventDecode<I>, around: &Around) -> Self {
        let stack = Stack::new(function, Arc::clone(decode), around);
        Self { name: Arc::clone(&function.name), limits: function.limits, stack }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bounds, which are kept here. A host that takes events by itself takes no more at once than may run.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The layers around it: from the outermost to the handler.
    pub fn layers(&self) -> &[&'static str] {
        self.stack.order()
    }

    /// Calls it, with what the host knows of the call: at least its [`Deadline`](crate::Deadline).
    pub async fn invoke(&self, input: I, host: impl Into<HostContext>) -> Result<(), Fault> {
        self.call(input, host.into()).await.0
    }

    /// Calls it; how it ended, and the span of the call, in which the host goes on to log what becomes of the event.
    pub(crate) async fn call(&self, input: I, host: HostContext) -> (Result<(), Fault>, Span) {
        let call = Call { arrival: input, state: State::new(host) };
        let span = call.state.span();
        let result = self.stack.call(call).await;
        (result, span.get())
    }
}

impl EventFunction<Delivery> {
    /// Calls it, and judges what is to become of the message: one that failed is delivered again after a pause that
    /// doubles from `retry_base` with each attempt, or is a dead letter if it can never be done.
    pub async fn outcome(&self, delivery: Delivery, retry_base: Duration, host: impl Into<HostContext>) -> Outcome {
        self.judged(delivery, retry_base, host.into()).await.0
    }

    /// The outcome, and the span of the call.
    pub(crate) async fn judged(&self, delivery: Delivery, retry_base: Duration, host: HostContext) -> (Outcome, Span) {
        let attempt = delivery.attempt;
        let (result, span) = self.call(delivery, host).await;
        let outcome = span.in_scope(|| {
            let Err(fault) = result else {
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
        });
        (outcome, span)
    }
}

impl EventFunctions {
    /// The event functions of a workload, called with these adapters.
    pub fn new(workload: &Workload, ports: &Ports, surroundings: &Surroundings) -> Result<Self, InvalidWorkload> {
        let body_timeout = HttpOptions::default().body_timeout;
        let around = Around::new(workload.name(), ports.clone(), surroundings.clone(), body_timeout);
        Self::of(&workload.prepare(Compile::Now)?, &around)
    }

    pub(crate) fn of(prepared: &Prepared, around: &Around) -> Result<Self, InvalidWorkload> {
        let mut functions = Self::default();
        for function in &prepared.functions {
            match (&function.trigger, &function.decode) {
                (Trigger::Subscription { topic, name, .. }, AnyDecode::Subscription(decode)) => {
                    let subscription = Subscription::new(topic.clone(), name.as_str()).map_err(|error| {
                        let problems = vec![format!("{}: {}", function.name, error.message())];
                        InvalidWorkload { workload: around.app.to_string(), problems }
                    })?;
                    let function = EventFunction::new(function, decode, around);
                    functions.subscriptions.push((subscription, function));
                }
                (Trigger::Schedule { cron }, AnyDecode::Schedule(decode)) => {
                    functions.schedules.push((cron.clone(), EventFunction::new(function, decode, around)));
                }
                (Trigger::BlobCreated { bucket, prefix }, AnyDecode::BlobCreated(decode)) => {
                    let function = EventFunction::new(function, decode, around);
                    functions.blobs.push((bucket.clone(), prefix.clone(), function));
                }
                (Trigger::DocumentChanged { collection }, AnyDecode::DocumentChanged(decode)) => {
                    functions.changes.push((collection.clone(), EventFunction::new(function, decode, around)));
                }
                _ => {}
            }
        }
        Ok(functions)
    }
}

impl<I: EventInput> Clone for EventFunction<I> {
    fn clone(&self) -> Self {
        Self { name: Arc::clone(&self.name), limits: self.limits, stack: self.stack.clone() }
    }
}

impl<I: EventInput> fmt::Debug for EventFunction<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFunction").field("name", &self.name).field("limits", &self.limits).finish_non_exhaustive()
    }
}
