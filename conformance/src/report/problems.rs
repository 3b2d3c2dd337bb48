//! What stands between a report and a pass.

use super::fingerprints::{Agreement, agreement};
use super::model::{AdapterReport, KillMatrix, Report};

impl Report {
    /// Every reason why this run is not a proof, in words; empty when it is one. An empty run proves nothing and says
    /// so.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.adapters.is_empty() && self.kill_matrix.is_none() {
            problems.push("nothing was run".to_owned());
        }
        let idle = |adapter: &&AdapterReport| adapter.summary.selected() == 0 && adapter.endurance.is_none();
        for adapter in self.adapters.iter().filter(idle) {
            problems.push(format!("no check was selected for {}", adapter.name));
        }
        problems.extend(counted(self.summary.failed, "check failed", "checks failed"));
        problems.extend(counted(self.summary.skipped, "check did not run", "checks did not run"));
        let ran = self.adapters.iter().filter(|adapter| adapter.summary.selected() > 0);
        for adapter in ran.filter(|adapter| adapter.fingerprint.is_none()) {
            problems.push(format!("no fingerprint of {} could be taken", adapter.name));
        }
        if agreement(self) == Agreement::Different {
            problems.push("the adapters' fingerprints differ".to_owned());
        }
        problems.extend(self.adapters.iter().filter_map(|adapter| adapter.endurance.as_ref()?.problem()));
        if let Some(matrix) = &self.kill_matrix {
            problems.extend(matrix.problems());
        }
        problems
    }

    /// Whether every selected check ran and none failed, the adapters behave alike, and the suite, where its power was
    /// measured, misses none of the seeded faults.
    pub fn is_pass(&self) -> bool {
        self.problems().is_empty()
    }
}

impl KillMatrix {
    /// Every reason why the suite is not as strong as it says, in words.
    pub fn problems(&self) -> Vec<String> {
        let survivors = self.rows.iter().filter(|mutant| mutant.survives()).count();
        let missed = self.rows.iter().filter(|mutant| !mutant.survives() && !mutant.killed_by_named).count();
        let idle = self.checks_without_kill.len();
        let unsound = self.checks_failing_the_reference.len();
        let mut problems = Vec::new();
        if self.rows.is_empty() {
            problems.push("the kill matrix has no seeded faults".to_owned());
        }
        problems.extend(counted(survivors, "seeded fault survives", "seeded faults survive"));
        problems.extend(counted(
            missed,
            "seeded fault is missed by its named check",
            "seeded faults are missed by their named checks",
        ));
        problems.extend(counted(unsound, "check fails on the reference model", "checks fail on the reference model"));
        problems.extend(counted(idle, "check kills no seeded fault", "checks kill no seeded fault"));
        problems
    }
}

fn counted(count: usize, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    }
}
