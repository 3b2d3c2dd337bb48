//! `cargo xtask pairs`: the storefront on every host over every set of adapters.
//!
//! The tests of `app/tests/e2e_hosts` play one table of requests and events on each pair; a test says by its name which pair
//! it plays: `pairs::cloud_run_over_azure`. The table in the README is made of what the test runner reports.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::runner_report::Test;
use crate::workspace::Workspace;
use crate::{Report, process, runner_report, storefronts, test};

/// The tests that play a pair, for the test runner.
const FILTER: &str = "package(app) and binary(e2e_hosts) and test(/^pairs::/)";

const BEGIN: &str = "<!-- cargo xtask pairs -->";
const END: &str = "<!-- /cargo xtask pairs -->";

/// Plays every pair, prints the table, and writes it into the README.
pub(crate) fn run(workspace: &Workspace, report: Report) -> Result<ExitCode> {
    let tests = test::run_for(workspace, FILTER, report)?;
    let played = Played(runner_report::read(workspace)?);
    process::say(&format!("\n{}", played.table()));
    if played.holds() {
        let readme = workspace.root.join("README.md");
        let old = fs::read_to_string(&readme).context("reading README.md")?;
        let new = replaced(&old, &played.table()).context("README.md has no place for the table")?;
        fs::write(&readme, new).context("writing README.md")?;
    }
    Ok(if played.holds() { tests } else { ExitCode::FAILURE })
}

/// Whether every pair was played in the run that has just ended, with the same outcome, and the README says so.
pub(crate) fn hold(workspace: &Workspace) -> Result<bool> {
    let played = Played(runner_report::read(workspace)?);
    let readme = fs::read_to_string(workspace.root.join("README.md")).context("reading README.md")?;
    let current = replaced(&readme, &played.table()).is_some_and(|new| new == readme);
    if !played.holds() {
        process::say(&played.table());
    } else if !current {
        process::say("README.md does not show these pairs: write its table anew by `cargo xtask pairs`");
    }
    Ok(played.holds() && current)
}

struct Played(Vec<Test>);

impl Played {
    fn outcome(&self, host: &str, set: &str) -> Option<bool> {
        let name = format!("pairs::{}_over_{set}", host.replace('-', "_"));
        self.0.iter().find(|test| test.binary == "app::e2e_hosts" && test.name == name).map(|test| test.passed)
    }

    fn holds(&self) -> bool {
        let pairs = storefronts::HOSTS.iter().flat_map(|host| storefronts::ADAPTERS.iter().map(move |set| (host, set)));
        pairs.into_iter().all(|(host, set)| self.outcome(host, set) == Some(true))
    }

    /// Hosts by sets of adapters, as Markdown.
    fn table(&self) -> String {
        let mut table = format!("| | {} |\n| --- |", storefronts::ADAPTERS.join(" | "));
        table.push_str(&" :---: |".repeat(storefronts::ADAPTERS.len()));
        for host in storefronts::HOSTS {
            // Writing to a string cannot fail.
            let _ = write!(table, "\n| {host} |");
            for set in storefronts::ADAPTERS {
                let _ = match self.outcome(host, set) {
                    Some(true) => write!(table, " ✓ |"),
                    Some(false) => write!(table, " **differs** |"),
                    None => write!(table, " not played |"),
                };
            }
        }
        table
    }
}

/// The text with this between the markers.
fn replaced(old: &str, table: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Test> {
        let test = |pair: String| {
            let (host, set) = pair.split_once(',').unwrap();
            let name = format!("pairs::{}_over_{set}", host.replace('-', "_"));
            Test { binary: "app::e2e_hosts".to_owned(), name, passed: true }
        };
        storefronts::every_pair().map(test).collect()
    }

    #[test]
    fn every_pair_must_have_been_played_and_have_passed() {
        let played = Played(all());
        assert!(played.holds() && played.table().matches('✓').count() == 24, "{}", played.table());
        assert!(played.table().starts_with("| | sqlite | memory |"), "{}", played.table());
        let mut missing = Played(all());
        missing.0.pop();
        assert!(!missing.holds() && missing.table().contains("not played"), "{}", missing.table());
        let mut differs = Played(all());
        differs.0[0].passed = false;
        assert!(!differs.holds() && differs.table().contains("| server | **differs** | ✓ |"), "{}", differs.table());
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let old = format!("# Title\n{BEGIN}\nold\n{END}\nrest\n");
        let new = replaced(&old, "new").unwrap();
        assert_eq!(new, format!("# Title\n{BEGIN}\n\nnew\n\n{END}\nrest\n"));
        assert_eq!(replaced(&new, "new").unwrap(), new);
        assert_eq!(replaced("# Title", "new"), None);
    }
}
