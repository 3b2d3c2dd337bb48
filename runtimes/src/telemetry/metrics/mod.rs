//! What is counted and measured of calls. Each of these functions is next to nothing unless metrics are on.
//!
//! | metric | unit | |
//! |---|---|---|
//! | `faas.invocations` | count | calls of a function |
//! | `faas.invoke_duration` | seconds | how long they took |
//! | `faas.errors`, `faas.timeouts` | count | those that failed, panicked or ran into their deadline; the last alone |
//! | `faas.coldstarts` | count | those that were the first of their process |
//! | `anyport.panics`, `anyport.shed` | count | panics that were caught; calls refused because too many were running |
//! | `anyport.idempotency` | count | what came of idempotency keys, by outcome |
//! | `http.server.request.duration` | seconds | requests, those that no function took included (to a collector alone) |
//!
//! A collector is given them by `anyport.function`, `faas.trigger` and `anyport.outcome`; CloudWatch by `service` and
//! `function`, outcomes of idempotency as metrics of their own, `anyport.idempotency.replayed`.

#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub(super) mod emf;

use std::sync::OnceLock;
use std::time::Duration;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It did what it was asked.
    Succeeded,
    /// It was the caller's fault, such as an answer 4xx, or a message that no attempt will ever be good for.
    Rejected,
    /// It failed, and may be tried again.
    Failed,
    /// It ran into its deadline.
    TimedOut,
    /// It panicked.
    Panicked,
}

impl Outcome {
    /// Its name, as metrics have it: `succeeded`, `rejected`, `failed`, `timed_out`, `panicked`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Panicked => "panicked",
        }
    }

    /// Whether the function, and not its caller, is to blame.
    pub fn is_error(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Panicked)
    }
}

/// A call that ended.
#[derive(Clone, Copy, Debug)]
pub struct CallEnd<'a> {
    /// The function.
    pub function: &'a str,
    /// What called it: `http`, `subscription`, `schedule`, `blob_created`, `document_changed`.
    pub trigger: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub duration: Duration,
    /// Whether it was the first of its process.
    pub cold_start: bool,
}

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct RequestEnd<'a> {
    /// The method.
    pub method: &'a str,
    /// The route with its parameters' names in braces, if one was found.
    pub route: Option<&'a str>,
    /// The status of the answer.
    pub status: u16,
    /// From its head's arrival to the answer's head.
    pub duration: Duration,
}

/// Makes metrics of what happens. It never waits for anything.
pub(super) trait Recorder: Send + Sync {
    fn call_ended(&self, call: &CallEnd<'_>);
    fn request_ended(&self, request: &RequestEnd<'_>);
    fn panicked(&self, function: &str);
    fn shed(&self, function: &str);
    fn idempotency(&self, function: &str, outcome: &'static str);
}

static RECORDERS: OnceLock<Vec<Box<dyn Recorder>>> = OnceLock::new();

/// From now on, these; once in a process.
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub(super) fn install(recorders: Vec<Box<dyn Recorder>>) {
    // Logging is set up before, which refuses a second time.
    RECORDERS.set(recorders).ok();
}

fn recorders() -> impl Iterator<Item = &'static dyn Recorder> {
    RECORDERS.get().into_iter().flatten().map(AsRef::as_ref)
}

/// Counts and measures a call that ended.
pub fn call_ended(call: &CallEnd<'_>) {
    recorders().for_each(|recorder| recorder.call_ended(call));
}

/// Measures a request that was answered.
pub fn request_ended(request: &RequestEnd<'_>) {
    recorders().for_each(|recorder| recorder.request_ended(request));
}

/// Counts a panic that a function's boundary caught.
pub fn panicked(function: &str) {
    recorders().for_each(|recorder| recorder.panicked(function));
}

/// Counts a call that was refused because too many were running.
pub fn shed(function: &str) {
    recorders().for_each(|recorder| recorder.shed(function));
}

/// Counts what came of a call's idempotency key: `fresh`, `replayed`, `conflict` and the like.
pub fn idempotency(function: &str, outcome: &'static str) {
    recorders().for_each(|recorder| recorder.idempotency(function, outcome));
}
