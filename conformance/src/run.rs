//! Runs the suite against adapters.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future;
use futures_util::stream::{self, StreamExt as _};

use crate::check::{Check, Context, Violation};
use crate::faults::Faultable;
use crate::fingerprint::fingerprint;
use crate::gaps::{self, Gap};
use crate::report::{AdapterReport, CheckReport, Outcome};
use crate::subject::{Adapter, Subject};
use crate::suite::Suite;

/// How to run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The seed of everything random.
    pub seed: u64,
    /// Checks that run at the same time.
    pub jobs: usize,
    /// A check that takes longer than this has failed: nothing may hang.
    pub timeout: Duration,
}

impl Options {
    /// This seed, two checks for each core, two minutes for each.
    pub fn seeded(seed: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { seed, jobs: cores * 2, timeout: Duration::from_mins(2) }
    }
}

/// Is told of each check that ended, as it ends.
pub trait Observer: Sync {
    /// A check of this adapter ended.
    fn ended(&self, adapter: &str, check: &CheckReport);
}

/// Nobody is told.
impl Observer for () {
    fn ended(&self, _adapter: &str, _check: &CheckReport) {}
}

/// Calls a macro with each port and what is built from ports, in the order of reports: its name, and the adapter's subject.
macro_rules! each_port {
    ($adapter:ident, $with:ident) => {
        $with!(documents, $adapter.documents);
        $with!(changes, $adapter.changes);
        $with!(messages, $adapter.messages);
        $with!(blobs, $adapter.blobs);
        $with!(secrets, $adapter.secrets);
        $with!(idempotency, $adapter.idempotency());
        $with!(leases, $adapter.leases());
        $with!(outbox, $adapter.outbox());
    };
}

/// Runs every check of the suite that the adapter's ports have, and takes its fingerprint.
pub async fn run(adapter: &Adapter, suite: &Suite, options: Options, observer: &dyn Observer) -> AdapterReport {
    let started = Instant::now();
    // Side by side: where time is real, both spend most of it waiting.
    let checks = run_checks(adapter, suite, options, observer);
    let ((selected, reports), fingerprint) = future::join(checks, fingerprint(adapter, options.seed)).await;
    AdapterReport::new(adapter.name.as_str(), fingerprint.ok(), selected, reports, started.elapsed().as_secs_f64())
}

/// What `run` reports if nothing goes wrong: every check of the adapter's ports has passed, but for those that a gap masks.
/// The fingerprint is taken from the adapter as there.
///
/// For those who run the checks one by one, as tests, and want the report's tables besides: which checks there are is told
/// here, and that they pass by the tests.
pub async fn at_best(adapter: &Adapter, suite: &Suite, seed: u64) -> AdapterReport {
    let mut reports = Vec::new();
    macro_rules! foretell {
        ($port:ident, $subject:expr) => {
            if $subject.is_some() {
                reports.extend(suite.$port.iter().map(|check| passing(stringify!($port), check, &adapter.gaps)));
            }
        };
    }
    each_port!(adapter, foretell);
    let fingerprint = fingerprint(adapter, seed).await;
    AdapterReport::new(adapter.name.as_str(), fingerprint.ok(), reports.len(), reports, 0.0)
}

fn passing<H: Faultable>(port: &'static str, check: &Check<H>, gaps: &[Gap]) -> CheckReport {
    CheckReport {
        clause: check.clause.to_owned(),
        name: check.name.to_owned(),
        port: port.to_owned(),
        outcome: gaps::best(gaps, check.clause),
        seconds: 0.0,
    }
}

/// How many checks were to run, and what those that ran have found.
async fn run_checks(
    adapter: &Adapter,
    suite: &Suite,
    options: Options,
    observer: &dyn Observer,
) -> (usize, Vec<CheckReport>) {
    let mut selected = 0;
    let mut reports = Vec::new();
    macro_rules! run {
        ($port:ident, $subject:expr) => {
            if let Some(subject) = &$subject {
                selected += suite.$port.len();
                reports.extend(run_port(adapter, stringify!($port), subject, &suite.$port, options, observer).await);
            }
        };
    }
    each_port!(adapter, run);
    (selected, reports)
}

async fn run_port<H: Faultable>(
    adapter: &Adapter,
    port: &'static str,
    subject: &Arc<dyn Subject<H>>,
    checks: &[Check<H>],
    options: Options,
    observer: &dyn Observer,
) -> Vec<CheckReport> {
    stream::iter(checks)
        .map(|check| async move {
            let mut report = run_check(port, Arc::clone(subject), check, options).await;
            report.outcome = gaps::judged(&adapter.gaps, check.clause, report.outcome);
            observer.ended(&adapter.name, &report);
            report
        })
        .buffered(options.jobs)
        .collect()
        .await
}

/// Runs one check in a fresh namespace. A panic or a time-out is a failure like any other.
pub async fn run_check<H: Faultable>(
    port: &'static str,
    subject: Arc<dyn Subject<H>>,
    check: &Check<H>,
    options: Options,
) -> CheckReport {
    let started = Instant::now();
    let (resources, body) = ((check.resources)(), check.run);
    let outcome = guarded(options.timeout, async move {
        let context = Context::fresh(&*subject, &resources, options.seed).await?;
        let verdict = AssertUnwindSafe(body(context.clone())).catch_unwind().await;
        let verdict = verdict.unwrap_or_else(|panic| Err(Violation::new(format!("panicked: {}", panic_text(&*panic)))));
        verdict.map_err(|mut violation| {
            let mut trace = context.trace();
            trace.append(&mut violation.trace);
            Violation { trace, ..violation }
        })
    })
    .await;
    CheckReport {
        clause: check.clause.to_owned(),
        name: check.name.to_owned(),
        port: port.to_owned(),
        outcome,
        seconds: started.elapsed().as_secs_f64(),
    }
}

/// Runs on a task of its own, so that checks use every core, within the time allowed.
async fn guarded(timeout: Duration, check: impl Future<Output = Result<(), Violation>> + Send + 'static) -> Outcome {
    let task = tokio::spawn(check);
    let abort = task.abort_handle();
    let violation = match tokio::time::timeout(timeout, task).await {
        Ok(Ok(Ok(()))) => return Outcome::Passed,
        Ok(Ok(Err(violation))) => violation,
        Ok(Err(panic)) => Violation::new(format!("panicked: {panic}")),
        Err(_) => {
            abort.abort();
            Violation::new(format!("did not end within {timeout:?}"))
        }
    };
    Outcome::Failed { message: violation.message, trace: violation.trace }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(not text)")
}
