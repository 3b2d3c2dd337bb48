//! Messages of queues.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyport_ports::Naming;
use anyport_ports::handles::Ports;
use anyport_ports::messages::{Delivery, Message, Messages, Outcome, Receipt, Subscription};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::StreamExt as _;
use tracing::{Instrument as _, Span};

use super::{EventError, LambdaSettings, Settlement};
use crate::events::EventFunction;
use crate::layers::HostContext;

/// The functions of subscriptions by the names of their queues.
pub(super) struct Queues {
    by_name: HashMap<String, Arc<Queue>>,
    /// Those of the adapter, where it settles.
    messages: Option<Arc<dyn Messages>>,
    retry_base: Duration,
}

struct Queue {
    subscription: Subscription,
    function: EventFunction<Delivery>,
}

impl Queues {
    pub(super) fn new(
        functions: Vec<(Subscription, EventFunction<Delivery>)>,
        naming: &Naming,
        ports: &Ports,
        settings: &LambdaSettings,
    ) -> Self {
        let mut by_name = HashMap::new();
        for (subscription, function) in functions {
            for subscription in [subscription.dead_letters(), subscription] {
                let name = naming.subscription(&subscription, '_', 80);
                by_name.insert(name, Arc::new(Queue { subscription, function: function.clone() }));
            }
        }
        let by_adapter = settings.settlement == Settlement::AwsAdapter;
        let messages = by_adapter.then(|| Arc::clone(&ports.messages));
        Self { by_name, messages, retry_base: settings.retry_base }
    }

    /// Calls the function for each message; which of them are to come again.
    ///
    /// Of a FIFO queue one message is handled after the other, and after the first that failed none: what comes after it
    /// must not overtake it.
    pub(super) async fn consume(&self, event: SqsEvent, host: &HostContext) -> Result<SqsBatchResponse, EventError> {
        let mut response = SqsBatchResponse::default();
        let mut found = Vec::with_capacity(event.records.len());
        for record in event.records {
            let arn = record.event_source_arn.as_deref().unwrap_or_default();
            let name = arn.rsplit(':').next().unwrap_or_default();
            let (name, in_order) = name.strip_suffix(".fifo").map_or((name, false), |name| (name, true));
            let queue = self.by_name.get(name);
            let queue = queue.ok_or_else(|| EventError::NoFunction { source_name: format!("the queue {arn:?}") })?;
            found.push((Arc::clone(queue), record, in_order));
        }
        let in_order = found.iter().any(|(_, _, in_order)| *in_order);
        let most = found.first().map_or(1, |(queue, ..)| queue.function.limits().concurrency);
        let most = if in_order { 1 } else { usize::try_from(most).unwrap_or(usize::MAX).max(1) };
        let stopped = AtomicBool::new(false);
        let handled = futures_util::stream::iter(found).map(|(queue, record, in_order)| {
            let stopped = &stopped;
            async move {
                let done = !stopped.load(Ordering::Relaxed) && self.handle(&queue, &record, host).await;
                stopped.fetch_or(in_order && !done, Ordering::Relaxed);
                (record.message_id.unwrap_or_default(), done)
            }
        });
        let ended: Vec<(String, bool)> = handled.buffered(most).collect().await;
        for (id, _) in ended.into_iter().filter(|(_, done)| !done) {
            // The host would take an empty identifier for a broken answer, with no word on why the batch came again.
            if id.is_empty() {
                return Err(EventError::NamelessMessage);
            }
            response.add_failure(id);
        }
        Ok(response)
    }

    /// Whether a message is done with.
    async fn handle(&self, queue: &Queue, record: &SqsMessage, host: &HostContext) -> bool {
        if host.deadline.left().is_some_and(|left| left.is_zero()) {
            tracing::warn!(function = queue.function.name(), "not begun: the invocation's time is over");
            return false;
        }
        let count = record.attributes.get("ApproximateReceiveCount");
        let attempt = count.and_then(|count| count.parse().ok()).unwrap_or(1);
        let (handle, body) = (record.receipt_handle.as_deref(), record.body.as_deref());
        let (handle, body) = (handle.unwrap_or_default(), body.unwrap_or_default());
        // The AWS adapter's receipts hold the body too, which it writes to the dead letters.
        let receipt = Receipt::new(format!("{handle}\n{body}"));
        let (outcome, span) = match Message::from_cloud_event(body) {
            Ok(message) => {
                let delivery = Delivery { message, receipt: receipt.clone(), attempt, dead_letter_reason: None };
                queue.function.judged(delivery, self.retry_base, host.clone()).await
            }
            Err(error) => {
                let message = record.message_id.as_deref().unwrap_or_default();
                tracing::error!(function = queue.function.name(), message, %error, "given up: a dead letter");
                (Outcome::DeadLetter { reason: format!("invalid_event: {}", error.message()) }, Span::current())
            }
        };
        self.settle(&queue.subscription, &receipt, &outcome).instrument(span).await
    }

    /// Whether the host may delete the message.
    async fn settle(&self, subscription: &Subscription, receipt: &Receipt, outcome: &Outcome) -> bool {
        let (gone, settled) = match (&self.messages, outcome) {
            (_, Outcome::Ack) => return true,
            (None, _) => return false,
            (Some(messages), Outcome::Retry { after }) => (false, messages.nack(subscription, receipt, *after).await),
            // What is given up among the dead letters stays there.
            (Some(_), Outcome::DeadLetter { .. }) if subscription.is_dead_letters() => return false,
            (Some(messages), Outcome::DeadLetter { reason }) => {
                (true, messages.dead_letter(subscription, receipt, reason).await)
            }
        };
        match settled {
            Ok(()) => gone,
            Err(error) => {
                tracing::warn!(%error, "the message could not be settled: it comes again when its visibility timeout is over");
                false
            }
        }
    }
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}
