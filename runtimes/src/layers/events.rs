//! Events, as the layers see them.

use std::marker::PhantomData;
use std::sync::Arc;

use anyport_ports::handles::Ports;
use anyport_ports::{CallContext, ErrorKind};
use tokio::sync::OwnedSemaphorePermit;

use super::boundary::TIMEOUT;
use super::deadline::Deadline;
use super::limits::Bounds;
use super::{Kind, State};
use crate::auth::Authenticate;
use crate::fault::Fault;
use crate::function::kind::EventInput;
use crate::telemetry::metrics::Outcome;

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

    fn hold((): (), _deadline: Deadline, _permit: OwnedSemaphorePermit) {}
}
