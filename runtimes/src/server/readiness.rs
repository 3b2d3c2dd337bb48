//! Whether the server takes work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Where the server is in its life; shared by clones.
#[derive(Clone, Debug)]
pub(crate) struct Readiness(Arc<AtomicU8>);

/// A stage of the server's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// What it needs is being provisioned.
    Starting,
    /// It takes work.
    Ready,
    /// It ends what it began and takes nothing new.
    Draining,
}

impl Readiness {
    pub(crate) fn starting() -> Self {
        Self(Arc::new(AtomicU8::new(0)))
    }

    pub(crate) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Acquire) {
            0 => Stage::Starting,
            1 => Stage::Ready,
            _ => Stage::Draining,
        }
    }

    /// Stages are passed in order: what drains does not become ready again.
    pub(crate) fn enter(&self, stage: Stage) {
        self.0.fetch_max(stage as u8, Ordering::AcqRel);
    }
}
