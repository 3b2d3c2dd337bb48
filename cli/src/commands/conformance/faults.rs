//! Operations through faults, with a bar that counts them.

use std::sync::Arc;

use anyport_conformance::endurance::{self, EnduranceReport};
use anyport_conformance::subject::Adapter;

use crate::progress::Progress;

/// What to run through faults.
#[derive(clap::Args)]
pub(super) struct Through {
    /// After the checks, run this many operations (10000 if no number is given) through faults put between adapter and
    /// store, and hold what clients were told against what stands in the end: fails if anything acknowledged is lost
    #[arg(long = "faults", value_name = "OPERATIONS", num_args = 0..=1, default_missing_value = "10000",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) operations: Option<u64>,

    /// Leave the checks out: with --faults, the operations through faults alone
    #[arg(long, requires = "operations", conflicts_with_all = ["filter", "update", "without_mutants"])]
    pub(super) without_checks: bool,
}

/// Runs this many operations on the adapter.
pub(super) async fn run(adapter: &Adapter, operations: u64, seed: u64) -> EnduranceReport {
    let progress = Progress::of(usize::try_from(operations).unwrap_or(usize::MAX));
    progress.tell(format!("{} through faults", adapter.name));
    let report = endurance::run(adapter, operations, seed, &(Arc::new(progress.stepper()) as _)).await;
    progress.finish();
    report
}
