//! Gaps: clauses that cannot be observed on the emulator that an adapter is run against.

use crate::report::Outcome;

/// A clause whose check is known to fail for a reason that is the emulator's and not the adapter's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The clause.
    pub clause: String,
    /// The emulator, what it does, and what covers the clause instead.
    pub reason: String,
}

/// The outcome of a check, with these gaps taken into account: a failure that a gap explains is masked; a gap whose check
/// passes is a failure, so that none outlives its reason.
pub(crate) fn judged(gaps: &[Gap], clause: &str, outcome: Outcome) -> Outcome {
    let Some(gap) = of_clause(gaps, clause) else { return outcome };
    match outcome {
        Outcome::Failed { .. } | Outcome::Masked { .. } => Outcome::Masked { reason: gap.reason.clone() },
        Outcome::Passed => Outcome::Failed {
            message: format!(
                "stale gap: the check passes, so take the entry of {clause} out of the gap file ({})",
                gap.reason
            ),
            trace: Vec::new(),
        },
    }
}

/// The best that a check of this clause can come to: it passes, or a gap masks it.
pub(crate) fn best(gaps: &[Gap], clause: &str) -> Outcome {
    of_clause(gaps, clause).map_or(Outcome::Passed, |gap| Outcome::Masked { reason: gap.reason.clone() })
}

fn of_clause<'a>(gaps: &'a [Gap], clause: &str) -> Option<&'a Gap> {
    gaps.iter().find(|gap| gap.clause == clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Outcome {
        Outcome::Failed { message: "broken".to_owned(), trace: vec!["a step".to_owned()] }
    }

    #[test]
    fn a_gap_masks_its_clause_alone() {
        let gaps = [Gap { clause: "MSG-ACK-1".to_owned(), reason: "an emulator: why".to_owned() }];
        let masked = Outcome::Masked { reason: "an emulator: why".to_owned() };
        assert_eq!(judged(&gaps, "MSG-ACK-1", failed()), masked);
        assert_eq!(judged(&gaps, "MSG-ACK-11", failed()), failed());
        assert_eq!(judged(&gaps, "MSG-ACK-2", Outcome::Passed), Outcome::Passed);
        assert_eq!(judged(&[], "MSG-ACK-1", failed()), failed());
    }

    #[test]
    fn a_gap_whose_check_passes_is_a_failure() {
        let gaps = [Gap { clause: "MSG-ACK-1".to_owned(), reason: "an emulator: why".to_owned() }];
        let Outcome::Failed { message, .. } = judged(&gaps, "MSG-ACK-1", Outcome::Passed) else {
            panic!("a stale gap was not noticed")
        };
        assert!(message.starts_with("stale gap") && message.contains("an emulator: why"), "{message}");
    }
}
