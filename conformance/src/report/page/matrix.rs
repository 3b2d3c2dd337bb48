//! Clauses x adapters, with what stands behind each cell.

use serde::Serialize;

use super::super::duration::human;
use super::super::model::{CheckReport, Outcome, Report};

/// The clauses of one port.
#[derive(Debug, Serialize)]
pub(in super::super) struct Section {
    port: String,
    rows: Vec<Row>,
}

/// One clause.
#[derive(Debug, Serialize)]
struct Row {
    clause: String,
    name: String,
    /// The statuses that occur in its cells, separated by spaces, for the page's filter.
    statuses: String,
    /// One per adapter.
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    status: &'static str,
    /// Where the details stand; `None` when the check did not run on this adapter.
    detail: Option<usize>,
}

/// What a cell opens.
#[derive(Debug, Serialize)]
pub(in super::super) struct Detail {
    adapter: String,
    clause: String,
    name: String,
    port: String,
    status: &'static str,
    time: String,
    message: String,
    trace: Vec<String>,
}

/// The sections in the suite's order, and the details that their cells point into.
pub(super) fn build(report: &Report) -> (Vec<Section>, Vec<Detail>) {
    let mut details = Vec::new();
    let sections = report
        .ports()
        .into_iter()
        .map(|port| Section {
            port: port.to_owned(),
            rows: clauses(report, port).into_iter().map(|check| row(report, check, &mut details)).collect(),
        })
        .collect();
    (sections, details)
}

/// The checks of a port over all adapters, each once.
fn clauses<'a>(report: &'a Report, port: &str) -> Vec<&'a CheckReport> {
    let mut clauses: Vec<&CheckReport> = Vec::new();
    for check in report.adapters.iter().flat_map(|adapter| &adapter.checks) {
        if check.port == port && !clauses.iter().any(|seen| same_check(seen, check)) {
            clauses.push(check);
        }
    }
    clauses
}

fn same_check(one: &CheckReport, other: &CheckReport) -> bool {
    one.clause == other.clause && one.name == other.name && one.port == other.port
}

fn row(report: &Report, check: &CheckReport, details: &mut Vec<Detail>) -> Row {
    let mut cells = Vec::new();
    for adapter in &report.adapters {
        let ran = adapter.checks.iter().find(|other| same_check(check, other));
        let detail = ran.map(|ran| {
            details.push(detail(&adapter.name, ran));
            details.len() - 1
        });
        cells.push(Cell { status: ran.map_or("absent", status), detail });
    }
    let mut statuses: Vec<&str> = cells.iter().map(|cell| cell.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    Row { clause: check.clause.clone(), name: check.name.clone(), statuses: statuses.join(" "), cells }
}

fn status(check: &CheckReport) -> &'static str {
    match check.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed { .. } => "failed",
        Outcome::Masked { .. } => "masked",
    }
}

fn detail(adapter: &str, check: &CheckReport) -> Detail {
    let (message, trace) = match &check.outcome {
        Outcome::Passed => ("", &[][..]),
        Outcome::Failed { message, trace } => (message.as_str(), trace.as_slice()),
        Outcome::Masked { reason } => (reason.as_str(), &[][..]),
    };
    Detail {
        adapter: adapter.to_owned(),
        clause: check.clause.clone(),
        name: check.name.clone(),
        port: check.port.clone(),
        status: status(check),
        time: human(check.seconds),
        message: message.to_owned(),
        trace: trace.to_vec(),
    }
}
