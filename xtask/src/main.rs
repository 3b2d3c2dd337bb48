//! What a shell script would do: `cargo xtask test`, `check`, `direction`, `principles`, `pairs`, `mutants` and `bench`.

mod bench;
mod check;
mod direction;
mod mutants;
mod pairs;
mod principles;
mod process;
mod runner_report;
mod storefronts;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                          every test of the workspace
  cargo xtask test -- -p app                the tests of one package
  cargo xtask test -- -E 'test(cursor)'     the tests whose names contain a word
  cargo xtask check                         all that is checked without running the product
  cargo xtask principles                    which test shows which principle, and how it ended
  cargo xtask pairs                         the storefront on every host over every set of adapters
  cargo xtask mutants --json                the kill matrix, for a program to read
  cargo xtask bench lambda                  size and start of the storefront on AWS Lambda

The tools these commands need are installed below the target folder, at pinned versions and checked
hashes, unless they are on the PATH already. Nothing outside the target folder is changed.";

/// The chores of the Anyport workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test of the workspace, after installing what the tests need.
    ///
    /// Runs the documentation tests, then all others with cargo-nextest, whose settings are in
    /// .config/nextest.toml. Installs and starts the emulators on free ports of the loopback address, hands
    /// the variables that lead to them to the tests, and stops them at the end, also after Ctrl-C. Installs
    /// schemathesis and hands its path over in the variable ANYPORT_SCHEMATHESIS. A test that leaves a process
    /// behind fails.
    Test {
        /// Arguments for `cargo nextest run`; with any, the documentation tests are left out.
        #[arg(last = true)]
        runner_arguments: Vec<String>,
    },
    /// Install what the tests need, and do no more.
    ///
    /// `cargo xtask test` installs what is missing as well; this is for a machine to do meanwhile.
    Install,
    /// Check formatting, lints, dependency direction, every feature by itself, licences and sources.
    ///
    /// Every check runs even if an earlier one failed, so one run shows all there is to mend.
    Check,
    /// Check the direction of dependencies alone: who may depend on whom, and why.
    ///
    /// The rules are in xtask/src/direction/rules.rs. They are held against the resolved graph with
    /// every feature on, so a forbidden crate is found however many steps away it is.
    Direction,
    /// Run the tests that show the project's principles, and print the table: id, result, test.
    ///
    /// A test says by its name which principle it shows: `principle_a4_...` shows A4. The table goes into
    /// docs/principles.md. The exit code is not 0 when an id has no test or a test fails.
    Principles(Report),
    /// Play the storefront on every host over every set of adapters, and print the table.
    ///
    /// The table goes into README.md. The exit code is not 0 when a pair was not played, or answers or stores another
    /// thing than the others.
    Pairs(Report),
    /// Print the kill matrix: which seeded fault dies by which check of the conformance suite.
    ///
    /// The exit code is not 0 when a fault survives or a check kills none.
    Mutants {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Measure the product beside a yardstick, and print the ratios.
    #[command(subcommand)]
    Bench(bench::Bench),
}

/// Where a table is read from.
#[derive(Args, Clone, Copy)]
struct Report {
    /// Read what the last `cargo xtask test` reported, instead of running the tests
    #[arg(long)]
    last_run: bool,
}

fn main() -> ExitCode {
    run(Arguments::parse().task).unwrap_or_else(|error| {
        process::say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> Result<ExitCode> {
    let workspace = workspace::Workspace::find()?;
    match task {
        Task::Test { runner_arguments } => test::run(&workspace, &runner_arguments),
        Task::Install => test::install(&workspace),
        Task::Check => check::run(&workspace),
        Task::Direction => direction::run(&workspace),
        Task::Principles(report) => principles::run(&workspace, report),
        Task::Pairs(report) => pairs::run(&workspace, report),
        Task::Mutants { json } => mutants::run(&workspace, json),
        Task::Bench(bench) => bench::run(&workspace, &bench),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn runner_arguments_follow_a_double_dash() {
        let parsed = Arguments::try_parse_from(["xtask", "test", "--", "-E", "package(app)"]).unwrap();
        let Task::Test { runner_arguments } = parsed.task else { panic!("not the test task") };
        assert_eq!(runner_arguments, ["-E", "package(app)"]);
        assert!(Arguments::try_parse_from(["xtask", "test", "package"]).is_err());
    }
}
