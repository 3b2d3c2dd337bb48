//! How many calls at once, and how much each may bring.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Semaphore;
use tower::{Layer, Service};

use super::call::Admitted;
use super::{Around, Call, InOrder, Inner, Kind};
use crate::function::{BoxFuture, Limits};
use crate::workload::{BodyKind, PreparedFunction};

/// The bounds of a function, and what it takes.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(super) function: Arc<str>,
    pub(super) limits: Limits,
    pub(super) body: BodyKind,
    /// How long a body may take to arrive.
    pub(super) body_timeout: Duration,
    /// How many more calls may run at once.
    pub(super) permits: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
pub(super) struct LimitsLayer(Arc<Bounds>);

impl LimitsLayer {
    pub(super) fn new(function: &PreparedFunction, around: &Around) -> Self {
        let limits = function.limits;
        let permits = usize::try_from(limits.concurrency).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Bounds {
            function: Arc::clone(&function.name),
            limits,
            body: function.body,
            body_timeout: around.body_timeout,
            permits: Arc::new(Semaphore::new(permits)),
        }))
    }
}

/// Lets in as many calls as the function's limits allow, and reads what they bring only then: what is shed costs no memory.
#[derive(Clone)]
pub(super) struct WithinLimits<S> {
    inner: S,
    bounds: Arc<Bounds>,
}

impl<S> Layer<S> for LimitsLayer {
    type Service = WithinLimits<S>;

    fn layer(&self, inner: S) -> WithinLimits<S> {
        WithinLimits { inner, bounds: Arc::clone(&self.0) }
    }
}

impl<K: Kind, S: Inner<Admitted<K>, K>> Service<Call<K>> for WithinLimits<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call<K>) -> Self::Future {
        let (mut inner, bounds) = (self.inner.clone(), Arc::clone(&self.bounds));
        Box::pin(async move {
            let Call { arrival, mut state } = call;
            let deadline = state.deadline;
            let (arrival, permit) = K::admit(arrival, &bounds).await?;
            let permit = Arc::new(permit);
            state.permit = Some(Arc::clone(&permit));
            let invocation = K::read(arrival, &bounds).await?;
            let answer = inner.call(Admitted { invocation, state }).await?;
            Ok(K::hold(answer, deadline, permit))
        })
    }
}

impl<S: InOrder> InOrder for WithinLimits<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["limits"], self.inner.order()].concat()
    }
}
