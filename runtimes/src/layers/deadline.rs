//! How long a call may take.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service};

use super::{Call, InOrder, Inner, Interruption, Kind};
use crate::function::BoxFuture;

/// When the host takes the process's time away, whatever a function's own timeout is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// None: a function's own timeout alone counts.
    pub const NONE: Self = Self(None);

    /// This long from now. Nothing left is not the same as no deadline.
    pub fn after(left: Duration) -> Self {
        Self(Instant::now().checked_add(left))
    }

    /// How long a call may take whose own timeout is this.
    pub fn within(self, timeout: Duration) -> Duration {
        self.left().map_or(timeout, |left| left.min(timeout))
    }

    /// How long is left, if there is a deadline; zero if it is past.
    pub fn left(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }

    fn instant(self) -> Option<std::time::Instant> {
        self.0.map(Instant::into_std)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct DeadlineLayer(Duration);

impl DeadlineLayer {
    pub(super) fn new(timeout: Duration) -> Self {
        Self(timeout)
    }
}

/// Drops a call that is not over by its function's timeout or the host's deadline, whichever is first. One that has no time
/// left is not begun.
#[derive(Clone)]
pub(super) struct WithDeadline<S> {
    inner: S,
    timeout: Duration,
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = WithDeadline<S>;

    fn layer(&self, inner: S) -> WithDeadline<S> {
        WithDeadline { inner, timeout: self.0 }
    }
}

impl<K: Kind, S: Inner<Call<K>, K>> Service<Call<K>> for WithDeadline<S> {
    type Response = K::Answer;
    type Error = K::Rejection;
    type Future = BoxFuture<'static, Result<K::Answer, K::Rejection>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), K::Rejection>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut call: Call<K>) -> Self::Future {
        let (mut inner, timeout) = (self.inner.clone(), self.timeout);
        Box::pin(async move {
            let within = call.state.host.deadline.within(timeout);
            call.state.deadline = Deadline::after(within);
            call.state.context = call.state.context.with_deadline(call.state.deadline.instant());
            if within.is_zero() {
                tracing::error!("not begun: the host's time is over");
                return Err(Interruption::TimedOut(within).into());
            }
            tokio::time::timeout(within, inner.call(call)).await.unwrap_or_else(|_elapsed| {
                let timeout_ms = crate::duration::millis(within);
                tracing::error!(timeout_ms, "the function ran into its timeout");
                Err(Interruption::TimedOut(within).into())
            })
        })
    }
}

impl<S: InOrder> InOrder for WithDeadline<S> {
    fn order(&self) -> Vec<&'static str> {
        [vec!["deadline"], self.inner.order()].concat()
    }
}
