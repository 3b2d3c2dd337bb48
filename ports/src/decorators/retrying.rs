//! Trying again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Around, Backoff, Call, Effect};
use crate::{ErrorKind, Result, Retry, Timer};

/// Longest pause that a store may ask for, unless set otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tries again what failed and may do better: where nothing was done, by the error's advice, always; where something may
/// have been done, only what is [`Repeatable`](Effect::Repeatable).
///
/// A doubt stays: after an attempt that may have been done, a later one that is refused or fails as well is answered with
/// the `Indeterminate` of the first. So a write is never reported as in conflict with itself.
#[derive(Clone)]
pub struct Retrying {
    timer: Arc<dyn Timer>,
    backoff: Arc<Backoff>,
    attempts: u32,
    patience: Duration,
}

impl Retrying {
    /// Up to this many attempts, the first included, with these pauses between them.
    pub fn new(timer: Arc<dyn Timer>, backoff: Backoff, attempts: u32) -> Self {
        Self { timer, backoff: Arc::new(backoff), attempts, patience: PATIENCE }
    }

    /// Gives up if the store asks for a longer pause than this. Default 30 s.
    #[must_use]
    pub fn patience(mut self, longest: Duration) -> Self {
        self.patience = longest;
        self
    }
}

impl Around for Retrying {
    async fn around<T: Send, F: Future<Output = Result<T>> + Send>(
        &self,
        call: Call<'_>,
        perform: impl Fn() -> F + Send + Sync,
    ) -> Result<T> {
        let mut in_doubt = None;
        let mut attempt = 1;
        loop {
            let error = match perform().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let asked = match error.retry() {
                Retry::Backoff => Some(Duration::ZERO),
                Retry::After(pause) => Some(pause),
                Retry::IfSafe if call.effect != Effect::Once => Some(Duration::ZERO),
                _ => None,
            };
            let told = in_doubt.take().unwrap_or(error);
            let Some(asked) = asked.filter(|asked| attempt < self.attempts && *asked <= self.patience) else {
                return Err(told);
            };
            if told.kind() == ErrorKind::Indeterminate {
                in_doubt = Some(told);
            }
            self.timer.sleep(self.backoff.pause(attempt).max(asked)).await;
            attempt += 1;
        }
    }
}

impl fmt::Debug for Retrying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying")
            .field("attempts", &self.attempts)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
