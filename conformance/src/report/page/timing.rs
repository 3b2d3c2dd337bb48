//! Where the time goes.

use serde::Serialize;

use super::super::duration::human;
use super::super::model::Report;
use super::percent;

/// How many checks are listed.
const LISTED: usize = 12;

/// One of the slowest checks.
#[derive(Debug, Serialize)]
pub(in super::super) struct Slow {
    clause: String,
    name: String,
    adapter: String,
    time: String,
    /// Share of the slowest check's time.
    percent: u32,
}

/// The slowest checks over all adapters, slowest first.
pub(super) fn slowest(report: &Report) -> Vec<Slow> {
    let mut checks: Vec<_> = report
        .adapters
        .iter()
        .flat_map(|adapter| adapter.checks.iter().map(move |check| (adapter.name.as_str(), check)))
        .collect();
    checks.sort_by(|(_, one), (_, other)| other.seconds.total_cmp(&one.seconds));
    let longest = checks.first().map_or(0.0, |(_, check)| check.seconds);
    checks
        .into_iter()
        .take(LISTED)
        .map(|(adapter, check)| Slow {
            clause: check.clause.clone(),
            name: check.name.clone(),
            adapter: adapter.to_owned(),
            time: human(check.seconds),
            percent: percent(check.seconds, longest),
        })
        .collect()
}
