//! The kinds of call, as the layers tell them apart: requests, and events of any sort.

use std::future::Future;

use anyport_ports::CallContext;
use anyport_ports::handles::Ports;
use anyport_ports::idempotency::{KeptHeaders, StoredResponse};
use tokio::sync::OwnedSemaphorePermit;

use super::call::Permit;
use super::deadline::Deadline;
use super::idempotency::{Conflict, Identity};
use super::limits::Bounds;
use super::{Interruption, State};
use crate::auth::Authenticate;
use crate::function::Idempotent;
use crate::telemetry::metrics::Outcome;

/// A function's decoders: the handler's future, not yet begun, or why the parameters are not right.
pub(crate) type Decode<K> = crate::function::Decoder<
    <K as Kind>::Invocation,
    Result<<K as Kind>::Answer, <K as Kind>::Rejection>,
    <K as Kind>::Rejection,
>;

/// A kind of call.
pub(crate) trait Kind: Send + Sync + 'static {
    /// What it is called in logs and metrics.
    const TRIGGER: &'static str;

    /// What the host has when it makes the call.
    type Arrival: Send + 'static;
    /// What the function's decoders take.
    type Invocation: Send + 'static;
    /// What a call that succeeded is answered.
    type Answer: Send + 'static;
    /// What a call that failed is answered.
    type Rejection: From<Interruption> + From<Conflict> + Send + 'static;

    /// How a call that was not answered well ended, for metrics.
    fn outcome(rejection: &Self::Rejection) -> Outcome;

    /// What the call is for, for logs: a message, a slot, a blob.
    fn subject(arrival: &Self::Arrival) -> Option<String>;

    /// Which attempt it is, if what arrived tells.
    fn attempt(arrival: &Self::Arrival) -> Option<u32>;

    /// Correlation and trace as what arrived carries them.
    fn carried(arrival: &Self::Arrival, ports: &Ports) -> impl Future<Output = CallContext> + Send;

    /// Finds room for the call, or sheds it.
    fn admit(
        arrival: Self::Arrival,
        bounds: &Bounds,
    ) -> impl Future<Output = Result<(Self::Arrival, OwnedSemaphorePermit), Self::Rejection>> + Send;

    /// Reads what the call brings.
    fn read(
        arrival: Self::Arrival,
        bounds: &Bounds,
    ) -> impl Future<Output = Result<Self::Invocation, Self::Rejection>> + Send;

    /// Finds out who calls. `required`: a call without a caller is refused.
    fn authenticate(
        invocation: &mut Self::Invocation,
        state: &State,
        authenticator: &dyn Authenticate,
        required: bool,
    ) -> impl Future<Output = Result<(), Self::Rejection>> + Send;

    /// Keeps the permit for as long as the answer is being sent.
    fn hold(answer: Self::Answer, deadline: Deadline, permit: Permit) -> Self::Answer;

    /// What makes the call the same as another; `None` if nothing does and nothing has to.
    fn identity(invocation: &Self::Invocation, settings: &Idempotent) -> Result<Option<Identity>, Self::Rejection>;

    /// The answer, and how it is kept.
    fn stored(answer: Self::Answer, kept: &KeptHeaders) -> (Self::Answer, StoredResponse);

    /// How a failure is kept.
    fn failure(rejection: &Self::Rejection, kept: &KeptHeaders) -> StoredResponse;

    /// The answer or the failure that was kept with its body.
    fn replayed(stored: StoredResponse) -> Result<Self::Answer, Self::Rejection>;
}
