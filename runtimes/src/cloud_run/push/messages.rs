//! Messages: the functions of subscriptions.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::handles::Ports;
use anyport_ports::messages::{self as port, Delivery, Message, Receipt, Subscription};
use anyport_ports::{Clock, Naming};
use bytes::Bytes;
use tracing::{Instrument as _, Span};

use super::PushError;
use super::arrival::{Arrival, Task};
use super::kept::{Kept, Lost};
use super::pub_sub::Pushed;
use super::verdict::Verdict;
use crate::cloud_events::CloudEvent;
use crate::cloud_run::{CloudRunSettings, Settlement};
use crate::events::EventFunction;
use crate::fault::Fault;
use crate::layers::{Deadline, HostContext};

/// Longest name of a subscription, as the adapter for Google Cloud gives it: of 255 bytes, room is left for more parts.
const SUBSCRIPTION_NAME: usize = 239;

/// What stands between the parts of a subscription's name.
const SEPARATOR: char = '.';

/// What the name of a subscription begins with that would begin with `goog`, which is Google's own.
const ESCAPE: &str = "x.";

// The attributes by which the adapter for Google Cloud says how a message is to be handled.
/// Milliseconds from its publish before which it must not be delivered.
const DELAY: &str = "anyport-delay";
/// The one subscription of the topic that it is for.
const ONLY: &str = "anyport-only";
/// How often it was delivered before it was published again.
const ATTEMPTS: &str = "anyport-attempts";
/// Why it is with the dead letters.
const REASON: &str = "anyport-reason";

/// The function of a subscription.
pub(super) struct Messages {
    subscription: Subscription,
    function: EventFunction<Delivery>,
    /// The name at Pub/Sub of its dead letters.
    dead_letters: String,
    /// The adapter's, where it settles.
    settles: Option<Arc<dyn port::Messages>>,
    clock: Arc<dyn Clock>,
    kept: Kept,
    retry_base: Duration,
    /// How long a request may take.
    time: Duration,
}

/// One message, however it came.
struct Came {
    /// The message as an event, or what it is instead.
    event: Result<CloudEvent, PushError>,
    /// What is kept of it.
    data: Bytes,
    /// What its sender calls it.
    id: Option<String>,
    /// Which attempt it is.
    attempt: u32,
    /// Where it came from, if that is Pub/Sub.
    pub_sub: Option<FromPubSub>,
    /// Why it was given up, if it comes from dead letters.
    reason: Option<String>,
}

#[derive(Clone, Copy)]
struct FromPubSub {
    /// Whether the subscription gives up by itself.
    has_policy: bool,
    is_dead_letter: bool,
}

impl Messages {
    pub(super) fn new(
        subscription: Subscription,
        function: EventFunction<Delivery>,
        naming: &Naming,
        ports: &Ports,
        kept: &Kept,
        settings: &CloudRunSettings,
    ) -> Self {
        let dead_letters = naming.subscription(&subscription.dead_letters(), SEPARATOR, SUBSCRIPTION_NAME);
        let by_adapter = settings.settlement == Settlement::GcpAdapter;
        let settles = by_adapter.then(|| Arc::clone(&ports.messages));
        let clock = Arc::clone(&ports.clock);
        let (kept, retry_base, time) = (kept.clone(), settings.retry_base, settings.time_of_calls());
        Self { subscription, function, dead_letters, settles, clock, kept, retry_base, time }
    }

    /// Calls the function for what came: one message, or a batch of them, which is done when all are.
    pub(super) async fn take(&self, arrival: Arrival, host: &HostContext) -> Result<Verdict, PushError> {
        let all = match arrival {
            Arrival::Message(pushed) | Arrival::Bare(pushed) => match self.of_pub_sub(pushed) {
                Ok(came) => vec![came],
                Err(verdict) => return Ok(verdict),
            },
            Arrival::Task(Task { attempt, name, body, .. }) => vec![Came {
                event: CloudEvent::from_structured(&body).map_err(PushError::from),
                data: body,
                id: Some(name).filter(|name| !name.is_empty()),
                attempt,
                pub_sub: None,
                reason: None,
            }],
            Arrival::Events(events) => events.into_iter().map(of_event).collect(),
            Arrival::Broken { error, body } => {
                vec![Came { event: Err(error), data: body, id: None, attempt: 1, pub_sub: None, reason: None }]
            }
            Arrival::Eventarc(_) | Arrival::Scheduled { .. } => {
                let (found, data) = (arrival.described(), data_of(&arrival));
                let error = PushError::NotForThis { expected: "messages", found };
                vec![Came { event: Err(error), data, id: None, attempt: 1, pub_sub: None, reason: None }]
            }
        };
        let mut host = host.clone();
        if all.len() > 1 {
            host.deadline = Deadline::after(self.time);
        }
        let mut verdict = Verdict::Done;
        for came in all {
            verdict = verdict.and(self.handle(came, &host).await);
        }
        Ok(verdict)
    }

