//! Runs the suite as tests, one for each check and adapter.
//!
//! An adapter's author writes a test target without the built-in harness (`harness = false`):
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     # let my_adapter = anyport_conformance::reference::Reference::adapter();
//!     anyport_conformance::harness::main(vec![my_adapter])
//! }
//! ```
//!
//! and has `cargo test` and `cargo nextest` run, filter and list the checks like any other tests. `ANYPORT_SEED` replays
//! a seed that a failure printed.

use std::iter;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::check::Check;
use crate::faults::Faultable;
use crate::gaps::{Gap, judged};
use crate::report::Outcome;
use crate::run::{Options, run_check};
use crate::subject::{Adapter, Subject};
use crate::suite::Suite;

/// The seed where none is given, so that two runs do the same.
pub const DEFAULT_SEED: u64 = 0x5eed;

/// Runs every check against each of the adapters, by the command line of a test binary.
pub fn main(adapters: Vec<Adapter>) -> ExitCode {
    let seed = match std::env::var("ANYPORT_SEED").map(|text| text.parse()) {
        Ok(Ok(seed)) => seed,
        Ok(Err(_)) => return refuse("ANYPORT_SEED must be a whole number, as a failure printed it"),
        Err(_) => DEFAULT_SEED,
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => Arc::new(runtime),
        Err(error) => return refuse(&format!("the asynchronous runtime does not start: {error}")),
    };
    let mut trials = Vec::new();
    for adapter in adapters {
        let suite = Suite::complete();
        let group =
            Group { adapter: &adapter.name, gaps: &adapter.gaps, options: Options::seeded(seed), runtime: &runtime };
        trials.extend(group.trials("idempotency", adapter.idempotency(), suite.idempotency));
        trials.extend(group.trials("leases", adapter.leases(), suite.leases));
        trials.extend(group.trials("outbox", adapter.outbox(), suite.outbox));
        trials.extend(group.trials("documents", adapter.documents, suite.documents));
        trials.extend(group.trials("changes", adapter.changes, suite.changes));
        trials.extend(group.trials("messages", adapter.messages, suite.messages));
        trials.extend(group.trials("blobs", adapter.blobs, suite.blobs));
        trials.extend(group.trials("secrets", adapter.secrets, suite.secrets));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "the only way for a test binary to say why it does not begin")]
fn refuse(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}

struct Group<'a> {
    adapter: &'a str,
    gaps: &'a [Gap],
    options: Options,
    runtime: &'a Arc<Runtime>,
}

impl Group<'_> {
    fn trials<H: Faultable>(
        &self,
        port: &'static str,
        subject: Option<Arc<dyn Subject<H>>>,
        checks: Vec<Check<H>>,
    ) -> Vec<Trial> {
        let Some(subject) = subject else { return Vec::new() };
        let trial = |check: Check<H>| {
            let name = format!("{}::{}::{}", self.adapter, check.clause, check.name);
            let (subject, runtime, options) = (Arc::clone(&subject), Arc::clone(self.runtime), self.options);
            let gaps = self.gaps.to_owned();
            Trial::test(name, move || {
                let report = runtime.block_on(run_check(port, subject, &check, options));
                match judged(&gaps, check.clause, report.outcome) {
                    Outcome::Failed { message, trace } => {
                        let replay = format!("replay with ANYPORT_SEED={}", options.seed);
                        let lines: Vec<String> = iter::once(message).chain(trace).chain(iter::once(replay)).collect();
                        Err(Failed::from(lines.join("\n    ")))
                    }
                    Outcome::Passed | Outcome::Masked { .. } => Ok(()),
                }
            })
        };
        checks.into_iter().map(trial).collect()
    }
}
