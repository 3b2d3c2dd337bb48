//! What an endurance run found.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::registers::Told;

/// An endurance run of one adapter. Its `Display` is a table and, below it, what went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnduranceReport {
    /// The adapter's name.
    pub adapter: String,
    /// The seed of everything random.
    pub seed: u64,
    /// By port, those that were run.
    pub ports: Vec<PortEndurance>,
    /// How long it took.
    pub seconds: f64,
}

/// One port of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortEndurance {
    /// The port's name.
    pub port: String,
    /// Operations that were asked for.
    pub operations: u64,
    /// Those that were told to be done.
    pub acknowledged: u64,
    /// Those that were told that their condition did not hold.
    pub refused: u64,
    /// Those that were told not to be done, since the store was busy or not reached, and reads that failed.
    pub not_done: u64,
    /// Those that were told to be in doubt.
    pub indeterminate: u64,
    /// Keys or messages that contradict what was acknowledged.
    pub lost: u64,
    /// What went wrong: each loss, and whatever kept the run from being judged.
    pub violations: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

impl EnduranceReport {
    /// Whether every operation was run and judged, and nothing was lost.
    pub fn passed(&self) -> bool {
        !self.ports.is_empty() && self.ports.iter().all(|port| port.violations.is_empty() && port.operations > 0)
    }

    /// Why it did not pass, in words.
    pub(crate) fn problem(&self) -> Option<String> {
        let lost: u64 = self.ports.iter().map(|port| port.lost).sum();
        match lost {
            _ if self.passed() => None,
            0 => Some(format!("the endurance of {} could not be judged", self.adapter)),
            1 => Some(format!("{} lost 1 acknowledged write through faults", self.adapter)),
            lost => Some(format!("{} lost {lost} acknowledged writes through faults", self.adapter)),
        }
    }
}

impl PortEndurance {
    pub(super) fn failed(why: String) -> Self {
        Self { violations: vec![why], ..Self::default() }
    }

    pub(super) fn count(&mut self, told: Told) {
        self.operations += 1;
        match told {
            Told::Acknowledged => self.acknowledged += 1,
            Told::Refused => self.refused += 1,
            Told::NotDone => self.not_done += 1,
            Told::InDoubt => self.indeterminate += 1,
        }
    }

    pub(super) fn lose(&mut self, what: String) {
        self.lost += 1;
        self.violations.push(what);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.not_done += other.not_done;
        self.indeterminate += other.indeterminate;
        self.lost += other.lost;
        self.violations.extend(other.violations);
    }
}

impl fmt::Display for EnduranceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}, {:.0} s", self.adapter, self.seed, self.seconds)?;
        writeln!(f, "port       operations  acknowledged  refused  not done  indeterminate  lost")?;
        for port in &self.ports {
            let PortEndurance { operations, acknowledged, refused, not_done, indeterminate, lost, .. } = port;
            writeln!(
                f,
                "{:9}  {operations:10}  {acknowledged:12}  {refused:7}  {not_done:8}  {indeterminate:13}  {lost:4}",
                port.port
            )?;
        }
        for port in &self.ports {
            port.violations.iter().try_for_each(|violation| writeln!(f, "{}: {violation}", port.port))?;
        }
        Ok(())
    }
}
