//! The data of a report, as `report.json` holds it.

use serde::{Deserialize, Serialize};

use super::against::{Server, Unverified};
use crate::endurance::EnduranceReport;

/// A run of the suite over one or more adapters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The counts over all adapters.
    pub summary: Summary,
    /// The seed that replays the run.
    pub seed: u64,
    /// When the run began, in RFC 3339.
    pub started_at: String,
    /// One entry per adapter, in the order in which they ran.
    pub adapters: Vec<AdapterReport>,
    /// The power of the suite, when it was measured.
    pub kill_matrix: Option<KillMatrix>,
}

/// How many checks ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The clause holds.
    pub passed: usize,
    /// The clause is broken.
    pub failed: usize,
    /// The check was selected and did not run. No outcome says so: it is what the others do not account for.
    pub skipped: usize,
    /// The clause is hidden by a known gap of an emulator.
    pub masked: usize,
}

/// What the suite found about one adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdapterReport {
    /// The adapter's name, as given on the command line.
    pub name: String,
    /// The hash of the behavioural transcript of each port; one and the same on interchangeable adapters, as far as they
    /// offer the same ports. `None` when it could not be taken.
    pub fingerprint: Option<String>,
    /// The counts of `checks`, and what was skipped.
    #[serde(flatten)]
    pub summary: Summary,
    /// Wall-clock time of all checks together, in seconds.
    pub seconds: f64,
    /// What stood for the provider; empty if the adapter needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Server>,
    /// What of the provider no emulator shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<Unverified>,
    /// The checks that ran, in the suite's order.
    pub checks: Vec<CheckReport>,
    /// What thousands of operations through faults left behind, if they were run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endurance: Option<EnduranceReport>,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The id of the contract's clause, as in the port's documentation (`DOC-CAS-2`).
    pub clause: String,
    /// The check's name.
    pub name: String,
    /// The port that the clause belongs to (`documents`, `messages`, `blobs`, `secrets`).
    pub port: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall-clock time, in seconds.
    pub seconds: f64,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// The clause holds.
    Passed,
    /// The clause is broken.
    Failed {
        /// What was expected and what was found.
        message: String,
        /// The operations that led there, one per line.
        trace: Vec<String>,
    },
    /// The clause cannot be observed on this emulator.
    Masked {
        /// The emulator's known gap.
        reason: String,
    },
}

/// The suite's power: which checks notice which seeded faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KillMatrix {
    /// One row per seeded fault.
    pub rows: Vec<Mutant>,
    /// Clauses whose checks notice none of the faults.
    pub checks_without_kill: Vec<String>,
    /// Clauses whose checks fail on the sound model, so that what they notice means nothing.
    pub checks_failing_the_reference: Vec<String>,
    /// Wall-clock time of the measurement, in seconds.
    pub seconds: f64,
}

/// One seeded fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutant {
    /// The fault's name.
    pub name: String,
    /// The port it is seeded into.
    pub port: String,
    /// What it does wrong.
    pub description: String,
    /// Whether the check that was written for it noticed it.
    pub killed_by_named: bool,
    /// The clause of that check.
    pub named_check: String,
    /// The clauses of all checks that noticed it.
    pub killers: Vec<String>,
}

impl Report {
    /// A report whose summary is counted from its adapters.
    pub fn new(
        seed: u64,
        started_at: impl Into<String>,
        adapters: Vec<AdapterReport>,
        kill_matrix: Option<KillMatrix>,
    ) -> Self {
        let mut summary = Summary::default();
        for adapter in &adapters {
            summary.passed += adapter.summary.passed;
            summary.failed += adapter.summary.failed;
            summary.skipped += adapter.summary.skipped;
            summary.masked += adapter.summary.masked;
        }
        Self { summary, seed, started_at: started_at.into(), adapters, kill_matrix }
    }

    /// The ports that appear in the checks, in the suite's order.
    pub fn ports(&self) -> Vec<&str> {
        let mut ports: Vec<&str> = Vec::new();
        for check in self.adapters.iter().flat_map(|adapter| &adapter.checks) {
            if !ports.contains(&check.port.as_str()) {
                ports.push(&check.port);
            }
        }
        ports
    }
}

impl AdapterReport {
    /// A report whose counts are taken from `checks`. `selected` is the number of checks that were to run; those of
    /// them that are not in `checks` count as skipped.
    pub fn new(
        name: impl Into<String>,
        fingerprint: Option<String>,
        selected: usize,
        checks: Vec<CheckReport>,
        seconds: f64,
    ) -> Self {
        Self {
            name: name.into(),
            fingerprint,
            summary: Summary::of(selected, &checks),
            seconds,
            against: Vec::new(),
            unverified: Vec::new(),
            checks,
            endurance: None,
        }
    }

    /// With other outcomes of the same checks.
    #[must_use]
    pub fn judged(mut self, checks: Vec<CheckReport>) -> Self {
        self.summary = Summary::of(self.summary.selected(), &checks);
        self.checks = checks;
        self
    }

    /// Run against these servers, which cannot show this.
    #[must_use]
    pub fn against(mut self, servers: Vec<Server>, unverified: Vec<Unverified>) -> Self {
        self.against = servers;
        self.unverified = unverified;
        self
    }

    /// With this endurance run.
    #[must_use]
    pub fn endured(mut self, endurance: EnduranceReport) -> Self {
        self.endurance = Some(endurance);
        self
    }
}

impl Summary {
    /// The counts of these checks, of so many that were to run.
    fn of(selected: usize, checks: &[CheckReport]) -> Self {
        let mut summary = Self { skipped: selected.saturating_sub(checks.len()), ..Self::default() };
        for check in checks {
            match check.outcome {
                Outcome::Passed => summary.passed += 1,
                Outcome::Failed { .. } => summary.failed += 1,
                Outcome::Masked { .. } => summary.masked += 1,
            }
        }
        summary
    }

    /// The checks that were to run.
    pub fn selected(&self) -> usize {
        self.passed + self.failed + self.skipped + self.masked
    }
}

impl Mutant {
    /// Whether no check noticed the fault.
    pub fn survives(&self) -> bool {
        self.killers.is_empty()
    }
}
