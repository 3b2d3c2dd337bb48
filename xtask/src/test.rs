//! `cargo xtask test`: every test of the workspace, with what the tests need.

use std::process::{Command, ExitCode};

use anyhow::Result;
use anyport_emulators::tools::{CARGO_NEXTEST, SCHEMATHESIS};
use anyport_emulators::{Provider, Running};

use crate::process::{self, Steps};
use crate::tools;
use crate::workspace::Workspace;

/// Installs and starts what the tests need, runs the documentation tests and all others, and stops what was started.
///
/// The runner comes last, so that its closing lines are near the end of the output.
pub(crate) fn run(workspace: &Workspace, runner_arguments: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::default();
    let nextest = tools::provide(workspace, &mut steps, &CARGO_NEXTEST)?;
    let schemathesis = tools::provide(workspace, &mut steps, &SCHEMATHESIS)?;
    let emulators =
        steps.timed("start emulators", || Running::start(Provider::ALL, &tools::of(workspace), &workspace.target))?;
    let environment = emulators.environment();
    let with_emulators = |command: &mut Command| {
        command.envs(environment.iter().map(|(name, value)| (name, value)));
    };

    if runner_arguments.is_empty() {
        let mut documentation = process::cargo(workspace);
        documentation.args(["test", "--doc", "--workspace"]);
        with_emulators(&mut documentation);
        steps.command("documentation tests", &mut documentation)?;
    }
    let mut runner = process::program(workspace, nextest);
    runner.args(["nextest", "run"]);
    if !names_packages(runner_arguments) {
        runner.arg("--workspace");
    }
    runner.args(runner_arguments);
    runner.env("ANYPORT_SCHEMATHESIS", schemathesis);
    with_emulators(&mut runner);
    steps.command("tests", &mut runner)?;
    drop(emulators);
    Ok(steps.finish())
}

fn names_packages(runner_arguments: &[String]) -> bool {
    runner_arguments.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tested_unless_packages_are_named() {
        let names = |arguments: &[&str]| names_packages(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(names(&["-p", "app"]));
        assert!(names(&["-papp"]));
        assert!(names(&["--no-capture", "--package=app"]));
        assert!(!names(&["-E", "package(app)"]));
        assert!(!names(&[]));
    }
}
