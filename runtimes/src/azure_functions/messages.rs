//! Messages: of Storage Queue, of Service Bus, and events of Event Grid.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::handles::Ports;
use anyport_ports::messages::{Delivery, Message, Messages, Outcome, Receipt, Subscription};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tracing::{Instrument as _, Span};

use super::payload::Payload;
use super::{AzureFunctionsSettings, InvocationError, Settlement, event};
use crate::events::EventFunction;
use crate::layers::HostContext;

const EXPECTED: &str = "a message";

/// The inputs that `function.json` calls the message.
pub(super) const NAMES: [&str; 2] = ["message", "event"];

/// The function of a subscription.
pub(super) struct Consumer {
    subscription: Subscription,
    max_attempts: u32,
    function: EventFunction<Delivery>,
    /// Those of the adapter, where it settles.
    messages: Option<Arc<dyn Messages>>,
    retry_base: Duration,
}

impl Consumer {
    pub(super) fn new(
        (subscription, max_attempts): (Subscription, u32),
        function: EventFunction<Delivery>,
        ports: &Ports,
        settings: &AzureFunctionsSettings,
    ) -> Self {
        let by_adapter = settings.settlement == Settlement::AzureAdapter;
        let messages = by_adapter.then(|| Arc::clone(&ports.messages));
        Self { subscription, max_attempts, function, messages, retry_base: settings.retry_base }
    }

    /// Calls the function for a message. After a success the host deletes it; after a failure it reappears, and is moved to
    /// the poison queue after so many attempts.
    pub(super) async fn consume(&self, payload: &Payload, host: HostContext) -> Result<(), InvocationError> {
        let attempt = attempt(payload);
        let bytes = payload.bytes();
        let receipt = receipt(payload, &bytes);
        let (outcome, error, span) = match event::message(&bytes) {
            Ok(message) => self.call(message, receipt.as_ref(), attempt, host).await,
            Err(problem) => {
                let error = InvocationError::malformed(EXPECTED, &problem);
                tracing::error!(function = self.function.name(), %error, "it never will be: a dead letter");
                (Outcome::DeadLetter { reason: format!("invalid_event: {problem}") }, error, Span::current())
            }
        };
        if outcome == Outcome::Ack {
            return Ok(());
        }
        let settled = self.settle(receipt, attempt, outcome).instrument(span).await;
        if settled { Ok(()) } else { Err(error) }
    }

    async fn call(
        &self,
        message: Message,
        receipt: Option<&Receipt>,
        attempt: u32,
        host: HostContext,
    ) -> (Outcome, InvocationError, Span) {
        let receipt = receipt.cloned().unwrap_or_else(|| Receipt::new(""));
        let delivery = Delivery { message, receipt, attempt, dead_letter_reason: None };
        let (outcome, span) = self.function.judged(delivery, self.retry_base, host).await;
        let why = match &outcome {
            Outcome::DeadLetter { reason } => reason.clone(),
            _ => "it failed, and is to be delivered again".to_owned(),
        };
        let error = InvocationError::Returned { function: self.function.name().to_owned(), why };
        (outcome, error, span)
    }

    /// Whether the adapter has settled the message, so that the host is told of a success: what it then deletes is gone, or
    /// has another receipt by now, which it passes over.
    async fn settle(&self, receipt: Option<Receipt>, attempt: u32, outcome: Outcome) -> bool {
        let (Some(messages), Some(receipt)) = (&self.messages, receipt) else { return false };
        let settled = match outcome {
            Outcome::Retry { after } if attempt < self.max_attempts => {
                messages.nack(&self.subscription, &receipt, after).await
            }
            Outcome::DeadLetter { reason } => messages.dead_letter(&self.subscription, &receipt, &reason).await,
            _ => {
                let reason = format!("it failed {attempt} times");
                messages.dead_letter(&self.subscription, &receipt, &reason).await
            }
        };
        if let Err(error) = &settled {
            tracing::warn!(%error, "the message could not be settled: the host lets it reappear");
        }
        settled.is_ok()
    }
}

/// Which attempt it is, from 1, as a queue or Service Bus counts them; 1 where the payload may have written that itself.
fn attempt(payload: &Payload) -> u32 {
    let counted = |key| payload.metadata(key).ok().flatten()?.parse().ok();
    counted("DequeueCount").or_else(|| counted("DeliveryCount")).filter(|attempt| *attempt > 0).unwrap_or(1)
}

/// The Azure adapter's receipt of a message of Storage Queue: its id, its pop receipt, and its text as it is in the queue, which
/// is written to the dead letters. None where the payload may have written any of it.
fn receipt(payload: &Payload, bytes: &[u8]) -> Option<Receipt> {
    let of = |key| payload.metadata(key).ok().flatten().filter(|value: &String| !value.is_empty());
    let (id, pop) = (of("Id")?, of("PopReceipt")?);
    Some(Receipt::new(format!("{id}\n{pop}\n{}", BASE64.encode(bytes))))
}
