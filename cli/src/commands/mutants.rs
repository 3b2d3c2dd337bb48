//! `anyport mutants`: the suite against adapters that are wrong on purpose.

use std::process::ExitCode;

use anyhow::Context as _;
use anyport_conformance::harness::DEFAULT_SEED;
use anyport_conformance::mutants::{Mutants, kill_matrix};
use anyport_conformance::report::KillMatrix;
use anyport_conformance::run::Options;
use anyport_conformance::suite::Suite;

use crate::paint;
use crate::progress::Progress;

/// Runs every check against every seeded fault and prints which check notices which.
///
/// The exit code is 0 if every fault is noticed by the check that its name calls for and every check notices at least
/// one, 1 if not.
#[derive(clap::Args)]
pub struct Args {
    /// Seed of everything random
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_SEED)]
    seed: u64,

    /// Print the matrix as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the asynchronous runtime does not start")?;
    let all = Mutants::all();
    let progress = Progress::of(all.len());
    let told = |name: &str| progress.step(format!("seeded fault {name}"));
    let matrix = runtime.block_on(kill_matrix(&Suite::complete(), &all, Options::seeded(args.seed), &told));
    progress.finish();
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&matrix)?);
    } else {
        print(&matrix);
    }
    Ok(if matrix.problems().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(matrix: &KillMatrix) {
    for row in &matrix.rows {
        let verdict =
            if row.killed_by_named { paint::good("killed  ").to_string() } else { paint::bad("SURVIVES").to_string() };
        let others = row.killers.iter().filter(|killer| **killer != row.named_check).count();
        let others = if others == 0 { String::new() } else { format!("and {others} more") };
        anstream::println!("{verdict} {:<44} {:<12} {}", row.name, row.named_check, paint::faint(others));
    }
    for clause in &matrix.checks_without_kill {
        anstream::println!("{} {clause} notices no seeded fault", paint::bad("idle check:"));
    }
    for clause in &matrix.checks_failing_the_reference {
        anstream::println!("{} {clause} fails on the reference model", paint::bad("unsound check:"));
    }
    let problems = matrix.problems();
    if problems.is_empty() {
        let all = matrix.rows.len();
        anstream::println!(
            "{}",
            paint::good(format!("all {all} seeded faults die by their named check, no check is idle"))
        );
    }
    for problem in problems {
        anstream::println!("{} {problem}", paint::bad("problem:"));
    }
    anstream::println!("{}", paint::faint(format!("{:.1} s", matrix.seconds)));
}
