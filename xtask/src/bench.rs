//! `cargo xtask bench`: measurements beside a yardstick.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use anyport_emulators::{Provider, Running};
use clap::Subcommand;

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Measure the storefront on AWS Lambda beside the same function written by hand.
    ///
    /// Builds both as for deployment, starts the emulators, and compares size, start and invocations on a double of the
    /// Runtime API. The table goes to standard output. Fails if the two do not give the same answer; asserts no times.
    Lambda {
        /// How often each program is started.
        #[arg(long, default_value_t = 20)]
        runs: usize,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a measurement.
pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result<ExitCode> {
    match bench {
        Bench::Lambda { runs, json } => lambda(workspace, *runs, *json),
    }
}

fn lambda(workspace: &Workspace, runs: usize, json: bool) -> Result<ExitCode> {
    let storefront = built(workspace, "app", &["--no-default-features", "--features", "aws-lambda,aws"])?;
    let by_hand = built(workspace, "lambda-baseline", &[])?;
    let emulators = Running::start(&[Provider::Aws], &tools::of(workspace), &workspace.target)?;
    let mut driver = process::cargo(workspace);
    // What is measured are other programs: the driver need not be built like them.
    driver.args(["bench", "--package", "app", "--bench", "lambda", "--profile", "dev", "--"]);
    driver.args(["--runs", &runs.to_string()]);
    driver.args(json.then_some("--json"));
    driver.env("ANYPORT_BENCH_STOREFRONT", storefront).env("ANYPORT_BENCH_BY_HAND", by_hand);
    driver.envs(emulators.environment());
    let status = shown(&mut driver)?;
    Ok(if status { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds a package's program for a function host, and answers where it is.
fn built(workspace: &Workspace, package: &str, arguments: &[&str]) -> Result<PathBuf> {
    let mut build = process::cargo(workspace);
    build.args(["build", "--profile", "lambda", "--package", package]).args(arguments);
    if !shown(&mut build)? {
        bail!("{package} could not be built");
    }
    Ok(workspace.target.join("lambda").join(package))
}

/// Prints a command, runs it, and answers whether it passed.
fn shown(command: &mut Command) -> Result<bool> {
    process::say(&format!("\n{}", anyport_emulators::command_line(command)));
    Ok(command.status().with_context(|| format!("starting {}", command.get_program().display()))?.success())
}
