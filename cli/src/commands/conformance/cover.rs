//! What covers a masked clause: its check, against another emulator that can stand for the same services.

use std::process::Command;

use anyhow::{Context as _, bail};
use anyport_conformance::report::{AdapterReport, CheckReport, Outcome, Report};
use anyport_emulators::gaps::{self, Gap};
use anyport_emulators::{EMULATORS, emulators_in};

use super::instead::{address_of, others_in_charge};
use crate::adapters::{provider_of, variable};

/// The report, in which a clause that is masked as covered by another emulator has failed if it is not.
pub(super) fn verified(report: AdapterReport, seed: u64) -> anyhow::Result<AdapterReport> {
    let Some(provider) = provider_of(&report.name).filter(|_| report.summary.masked > 0) else { return Ok(report) };
    let here = emulators_in(provider, variable);
    let mut gaps = gaps::known()?.gaps;
    gaps.retain(|gap| here.iter().any(|emulator| emulator.name == gap.emulator.name));
    let mut checks = report.checks.clone();
    for check in &mut checks {
        let masked = matches!(check.outcome, Outcome::Masked { .. });
        let Some(gap) = gaps.iter().find(|gap| masked && gap.clause == check.clause) else { continue };
        if let Some(other) = gap.covered_by {
            if other.is_second_opinion() && address_of(other).is_none() {
                let reason = format!("{}; {} is not on this machine", gap.shown(), other.name);
                check.outcome = Outcome::Masked { reason };
                continue;
            }
            let outcome = elsewhere(gap, &report.name, check, seed)
                .with_context(|| format!("running {} against {}", check.clause, other.name))?;
            if outcome != Outcome::Passed {
                let message = format!("masked as covered by {}, but the check does not pass there either", other.name);
                check.outcome = Outcome::Failed { message, trace: vec![format!("{outcome:?}")] };
            }
        }
    }
    Ok(report.judged(checks))
}

/// The check's outcome against the emulator that covers the gap. It takes over the services of the one with the gap, in
/// the environment of another process, for this one's cannot be changed.
fn elsewhere(gap: &Gap, adapter: &str, check: &CheckReport, seed: u64) -> anyhow::Result<Outcome> {
    let Some(other) = gap.covered_by else { bail!("nothing covers {}", gap.clause) };
    let address = address_of(other).with_context(|| format!("the environment does not lead to {}", other.name))?;
    let mut again = Command::new(std::env::current_exe().context("this program's own path")?);
    again.args(["conformance", "--json", "--without-cover", "--adapter", adapter]);
    again.args(["--filter", &check.clause, "--seed", &seed.to_string()]);
    for taken in gap.taken_over() {
        again.env(taken.name, &address);
    }
    let output = again
        .env(EMULATORS, others_in_charge(&[gap.emulator]).join(","))
        .output()
        .context("running the command again")?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("it gave no report: {}", String::from_utf8_lossy(&output.stderr)))?;
    let mut checks = report.adapters.into_iter().flat_map(|adapter| adapter.checks);
    let found = checks.find(|found| found.clause == check.clause).context("it did not run the check")?;
    Ok(found.outcome)
}