    /// A message that is for this subscription, now; what becomes of it otherwise.
    fn of_pub_sub(&self, pushed: Pushed) -> Result<Came, Verdict> {
        let Pushed { data, id, subscription, attempt, attributes, published } = pushed;
        let name = subscription.as_deref().unwrap_or_default();
        let is_dead_letter = name.strip_prefix(ESCAPE).unwrap_or(name) == self.dead_letters;
        if attributes.get(ONLY).is_some_and(|only| only != self.subscription.name()) {
            tracing::debug!(event = id, "it is for another subscription of the topic");
            return Err(Verdict::Done);
        }
        let number = |name: &str| attributes.get(name).and_then(|number| number.parse::<u64>().ok());
        let delay = Duration::from_millis(number(DELAY).unwrap_or(0));
        let rest = published.map(|published| published.plus(delay).since(self.clock.now())).unwrap_or_default();
        if !rest.is_zero() && !delay.is_zero() {
            tracing::debug!(event = id, ?rest, "its time has not come");
            return Err(Verdict::after(rest));
        }
        let before = number(ATTEMPTS).and_then(|before| u32::try_from(before).ok()).unwrap_or(0);
        Ok(Came {
            event: CloudEvent::from_structured(&data).map_err(PushError::from),
            data,
            id,
            attempt: attempt.unwrap_or(1).saturating_add(before),
            pub_sub: Some(FromPubSub { has_policy: attempt.is_some(), is_dead_letter }),
            reason: attributes.get(REASON).cloned(),
        })
    }

    async fn handle(&self, came: Came, host: &HostContext) -> Verdict {
        let Came { event, data, id, attempt, pub_sub, reason } = came;
        let message = event
            .and_then(|event| event.to_message().map_err(|error| PushError::malformed("a message", error.message())));
        let called = match message {
            Ok(message) => self.call(message, attempt, reason, host).await,
            Err(error) => {
                // A defect of whoever publishes: it fails the same way each time.
                let fault = Fault::new(anyport_ports::ErrorKind::InvalidInput, "invalid_event", error.to_string());
                Err((fault, id, Span::current()))
            }
        };
        let Err((fault, id, span)) = called else { return Verdict::Done };
        async {
            if !fault.is_permanent() {
                tracing::warn!(error = %fault, "to be delivered again");
                return Verdict::later(&fault, attempt, self.retry_base);
            }
            self.give_up(&fault, id.as_deref(), &data, attempt, pub_sub).await
        }
        .instrument(span)
        .await
    }

    /// How the call failed, if it did, with the message's id and the span of the call.
    async fn call(
        &self,
        message: Message,
        attempt: u32,
        dead_letter_reason: Option<String>,
        host: &HostContext,
    ) -> Result<(), (Fault, Option<String>, Span)> {
        let id = message.id().to_owned();
        let receipt = Receipt::new(id.as_str());
        let delivery = Delivery { message, receipt, attempt, dead_letter_reason };
        let (result, span) = self.function.call(delivery, host.clone()).await;
        match result {
            Ok(()) => {
                span.in_scope(|| tracing::info!("done"));
                Ok(())
            }
            Err(fault) => Err((fault, Some(id), span)),
        }
    }

    /// Sees to it that a message is kept that can never be done. A status that says so would bring it again for ever.
    async fn give_up(
        &self,
        fault: &Fault,
        id: Option<&str>,
        data: &Bytes,
        attempt: u32,
        pub_sub: Option<FromPubSub>,
    ) -> Verdict {
        let FromPubSub { has_policy, is_dead_letter } =
            pub_sub.unwrap_or(FromPubSub { has_policy: false, is_dead_letter: false });
        if is_dead_letter {
            // What is given up among the dead letters stays there.
            tracing::error!(error = %fault, "given up: it stays with the dead letters");
            return Verdict::later(fault, attempt, self.retry_base);
        }
        let text = std::str::from_utf8(data).ok();
        if let (Some(messages), Some(text), Some(_)) = (&self.settles, text, pub_sub) {
            tracing::error!(error = %fault, "given up: a dead letter");
            // What is pushed has no handle that settles it: an empty line, and the message itself.
            let receipt = Receipt::new(format!("\n{text}"));
            return match messages.dead_letter(&self.subscription, &receipt, &fault.to_string()).await {
                Ok(()) => Verdict::Done,
                Err(error) => {
                    tracing::warn!(%error, "the message could not be put with the dead letters: it comes again");
                    Verdict::later(&Fault::of(&error), attempt, self.retry_base)
                }
            };
        }
        if has_policy {
            tracing::error!(error = %fault, "not to be done: left to the subscription's dead-letter policy");
            return Verdict::later(fault, attempt, self.retry_base);
        }
        let function = self.function.name();
        let (code, reason) = (fault.code, fault.message.as_str());
        self.kept.keep(Lost { function, id, attempts: attempt, code, reason, data }).await
    }
}

fn of_event(event: CloudEvent) -> Came {
    let (data, id) = (Bytes::from(event.to_structured()), event.id().to_owned());
    Came { event: Ok(event), data, id: Some(id), attempt: 1, pub_sub: None, reason: None }
}

fn data_of(arrival: &Arrival) -> Bytes {
    match arrival {
        Arrival::Eventarc(event) => Bytes::from(event.to_structured()),
        _ => Bytes::new(),
    }
}
