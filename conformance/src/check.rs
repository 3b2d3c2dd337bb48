//! A check: the executable form of one clause.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::resources::Resources;
use anyport_ports::{Clock, Error, ErrorKind};

use crate::faults::{Faultable, Faults};
use crate::subject::{Namespace, Subject, TestClock};

/// How a check ends when the adapter breaks the clause: what was seen, and what led to it.
#[derive(Clone, Debug)]
pub struct Violation {
    /// What was expected and what was seen.
    pub message: String,
    /// The steps that led to it, oldest first.
    pub trace: Vec<String>,
}

impl Violation {
    /// A violation with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), trace: Vec::new() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.trace.iter().try_for_each(|step| write!(f, "\n    {step}"))
    }
}

/// An error that the clause does not allow is a violation of it.
impl From<Error> for Violation {
    fn from(error: Error) -> Self {
        Self::new(format!("unexpected error: {error:?}"))
    }
}

/// The result of a check.
pub type Verdict = Result<(), Violation>;

/// The future of a running check.
pub type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One clause of a port's contract, executable against any adapter of the port.
pub struct Check<H: Faultable> {
    /// The clause it pins: `DOC-CAS-2`.
    pub clause: &'static str,
    /// What it shows, as a sentence in `snake_case`.
    pub name: &'static str,
    /// What must exist before it begins.
    pub resources: fn() -> Resources,
    /// The check itself.
    pub run: fn(Context<H>) -> Running<Verdict>,
}

/// Declares the checks of a module: `checks![resources; "DOC-GET-1" => written_documents_come_back, ...]`.
macro_rules! checks {
    ($resources:expr; $($clause:literal => $function:path),+ $(,)?) => {
        vec![$($crate::check::Check {
            clause: $clause,
            name: stringify!($function),
            resources: $resources,
            run: |context| Box::pin($function(context)),
        }),+]
    };
}

/// Fails the check unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::check::Violation::new(format!($($message)+)));
        }
    };
}

/// Fails the check unless both sides are equal; shows both.
macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $($message:tt)+) => {
        match (&$found, &$expected) {
            (found, expected) => if found != expected {
                return Err($crate::check::Violation::new(
                    format!("{}: expected {expected:?}, found {found:?}", format_args!($($message)+))
                ));
            }
        }
    };
}

pub(crate) use {checks, ensure, ensure_eq};

/// What a check works with: a namespace of its own, the time there, a seed, and a trace for the report.
pub struct Context<H: Faultable> {
    namespace: Arc<dyn Namespace<H>>,
    seed: u64,
    trace: Arc<Mutex<Vec<String>>>,
}

impl<H: Faultable> Clone for Context<H> {
    fn clone(&self) -> Self {
        Self { namespace: Arc::clone(&self.namespace), seed: self.seed, trace: Arc::clone(&self.trace) }
    }
}

impl<H: Faultable> Context<H> {
    /// A context in a fresh namespace of the subject.
    pub async fn fresh(subject: &dyn Subject<H>, resources: &Resources, seed: u64) -> Result<Self, Error> {
        let namespace = subject.fresh(resources).await?;
        Ok(Self { namespace, seed, trace: Arc::default() })
    }

    /// Another handle on the check's namespace.
    pub async fn connect(&self) -> Result<H, Error> {
        self.namespace.connect().await
    }

    /// Another handle, with these faults between adapter and store.
    pub async fn connect_through(&self, faults: &Faults) -> Result<H, Error> {
        self.namespace.connect_through(faults).await
    }

    /// The time that the adapter goes by.
    pub fn clock(&self) -> Arc<dyn TestClock> {
        self.namespace.clock()
    }

    /// Lets time pass.
    pub async fn pass(&self, duration: Duration) {
        self.clock().pass(duration).await;
    }

    /// The seed of whatever the check does at random; printed with a failure.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Notes a step for the report of a failure.
    pub fn note(&self, step: impl Into<String>) {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).push(step.into());
    }

    /// The steps noted so far.
    pub fn trace(&self) -> Vec<String> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Polls until the probe gives a value or this much of the adapter's time is over; `None` in the second case. What is
    /// not settled at once is looked at again every 50 ms, or a fiftieth of the time if that is less often.
    pub async fn eventually<T, F>(&self, within: Duration, mut probe: impl FnMut() -> F) -> Result<Option<T>, Violation>
    where
        F: Future<Output = Result<Option<T>, Violation>>,
    {
        let clock = self.clock();
        let deadline = clock.now().plus(within);
        let step = (within / 50).max(Duration::from_millis(50));
        loop {
            if let Some(value) = probe().await? {
                return Ok(Some(value));
            }
            if clock.now() >= deadline {
                return Ok(None);
            }
            clock.pass(step).await;
        }
    }
}

/// Fails unless the result is an error of this kind.
pub fn expect_error<T: fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, what: &str) -> Verdict {
    expect_error_of(result, &[kind], what)
}

/// Fails unless the result is an error of one of these kinds.
pub fn expect_error_of<T: fmt::Debug>(result: Result<T, Error>, kinds: &[ErrorKind], what: &str) -> Verdict {
    match result {
        Err(error) if kinds.contains(&error.kind()) => Ok(()),
        Err(error) => Err(Violation::new(format!("{what}: expected {kinds:?}, found {error:?}"))),
        Ok(value) => Err(Violation::new(format!("{what}: expected {kinds:?}, but it succeeded with {value:?}"))),
    }
}
