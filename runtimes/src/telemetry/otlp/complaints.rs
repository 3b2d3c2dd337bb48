//! Failures to send, told once in a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;

/// The least time between two complaints.
const SILENCE: Duration = Duration::from_mins(1);

/// What is complained of, and since when not.
#[derive(Debug)]
pub(super) struct Complaints {
    what: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    told: Option<Instant>,
    untold: u64,
}

impl Complaints {
    pub(super) fn about(what: &'static str) -> Self {
        Self { what, state: Mutex::default() }
    }

    /// The result, told if it is a failure and none was told lately.
    pub(super) fn of(&self, result: OTelSdkResult) -> OTelSdkResult {
        if let Err(error) = &result {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.untold += 1;
            if state.told.is_none_or(|told| told.elapsed() >= SILENCE) {
                let failures = std::mem::take(&mut state.untold);
                state.told = Some(Instant::now());
                drop(state);
                tracing::warn!(what = self.what, failures, %error, "not sent to the collector: see telemetry.endpoint");
            }
        }
        result
    }
}
