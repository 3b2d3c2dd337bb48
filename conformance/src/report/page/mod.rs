//! What the page shows, ready to be laid out by its template.

mod matrix;
mod mutants;
mod timing;

use serde::Serialize;

use super::against::{ABOUT_UNVERIFIED, Server, Unverified};
use super::duration::human;
use super::fingerprints::{Agreement, agree, agreement, short};
use super::markdown::ENDURANCE;
use super::model::{AdapterReport, Outcome, Report, Summary};
use crate::endurance::EnduranceReport;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pass: bool,
    verdict: &'static str,
    problems: Vec<String>,
    summary: Summary,
    seed: String,
    started_at: String,
    time: String,
    ports: Vec<String>,
    agreement: &'static str,
    adapters: Vec<Adapter>,
    matrix: Vec<matrix::Section>,
    details: Vec<matrix::Detail>,
    slowest: Vec<timing::Slow>,
    endurance: Vec<EnduranceReport>,
    about_endurance: &'static str,
    about_unverified: &'static str,
    power: Option<mutants::Power>,
}

/// A row of the overview.
#[derive(Debug, Serialize)]
struct Adapter {
    name: String,
    summary: Summary,
    ports: Vec<Tally>,
    fingerprint: Option<Fingerprint>,
    time: String,
    /// Share of the slowest adapter's time.
    percent: u32,
    against: Vec<Server>,
    unverified: Vec<Unverified>,
}

/// The checks of one adapter in one port.
#[derive(Debug, Default, Serialize)]
struct Tally {
    passed: usize,
    failed: usize,
    masked: usize,
    all: usize,
}

#[derive(Debug, Serialize)]
struct Fingerprint {
    short: String,
    full: String,
    /// Adapters that behave alike share a letter.
    group: String,
}

impl Page {
    pub(super) fn new(report: &Report) -> Self {
        let problems = report.problems();
        let agreement = agreement(report);
        let slowest = report.adapters.iter().map(|adapter| adapter.seconds).fold(0.0, f64::max);
        let groups = fingerprint_groups(report);
        let (matrix, details) = matrix::build(report);
        Self {
            pass: problems.is_empty(),
            verdict: match (problems.is_empty(), agreement) {
                (false, _) => "Not passed",
                (true, Agreement::Equal) => "Interchangeable",
                (true, _) => "Passed",
            },
            problems,
            summary: report.summary,
            seed: report.seed.to_string(),
            started_at: report.started_at.clone(),
            time: human(report.adapters.iter().map(|adapter| adapter.seconds).sum()),
            ports: report.ports().into_iter().map(str::to_owned).collect(),
            agreement: match agreement {
                Agreement::NotCompared => "not-compared",
                Agreement::Equal => "equal",
                Agreement::Different => "different",
            },
            adapters: report
                .adapters
                .iter()
                .map(|adapter| Adapter::new(adapter, &report.ports(), &groups, slowest))
                .collect(),
            matrix,
            details,
            slowest: timing::slowest(report),
            endurance: report.adapters.iter().filter_map(|adapter| adapter.endurance.clone()).collect(),
            about_endurance: ENDURANCE,
            about_unverified: ABOUT_UNVERIFIED,
            power: report.kill_matrix.as_ref().map(mutants::Power::new),
        }
    }
}

impl Adapter {
    fn new(adapter: &AdapterReport, ports: &[&str], groups: &[&str], slowest: f64) -> Self {
        Self {
            name: adapter.name.clone(),
            summary: adapter.summary,
            ports: ports.iter().map(|port| Tally::new(adapter, port)).collect(),
            fingerprint: adapter.fingerprint.as_ref().map(|full| Fingerprint {
                short: short(full),
                full: full.clone(),
                group: letter(groups.iter().position(|group| agree(group, full)).unwrap_or(0)),
            }),
            time: human(adapter.seconds),
            percent: percent(adapter.seconds, slowest),
            against: adapter.against.clone(),
            unverified: adapter.unverified.clone(),
        }
    }
}

impl Tally {
    fn new(adapter: &AdapterReport, port: &str) -> Self {
        let mut tally = Self::default();
        for check in adapter.checks.iter().filter(|check| check.port == port) {
            tally.all += 1;
            match check.outcome {
                Outcome::Passed => tally.passed += 1,
                Outcome::Failed { .. } => tally.failed += 1,
                Outcome::Masked { .. } => tally.masked += 1,
            }
        }
        tally
    }
}

/// Fingerprints that do not agree, in order of appearance.
fn fingerprint_groups(report: &Report) -> Vec<&str> {
    let mut groups: Vec<&str> = Vec::new();
    for fingerprint in report.adapters.iter().filter_map(|adapter| adapter.fingerprint.as_deref()) {
        if !groups.iter().any(|group| agree(group, fingerprint)) {
            groups.push(fingerprint);
        }
    }
    groups
}

fn letter(index: usize) -> String {
    ('A'..='Z').nth(index).map_or_else(|| (index + 1).to_string(), String::from)
}

/// A bar's length. At least 1, so that it can be seen.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=100")]
fn percent(part: f64, whole: f64) -> u32 {
    if whole > 0.0 { (part / whole * 100.0).round().clamp(1.0, 100.0) as u32 } else { 1 }
}
