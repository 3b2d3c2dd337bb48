//! What was done is answered again, and not done again.

mod conflict;
mod identity;
mod work;

use std::sync::Arc;
use std::task::{Context, Poll};

use anyport_ports::idempotency::Idempotency;
use tower::{Layer, Service};
use tracing::Instrument as _;

pub(super) use conflict::Conflict;
pub(super) use identity::Identity;

use super::call::Validated;
use super::{Around, InOrder, Inner, Kind};
use crate::function::{BoxFuture, Idempotent};
use crate::workload::PreparedFunction;

/// What stands around the work of one function.
#[derive(Clone)]
pub(super) struct Plan {
    app: Arc<str>,
    function: Arc<str>,
    settings: Arc<Idempotent>,
    store: Arc<dyn Idempotency>,
}

#[derive(Clone)]
pub(super) struct IdempotencyLayer(Option<Plan>);

impl IdempotencyLayer {
    pub(super) fn new(function: &PreparedFunction, around: &Around) -> Self {
        Self(function.idempotent.clone().map(|settings| Plan {
            app: Arc::clone(&around.app),
            function: Arc::clone(&function.name),
            settings,
            store: Arc::clone(&around.idempotency),
        }))
    }
}

/// Claims the work under its key before it runs, and keeps its answer. It runs in a task of its own: whoever asked may be gone
/// before it is done, and asks again.
#[derive(Clone)]
pub(super) struct Idempotence<S> {
    inner: S,
    plan: Option<Plan>,
}

impl<S> Layer<S> for IdempotencyLayer {
    type Service = Idempotence<S>;

    fn layer(&self, inner: S) -> Idempotence<S> {
        Idempotence { inner, plan: self.0.clone() }
    }
}

impl<K: Kind, S: Inner<Validated<K>, K>> Service<Validated<K>> for Idempotence<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut call: Validated<K>) -> Self::Future {
        let identity = match std::mem::replace(&mut call.identity, Ok(None)) {
            Ok(identity) => identity,
            Err(rejection) => return Box::pin(std::future::ready(Err(rejection))),
        };
        let (Some(plan), Some(identity)) = (self.plan.clone(), identity) else {
            return Box::pin(self.inner.call(call));
        };
        let inner = self.inner.clone();
        Box::pin(async move {
            let work = tokio::spawn(work::once(plan, identity, inner, call).in_current_span());
            match work.await {
                Ok(answer) => answer,
                Err(failed) => match failed.try_into_panic() {
                    // On its way to the boundary, which tells of it.
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_stopping) => Err(Conflict::Stopping.into()),
                },
            }
        })
    }
}

impl<S: InOrder> InOrder for Idempotence<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["idempotency"], self.inner.order()].concat()
    }
}
