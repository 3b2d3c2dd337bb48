//! Which adapters behave alike.

use super::model::Report;

/// How the adapters' fingerprints compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Fewer than two were taken, so there is nothing to compare.
    NotCompared,
    /// All that were taken are equal.
    Equal,
    /// At least two differ.
    Different,
}

/// Compares the fingerprints that were taken.
pub(super) fn agreement(report: &Report) -> Agreement {
    let taken: Vec<&str> = report.adapters.iter().filter_map(|adapter| adapter.fingerprint.as_deref()).collect();
    match taken.as_slice() {
        [] | [_] => Agreement::NotCompared,
        [first, rest @ ..] if rest.iter().all(|other| other == first) => Agreement::Equal,
        _ => Agreement::Different,
    }
}

/// The start of a fingerprint, long enough to tell two apart by eye.
pub(super) fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(12).collect()
}
