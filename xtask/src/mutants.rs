//! `cargo xtask mutants`: the kill matrix of the conformance suite.

use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Runs `anyport mutants` in release mode and passes its exit code on.
pub(crate) fn run(workspace: &Workspace, json: bool) -> Result<ExitCode> {
    let mut command = process::cargo(workspace);
    command.args(["run", "--release", "--quiet", "--package", "anyport-cli", "--"]);
    command.arg("mutants");
    if json {
        command.arg("--json");
    }
    process::say(&anyport_emulators::command_line(&command));
    let status = command.stdin(Stdio::null()).status().context("starting cargo")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
