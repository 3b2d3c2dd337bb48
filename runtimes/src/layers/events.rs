//! Events, as the layers see them.

use std::marker::PhantomData;
use std::sync::Arc;

use anyport_ports::handles::Ports;
use anyport_ports::idempotency::{KeptHeaders, StoredResponse};
use anyport_ports::{CallContext, ErrorKind};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

use super::boundary::TIMEOUT;
use super::call::Permit;
use super::deadline::Deadline;
use super::idempotency::Identity;
use super::limits::Bounds;
use super::{Kind, State};
use crate::auth::Authenticate;
use crate::fault::Fault;
use crate::function::Idempotent;
use crate::function::kind::EventInput;
use crate::problem::status_of;
use crate::telemetry::metrics::Outcome;

/// A failure, as it is kept.
#[derive(Serialize, Deserialize)]
struct Failure {
    kind: ErrorKind,
    message: String,
}

/// Calls by events that bring an `I`.
#[derive(Debug)]
pub(crate) struct Events<I>(PhantomData<fn() -> I>);

impl<I: EventInput> Kind for Events<I> {
    const TRIGGER: &'static str = I::TRIGGER;

    type Arrival = I;
    type Invocation = I;
    type Answer = ();
    type Rejection = Fault;

    fn outcome(fault: &Fault) -> Outcome {
        match fault.code {
            TIMEOUT => Outcome::TimedOut,
            _ if fault.is_permanent() => Outcome::Rejected,
            _ => Outcome::Failed,
        }
    }

    fn subject(arrival: &I) -> Option<String> {
        Some(arrival.subject())
    }

    fn attempt(arrival: &I) -> Option<u32> {
        arrival.attempt()
    }

    async fn carried(arrival: &I, ports: &Ports) -> CallContext {
        arrival.carried(ports).await
    }

    /// The host has the event in its hands already, for as long as its lease runs: it waits for room until the deadline.
    async fn admit(arrival: I, bounds: &Bounds) -> Result<(I, OwnedSemaphorePermit), Fault> {
        match Arc::clone(&bounds.permits).acquire_owned().await {
            Ok(permit) => Ok((arrival, permit)),
            Err(_closed) => Err(Fault::new(ErrorKind::Unavailable, "stopping", "no more calls are taken")),
        }
    }

    async fn read(arrival: I, _bounds: &Bounds) -> Result<I, Fault> {
        Ok(arrival)
    }

    /// Who may send events, the host and its permissions decide.
    async fn authenticate(
        _invocation: &mut I,
        _state: &State,
        _authenticator: &dyn Authenticate,
        _required: bool,
    ) -> Result<(), Fault> {
        Ok(())
    }

    fn hold((): (), _deadline: Deadline, _permit: Permit) {}

    fn identity(invocation: &I, _settings: &Idempotent) -> Result<Option<Identity>, Fault> {
        Ok(invocation.idempotency_key().map(|(key, fingerprint)| Identity::of_event(key, fingerprint)))
    }

    fn stored((): (), _kept: &KeptHeaders) -> ((), StoredResponse) {
        ((), StoredResponse::done())
    }

    fn failure(fault: &Fault, _kept: &KeptHeaders) -> StoredResponse {
        let failure = Failure { kind: fault.kind, message: fault.to_string() };
        let body = serde_json::to_vec(&failure).unwrap_or_default();
        StoredResponse::new(status_of(fault.kind).as_u16(), body)
    }

    fn replayed(stored: StoredResponse) -> Result<(), Fault> {
        if stored.status < 400 {
            return Ok(());
        }
        let kept = stored.bytes().and_then(|body| serde_json::from_slice::<Failure>(body).ok());
        let Failure { kind, message } = kept.unwrap_or_else(|| Failure {
            kind: ErrorKind::Internal,
            message: "it failed before, and how is not kept".to_owned(),
        });
        Err(Fault::new(kind, "failed_before", message))
    }
}
