//! `anyport manifest`: what the workload's functions need.

use std::process::{Command, ExitCode};

use anyhow::Context as _;

use super::workload::Workload;

/// Prints the workload's manifest, read off the parameter types of its functions: for each its trigger, limits and what
/// it may touch; and all resources that must exist.
#[derive(clap::Args)]
pub struct Args {
    /// Package of the workload; the default member of the workspace if not given
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let workload = Workload::find(args.package.as_deref())?;
    if !workload.build()? {
        return Ok(ExitCode::FAILURE);
    }
    let status =
        Command::new(&workload.executable).arg("--manifest").status().context("the workload does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
