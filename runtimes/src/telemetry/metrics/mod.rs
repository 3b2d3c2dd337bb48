//! What is counted and measured of calls. Each of these functions is next to nothing unless metrics are on.

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

/// Counts and measures a call that ended.
pub fn call_ended(call: &CallEnd<'_>) {
    let _ = call;
}

/// Measures a request that was answered.
pub fn request_ended(request: &RequestEnd<'_>) {
    let _ = request;
}

/// Counts a panic that a function's boundary caught.
pub fn panicked(function: &str) {
    let _ = function;
}

/// Counts a call that was refused because too many were running.
pub fn shed(function: &str) {
    let _ = function;
}

/// Counts what came of a call's idempotency key: `fresh`, `replayed`, `conflict` and the like.
pub fn idempotency(function: &str, outcome: &'static str) {
    let _ = (function, outcome);
}
