//! How claims, completions, releases and renewals end.

use std::time::Duration;

use super::{Owner, StoredResponse};
use crate::Timestamp;

/// How a claim ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claimed {
    /// The work is the caller's to do.
    Acquired(Owner),
    /// The work was done: its answer.
    Replay(Replay),
    /// Another is at it.
    InProgress {
        /// How long its lease has left; more than nothing.
        retry_after: Duration,
    },
    /// The key was used for something else.
    Mismatch,
}

/// The answer to work that was done before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// The answer.
    pub response: StoredResponse,
    /// Until when it is kept.
    pub expires_at: Timestamp,
    /// The correlation that the work was first asked for in.
    pub first_correlation_id: Option<String>,
}

/// How a completion ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Completion {
    /// The answer is kept.
    Completed,
    /// The work was taken over, or its record is gone; nothing was written. The answer of who took it over, if there is one
    /// already.
    Fenced(Option<StoredResponse>),
}

/// How a release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Release {
    /// Whoever asks next does the work.
    Released,
    /// The work was taken over or completed; nothing was written.
    Fenced,
}

/// How a renewal ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Renewal {
    /// The lease is whole again. The owner as it was before still counts too.
    Renewed(Owner),
    /// The work was taken over or completed, or its record is gone; nothing was written.
    Fenced,
}
