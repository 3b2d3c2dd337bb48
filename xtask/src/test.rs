//! `cargo xtask test`: every test of the workspace, with what the tests need.

use std::process::{Command, ExitCode};

use anyhow::Result;
use anyport_emulators::tools::{CARGO_NEXTEST, SCHEMATHESIS};
use anyport_emulators::{Provider, Running};

use crate::process::{self, Steps};
use crate::workspace::Workspace;
use crate::{Report, pairs, principles, storefronts, tools};

/// Installs what the tests need.
pub(crate) fn install(workspace: &Workspace) -> Result<ExitCode> {
    let mut steps = Steps::default();
    provide(workspace, &mut steps)?;
    Ok(steps.finish())
}

fn provide(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    tools::provide_all(workspace, steps, Provider::ALL, &[&CARGO_NEXTEST, &SCHEMATHESIS])
}

/// Installs and starts what the tests need, runs the documentation tests and all others, and stops what was started.
///
/// The runner comes last, so that its closing lines are near the end of the output.
pub(crate) fn run(workspace: &Workspace, runner_arguments: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::default();
    provide(workspace, &mut steps)?;
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
        documentation.args(["test", "--doc", "--workspace", "--features", ALL_FEATURES]);
        with_emulators(&mut documentation);
        steps.command("documentation tests", &mut documentation)?;
    }
    let mut runner = process::program(workspace, nextest);
    runner.args(["nextest", "run"]);
    if !names_packages(runner_arguments) {
        runner.args(["--workspace", "--features", ALL_FEATURES]);
        runner.env("ANYPORT_STOREFRONTS", storefronts::build(workspace, &mut steps)?);
    }
    if !runner_arguments.iter().any(|argument| sets_threads(argument)) {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        runner.args(["--test-threads", &(cores * THREADS_FOR_A_CORE).to_string()]);
    }
    runner.args(runner_arguments);
    runner.env("ANYPORT_SCHEMATHESIS", schemathesis);
    with_emulators(&mut runner);
    steps.command("tests", &mut runner)?;
    drop(emulators);
    if runner_arguments.is_empty() {
        steps.step("principles", || principles::hold(workspace))?;
        steps.step("the storefront on every host over every set", || pairs::hold(workspace))?;
    }
    Ok(steps.finish())
}

/// Runs the tests that a table is read from, unless the last run's report will do.
pub(crate) fn run_for(workspace: &Workspace, filter: &str, report: Report) -> Result<ExitCode> {
    if report.last_run {
        return Ok(ExitCode::SUCCESS);
    }
    run(workspace, &["-E".to_owned(), filter.to_owned()])
}

/// The storefront with every host and every adapter, which tests run on each host over each adapter.
pub(crate) const ALL_FEATURES: &str = "app/all";

/// Of the runner's threads, of which `.config/nextest.toml` says how many a test takes: one that keeps a core busy takes
/// as many as a core has, one that mostly waits takes one.
const THREADS_FOR_A_CORE: usize = 4;

fn sets_threads(argument: &str) -> bool {
    argument.starts_with("-j") || argument.starts_with("--test-threads") || argument.starts_with("--no-capture")
}

fn names_packages(runner_arguments: &[String]) -> bool {
    runner_arguments.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_test_takes_the_threads_of_a_core() {
        let settings = include_str!("../../.config/nextest.toml");
        assert!(settings.contains(&format!("\nthreads-required = {THREADS_FOR_A_CORE}\n")));
        assert!(sets_threads("-j4") && sets_threads("--test-threads=1") && !sets_threads("-E"));
    }

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
