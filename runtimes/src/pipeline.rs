//! What stands around every call, whatever the trigger: the deadline, and the boundary that panics stop at.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyport_ports::ErrorKind;
use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::fault::Fault;
use crate::problem::Problem;

/// When the host takes the process's time away, whatever a function's own timeout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// None: a function's own timeout alone counts.
    pub const NONE: Self = Self(None);

    /// This long from now.
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
}

/// Why a call did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// It took longer than this.
    TimedOut(Duration),
    /// It panicked; the panic has been logged.
    Panicked,
}

/// Runs a call under its deadline; a panic ends the call alone.
pub(crate) async fn bounded<F: Future>(timeout: Duration, call: F) -> Result<F::Output, Interruption> {
    // What the call borrowed is dropped with it, and what it shares is behind locks of its own.
    let guarded = AssertUnwindSafe(call).catch_unwind();
    match tokio::time::timeout(timeout, guarded).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(panic)) => {
            tracing::error!(panic = message(panic.as_ref()), "the function panicked");
            Err(Interruption::Panicked)
        }
        Err(_elapsed) => {
            tracing::error!(timeout_ms = crate::duration::millis(timeout), "the function ran into its timeout");
            Err(Interruption::TimedOut(timeout))
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}

impl From<Interruption> for Fault {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::TimedOut(after) => {
                Self::new(ErrorKind::Unavailable, "timeout", format!("no answer within {after:?}"))
            }
            Interruption::Panicked => Self::new(ErrorKind::Internal, "panic", "the function panicked"),
        }
    }
}

impl From<Interruption> for Problem {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::TimedOut(after) => {
                let detail = format!("there was no answer within {after:?}; what was begun may have been done");
                Self::new(http::StatusCode::GATEWAY_TIMEOUT, "timeout", detail)
            }
            Interruption::Panicked => Self::internal(),
        }
    }
}
