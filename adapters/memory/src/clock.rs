//! The clock of tests, which stands until it is moved.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyport_ports::{Clock, Timestamp};

/// A clock that stands still until it is advanced. Share it in an `Arc`.
#[derive(Debug)]
pub struct ManualClock {
    millis: AtomicI64,
}

impl ManualClock {
    /// Where [`ManualClock::new`] starts: 2026-01-01T00:00:00.000Z.
    pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    /// A clock that shows [`ManualClock::START`].
    pub const fn new() -> Self {
        Self::starting_at(Self::START)
    }

    /// A clock that shows this instant.
    pub const fn starting_at(instant: Timestamp) -> Self {
        Self { millis: AtomicI64::new(instant.as_millis()) }
    }

    /// Moves the clock on by this much, to the millisecond.
    pub fn advance(&self, by: Duration) {
        let moved = |millis| Some(Timestamp::from_millis(millis).plus(by).as_millis());
        // The closure never declines, so there is no failure to look at.
        let _ = self.millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new();
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:00.000Z");
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:01.500Z");
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::from_millis(i64::MAX));
    }
}
