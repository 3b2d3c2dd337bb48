//! Doing the work once.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyport_ports::ErrorKind;
use anyport_ports::idempotency::{
    Claim, Claimed, Completion, Failed, IdempotencyExt as _, Lease, Owner, Release, Renewal, Replay, Retention,
    StoredBody, StoredResponse,
};
use futures_util::FutureExt as _;

use super::{Conflict, Identity, Plan};
use crate::layers::call::Validated;
use crate::layers::{Deadline, Inner, Interruption, Kind};
use crate::telemetry::metrics;

/// Of each lease so much passes before it is renewed: two renewals may fail.
const RENEWALS: u32 = 3;

/// The first pause before a write is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long the record of work that ran out of time may take to be released.
const RELEASE_PATIENCE: Duration = Duration::from_secs(2);

/// Claims the work, runs it, and keeps its answer; or gives the answer that is kept.
pub(super) async fn once<K: Kind, S: Inner<Validated<K>, K>>(
    plan: Plan,
    identity: Identity,
    mut inner: S,
    call: Validated<K>,
) -> Result<K::Answer, K::Rejection> {
    // Whoever asked may be gone: the work counts among those running until it is done.
    let (deadline, _running) = (call.state.deadline, call.state.permit.clone());
    let (lease, beats) = lease(&plan, &call.state.host, deadline)?;
    let retention = Retention::new(plan.settings.ttl).map_err(|_| Conflict::Unavailable)?;
    let claim = Claim::new(identity.scope(&plan), identity.key, identity.fingerprint, lease, retention);
    let claim = claim.correlated(call.state.context.correlation_id());
    let owner = match plan.store.claim(&claim).await {
        Ok(Claimed::Acquired(owner)) => owner,
        Ok(Claimed::Replay(replay)) => return replayed::<K>(&plan, replay),
        Ok(Claimed::InProgress { retry_after }) => {
            metrics::idempotency(&plan.function, "in_flight");
            return Err(Conflict::InFlight(retry_after).into());
        }
        Ok(Claimed::Mismatch) => {
            metrics::idempotency(&plan.function, "mismatch");
            return Err(Conflict::Mismatch.into());
        }
        Err(error) if plan.settings.fails_open && is_transient(error.kind()) => {
            tracing::warn!(%error, "the work goes on without being recorded: it may be done twice");
            metrics::idempotency(&plan.function, "open");
            return inner.call(call).await;
        }
        Err(error) => {
            tracing::error!(%error, "it cannot be told whether this was done before");
            metrics::idempotency(&plan.function, "unavailable");
            return Err(Conflict::Unavailable.into());
        }
    };
    let attempt = owner.attempt();
    metrics::idempotency(&plan.function, if attempt > 1 { "taken_over" } else { "fresh" });
    if attempt > 1 {
        tracing::warn!(attempt, "who began this fell silent: it is done again");
    }

    let within = deadline.left().unwrap_or_default();
    let handler = AssertUnwindSafe(async move { inner.call(call).await }).catch_unwind();
    let bounded = tokio::time::timeout(within, handler);
    let ended = if beats {
        tokio::select! {
            ended = bounded => ended,
            never = keep_leased(&plan, &owner) => match never {},
        }
    } else {
        bounded.await
    };
    match ended {
        Ok(Ok(Ok(answer))) => completed::<K>(&plan, &owner, answer, deadline).await,
        Ok(Ok(Err(rejection))) => {
            failed(&plan, &owner, &K::failure(&rejection, &plan.settings.kept), deadline).await;
            Err(rejection)
        }
        Ok(Err(panic)) => {
            let rejection: K::Rejection = Interruption::Panicked.into();
            failed(&plan, &owner, &K::failure(&rejection, &plan.settings.kept), deadline).await;
            std::panic::resume_unwind(panic)
        }
        Err(_elapsed) => {
            let rejection: K::Rejection = Interruption::TimedOut(within).into();
            let failure = K::failure(&rejection, &plan.settings.kept);
            failed(&plan, &owner, &failure, Deadline::after(RELEASE_PATIENCE)).await;
            Err(rejection)
        }
    }
}

