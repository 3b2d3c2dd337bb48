//! Which adapters behave alike. A fingerprint has a part for each port; what two adapters both offer is compared.

use super::model::Report;
use crate::fingerprint::{BETWEEN, NOT_OFFERED};

/// How the adapters' fingerprints compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Fewer than two were taken, so there is nothing to compare.
    NotCompared,
    /// All that were taken are equal in every port that they have in common.
    Equal,
    /// At least two differ.
    Different,
}

/// Compares the fingerprints that were taken.
pub(super) fn agreement(report: &Report) -> Agreement {
    let taken: Vec<&str> = report.adapters.iter().filter_map(|adapter| adapter.fingerprint.as_deref()).collect();
    let pairs = || taken.iter().enumerate().flat_map(|(at, one)| taken[at + 1..].iter().map(move |other| (one, other)));
    match taken.as_slice() {
        [] | [_] => Agreement::NotCompared,
        _ if pairs().all(|(one, other)| agree(one, other)) => Agreement::Equal,
        _ => Agreement::Different,
    }
}

/// Whether adapters with these fingerprints behave alike in every port that both offer.
pub(super) fn agree(one: &str, other: &str) -> bool {
    let alike = |(one, other): (&str, &str)| one == other || one == NOT_OFFERED || other == NOT_OFFERED;
    one.split(BETWEEN).count() == other.split(BETWEEN).count()
        && one.split(BETWEEN).zip(other.split(BETWEEN)).all(alike)
}

/// The start of each part of a fingerprint, long enough to tell two apart by eye.
pub(super) fn short(fingerprint: &str) -> String {
    let digits = (12 / fingerprint.split(BETWEEN).count()).max(4);
    let parts: Vec<String> = fingerprint.split(BETWEEN).map(|part| part.chars().take(digits).collect()).collect();
    parts.join(&BETWEEN.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::AdapterReport;

    fn of(fingerprints: &[&str]) -> Agreement {
        let adapter = |of: &&str| AdapterReport::new("one", Some((*of).to_owned()), 0, Vec::new(), 0.0);
        agreement(&Report::new(1, "now", fingerprints.iter().map(adapter).collect(), None))
    }

    #[test]
    fn what_two_adapters_both_offer_is_compared() {
        assert_eq!(of(&["aaaaaa-bbbbbb"]), Agreement::NotCompared);
        assert_eq!(of(&["aaaaaa-bbbbbb", "aaaaaa-bbbbbb"]), Agreement::Equal);
        assert_eq!(of(&["aaaaaa-bbbbbb", "aaaaaa-none"]), Agreement::Equal);
        assert_eq!(of(&["aaaaaa-bbbbbb", "cccccc-none"]), Agreement::Different);
        // The first agrees with both of the others, which differ.
        assert_eq!(of(&["none-bbbbbb", "aaaaaa-bbbbbb", "cccccc-bbbbbb"]), Agreement::Different);
        assert_eq!(of(&["aaaaaa-bbbbbb", "aaaaaa"]), Agreement::Different);
    }

    #[test]
    fn a_short_one_shows_every_part() {
        assert_eq!(short("0123456789abcdef-fedcba9876543210-none-0011223344556677"), "0123-fedc-none-0011");
        assert_eq!(short("0123456789abcdef"), "0123456789ab");
    }
}
