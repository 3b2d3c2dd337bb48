//! Steps: each is a command line, printed before it runs, timed, and listed in a table at the end.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use anyport_emulators::{command_line, without_this_package};

use crate::workspace::Workspace;

/// Prints a line for people, on standard error: standard output is for results.
pub(crate) fn say(line: &str) {
    // If standard error is closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A command that runs cargo itself in the root of the workspace.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    program(workspace, std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command that runs a program in the root of the workspace.
pub(crate) fn program(workspace: &Workspace, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&workspace.root);
    without_this_package(&mut command);
    command
}

struct Step {
    name: String,
    took: Duration,
    passed: bool,
}

/// The steps of one task. A failed step does not stop the ones after it.
#[derive(Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// Runs a command to its end. It reads nothing and writes where this process writes.
    ///
    /// # Errors
    /// If the program cannot be started; a program that fails is a failed step, not an error.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> Result<()> {
        say(&format!("\n{}", command_line(command)));
        let program = command.get_program().display().to_string();
        self.step(name, || {
            let status = command.stdin(Stdio::null()).status();
            Ok(status.with_context(|| format!("starting {program}"))?.success())
        })
    }

    /// Runs and times a step; `run` answers whether it passed.
    ///
    /// # Errors
    /// Those of `run`: the step could not be carried out at all.
    pub(crate) fn step(&mut self, name: &str, run: impl FnOnce() -> Result<bool>) -> Result<()> {
        let started = Instant::now();
        let passed = run()?;
        self.0.push(Step { name: name.to_owned(), took: started.elapsed(), passed });
        Ok(())
    }

    /// Runs and times a step that gives something.
    ///
    /// # Errors
    /// Those of `run`: the step could not be carried out at all.
    pub(crate) fn timed<T>(&mut self, name: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let given = run()?;
        self.passed(name, started.elapsed());
        Ok(given)
    }

    /// Notes a step that has passed already.
    pub(crate) fn passed(&mut self, name: &str, took: Duration) {
        self.0.push(Step { name: name.to_owned(), took, passed: true });
    }

    /// Prints the table of steps and answers the exit code: success if every step passed.
    pub(crate) fn finish(&self) -> ExitCode {
        say(&format!("\n{}", self.table()));
        if self.0.iter().all(|step| step.passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn table(&self) -> String {
        let width = self.0.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        let mut table = String::new();
        for Step { name, took, passed } in &self.0 {
            let outcome = if *passed { "passed" } else { "FAILED" };
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{outcome}  {name:width$}  {:>7.1} s", took.as_secs_f64());
        }
        let total: Duration = self.0.iter().map(|step| step.took).sum();
        let failed = self.0.iter().filter(|step| !step.passed).count();
        let _ = write!(table, "steps: {}, failed: {failed}, {:.1} s", self.0.len(), total.as_secs_f64());
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_failed_step() {
        let mut steps = Steps::default();
        steps.step("short", || Ok(true)).unwrap();
        steps.step("much longer", || Ok(false)).unwrap();
        let table = steps.table();
        assert!(table.contains("passed  short            0.0 s"), "{table}");
        assert!(table.contains("FAILED  much longer      0.0 s"), "{table}");
        assert!(table.ends_with("steps: 2, failed: 1, 0.0 s"), "{table}");
        assert_eq!(steps.finish(), ExitCode::FAILURE);
    }

    #[test]
    fn a_failing_program_is_a_failed_step_and_a_missing_one_an_error() {
        let mut steps = Steps::default();
        steps.command("fails", Command::new("cargo").arg("--no-such-option")).unwrap();
        assert!(!steps.0[0].passed);
        let error = steps.command("missing", &mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(format!("{error:#}").contains("starting no-such-program-anywhere"), "{error:#}");
    }
}