/// How long the owner may be silent, and whether it shows signs of life.
///
/// A host that has a deadline ends the work by then, and so the lease ends with it. Elsewhere the lease is renewed. It is never
/// longer than the host's own hold on what it called with, lest the next delivery finds it in flight for nothing.
fn lease(plan: &Plan, host: &crate::HostContext, deadline: Deadline) -> Result<(Lease, bool), Interruption> {
    let left = deadline.left().unwrap_or(plan.settings.lease);
    let killed = host.deadline.left().is_some();
    let length = if killed { left } else { plan.settings.lease };
    let length = host.lease.map_or(length, |held| length.min(held));
    let lease = Lease::new(length).map_err(|_| Interruption::TimedOut(left))?;
    Ok((lease, !killed))
}

/// Renews the lease for as long as the work goes on.
async fn keep_leased(plan: &Plan, owner: &Owner) -> Infallible {
    loop {
        tokio::time::sleep(owner.lease().duration() / RENEWALS).await;
        match plan.store.renew(owner).await {
            Ok(Renewal::Renewed(_)) => {}
            Ok(Renewal::Fenced) => {
                tracing::error!("another took this over while it was running: what it answers is not kept");
                return std::future::pending().await;
            }
            Err(error) => tracing::warn!(%error, "the lease could not be renewed"),
        }
    }
}

fn replayed<K: Kind>(plan: &Plan, replay: Replay) -> Result<K::Answer, K::Rejection> {
    metrics::idempotency(&plan.function, "replayed");
    tracing::info!(first_correlation_id = replay.first_correlation_id, "done before: its answer is given again");
    match replay.response.body {
        StoredBody::Lost { .. } => Err(Conflict::AnswerLost.into()),
        StoredBody::Kept(_) => K::replayed(replay.response),
    }
}

async fn completed<K: Kind>(
    plan: &Plan,
    owner: &Owner,
    answer: K::Answer,
    deadline: Deadline,
) -> Result<K::Answer, K::Rejection> {
    let (answer, stored) = K::stored(answer, &plan.settings.kept);
    match persistently(deadline, || plan.store.complete(owner, &stored)).await {
        Ok(Completion::Completed) => Ok(answer),
        Ok(Completion::Fenced(winner)) => {
            metrics::idempotency(&plan.function, "fenced");
            tracing::error!("another took this over while it was running: it was done more than once");
            match winner {
                Some(winner) if winner.bytes().is_some() => K::replayed(winner),
                Some(_) => Err(Conflict::AnswerLost.into()),
                None => Err(Conflict::InFlight(owner.lease().duration()).into()),
            }
        }
        Err(error) => {
            metrics::idempotency(&plan.function, "not_recorded");
            tracing::error!(%error, "this was done, but that could not be recorded: it may be done again");
            Err(Conflict::NotRecorded.into())
        }
    }
}

/// Keeps the failure or gives the work up, as the function chose. If neither succeeds the lease lapses.
async fn failed(plan: &Plan, owner: &Owner, failure: &StoredResponse, deadline: Deadline) {
    let on_error = plan.settings.on_error;
    match persistently(deadline, || plan.store.fail(owner, failure, on_error)).await {
        Ok(Failed::Kept(Completion::Completed) | Failed::Released(Release::Released)) => {}
        Ok(Failed::Kept(Completion::Fenced(_)) | Failed::Released(Release::Fenced)) => {
            metrics::idempotency(&plan.function, "fenced");
            tracing::warn!("another took this over while it was running");
        }
        Err(error) => tracing::warn!(%error, "the claim could not be released: it lapses with its lease"),
    }
}

fn is_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Throttled | ErrorKind::Indeterminate)
}

/// Tries at least once, and until the deadline while the store fails.
async fn persistently<T, W>(deadline: Deadline, write: impl Fn() -> W) -> anyport_ports::Result<T>
where
    W: Future<Output = anyport_ports::Result<T>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match write().await {
            Err(error) if is_transient(error.kind()) && deadline.left().is_none_or(|left| left > pause) => {
                tracing::warn!(%error, "how the work ended could not be recorded yet");
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(Duration::from_secs(2));
            }
            ended => return ended,
        }
    }
}
