//! The circuit breaker of a service.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::BreakerSettings;

/// Parts that the window moves on by.
const SLOTS: u8 = 10;

/// Counts how attempts go, and stops them for a while when too many fail: closed, open, half open.
pub(crate) struct Breaker {
    settings: BreakerSettings,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    window: Window,
}

enum Phase {
    /// Everything is let through and counted.
    Closed,
    /// Nothing is let through.
    Open { until: Instant },
    /// One attempt was let through to see, and has not ended.
    HalfOpen,
}

impl Breaker {
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        let window = Window::new(settings.window);
        Self { settings, state: Mutex::new(State { phase: Phase::Closed, window }) }
    }

    /// Lets an attempt through; or tells how long none is.
    pub(crate) fn admit(&self) -> Result<Permit<'_>, Duration> {
        let mut state = self.state();
        match state.phase {
            Phase::Closed => Ok(Permit { breaker: self, is_probe: false }),
            Phase::Open { until } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                state.phase = Phase::HalfOpen;
                Ok(Permit { breaker: self, is_probe: true })
            }
            Phase::HalfOpen => Err(self.settings.pause),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self, is_probe: bool, succeeded: bool) {
        let mut state = self.state();
        let open = Phase::Open { until: Instant::now() + self.settings.pause };
        match state.phase {
            Phase::HalfOpen if is_probe && succeeded => {
                state.phase = Phase::Closed;
                state.window = Window::new(self.settings.window);
            }
            Phase::HalfOpen if is_probe => state.phase = open,
            Phase::Closed => {
                let (calls, failures) = state.window.count(succeeded);
                let too_many = failures * 100 >= calls * u64::from(self.settings.failure_percent);
                if calls >= u64::from(self.settings.calls) && too_many {
                    state.phase = open;
                }
            }
            // An attempt from before it opened says nothing about now.
            Phase::HalfOpen | Phase::Open { .. } => {}
        }
    }
}

/// An attempt that was let through. One that is dropped without a result, as its caller gave up, is not counted.
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Permit<'_> {
    /// The attempt ended.
    pub(crate) fn ended(mut self, succeeded: bool) {
        self.breaker.ended(self.is_probe, succeeded);
        self.is_probe = false;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            // The next one is to see.
            self.breaker.state().phase = Phase::Open { until: Instant::now() };
        }
    }
}

/// Counts over a time that moves on.
struct Window {
    slot: Duration,
    began: Instant,
    slots: [Slot; SLOTS as usize],
}

#[derive(Clone, Copy, Default)]
struct Slot {
    number: u64,
    calls: u64,
    failures: u64,
}

impl Window {
    fn new(length: Duration) -> Self {
        Self { slot: length / u32::from(SLOTS), began: Instant::now(), slots: Default::default() }
    }

    /// Counts one more; gives all calls and failures of the window.
    fn count(&mut self, succeeded: bool) -> (u64, u64) {
        let passed = self.began.elapsed().as_nanos() / self.slot.as_nanos().max(1);
        let newest = u64::try_from(passed).unwrap_or(u64::MAX);
        let oldest = newest.saturating_sub(u64::from(SLOTS) - 1);
        let slot = &mut self.slots[usize::try_from(newest % u64::from(SLOTS)).unwrap_or_default()];
        if slot.number != newest {
            *slot = Slot { number: newest, ..Slot::default() };
        }
        slot.calls += 1;
        slot.failures += u64::from(!succeeded);
        let counted = self.slots.iter().filter(|slot| slot.number >= oldest);
        counted.fold((0, 0), |(calls, failures), slot| (calls + slot.calls, failures + slot.failures))
    }
}
