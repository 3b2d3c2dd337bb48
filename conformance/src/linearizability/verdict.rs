//! What a check concludes, in words.

use std::fmt;

/// The conclusion of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Every key's operations fit a sequential order that respects real time.
    Linearizable,
    /// No such order exists.
    Violation(Violation),
    /// The search ran out of its budget: nothing is known, which is not a pass.
    Inconclusive {
        /// The key whose search was given up.
        partition: String,
        /// How many configurations it had explored.
        explored: u64,
    },
}

impl Verdict {
    /// Whether the history was shown to be linearizable.
    pub fn is_linearizable(&self) -> bool {
        matches!(self, Self::Linearizable)
    }

    /// The violation, when one was found.
    pub fn violation(&self) -> Option<&Violation> {
        match self {
            Self::Violation(violation) => Some(violation),
            Self::Linearizable | Self::Inconclusive { .. } => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linearizable => write!(f, "linearizable"),
            Self::Violation(violation) => violation.fmt(f),
            Self::Inconclusive { partition, explored } => write!(
                f,
                "inconclusive: the search of key {partition:?} was given up after {explored} configurations; \
                 raise the budget or shorten the history"
            ),
        }
    }
}

/// Why a history is not linearizable, cut off at the first return that made it impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The key.
    pub partition: String,
    /// What is wrong, in one sentence.
    pub summary: String,
    /// The longest sequence of operations that still makes sense, in its order.
    pub linearised: Vec<String>,
    /// The operations that cannot follow it, each with the state that forbids it; or, when the answers contradict
    /// each other outright, those answers.
    pub stuck: Vec<String>,
}

impl Violation {
    /// The violation as lines of text, for a report's trace.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("key {:?}: {}", self.partition, self.summary)];
        if !self.linearised.is_empty() {
            lines.push("the longest order that makes sense:".to_owned());
            lines.extend(self.linearised.iter().enumerate().map(|(at, step)| format!("  {}. {step}", at + 1)));
        }
        lines.push("what cannot be explained:".to_owned());
        lines.extend(self.stuck.iter().map(|op| format!("  - {op}")));
        lines
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}
