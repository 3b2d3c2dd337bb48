//! `cargo xtask principles`: which test shows which principle, and how it ended.
//!
//! A test says by its name which principle it shows: `principle_a4_...` shows A4. The table is made of what the test runner
//! reports, and so is `docs/principles.md`; an id without a test fails, and so does a test of no id.

mod page;
mod report;
mod table;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use self::report::Shown;
use crate::workspace::Workspace;
use crate::{Report, process, runner_report, test};

/// The tests that show principles, for the test runner.
const FILTER: &str = "test(/principle_[a-z]+[0-9]*_/)";

/// The page that lists them.
const PAGE: &str = "docs/principles.md";

/// Runs the tests that show principles, prints the table, and writes the page.
pub(crate) fn run(workspace: &Workspace, report: Report) -> Result<ExitCode> {
    let tests = test::run_for(workspace, FILTER, report)?;
    let shown = Shown::by(runner_report::read(workspace)?);
    process::say(&format!("\n{}", shown.table()));
    let page = workspace.root.join(PAGE);
    if shown.is_complete() {
        fs::write(&page, page::of(&shown)).with_context(|| format!("writing {}", page.display()))?;
    }
    Ok(if shown.holds() { tests } else { ExitCode::FAILURE })
}

/// Whether every principle was shown by the tests that have just run, all of them, and the page says so.
pub(crate) fn hold(workspace: &Workspace) -> Result<bool> {
    let shown = Shown::by(runner_report::read(workspace)?);
    // The runner has printed each test: what counts is near the end of the output with its closing lines.
    process::say(&if shown.holds() { shown.summary() } else { shown.table() });
    let page = workspace.root.join(PAGE);
    let written = fs::read_to_string(&page).unwrap_or_default();
    let current = written == page::of(&shown);
    if !current {
        process::say(&format!("{PAGE} does not list these tests: write it anew by `cargo xtask principles`"));
    }
    Ok(shown.holds() && current)
}
