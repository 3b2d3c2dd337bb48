//! `cargo xtask test`: every test of the workspace, with what the tests need.

use std::process::ExitCode;

use anyhow::Result;

use crate::process::{self, Steps};
use crate::tools;
use crate::workspace::Workspace;

/// Installs the tools the tests need, then runs the documentation tests and all others.
///
/// The runner comes last, so that its closing lines are near the end of the output.
pub(crate) fn run(workspace: &Workspace, runner_arguments: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::default();
    let nextest = tools::provide(workspace, &mut steps, &tools::CARGO_NEXTEST)?;
    let schemathesis = tools::provide(workspace, &mut steps, &tools::SCHEMATHESIS)?;

    if runner_arguments.is_empty() {
        steps.command("documentation tests", process::cargo(workspace).args(["test", "--doc", "--workspace"]))?;
    }
    let mut runner = process::program(workspace, nextest);
    runner.args(["nextest", "run"]);
    if !names_packages(runner_arguments) {
        runner.arg("--workspace");
    }
    runner.args(runner_arguments);
    runner.env("ANYPORT_SCHEMATHESIS", schemathesis);
    steps.command("tests", &mut runner)?;
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
