//! Pauses after a store failed.

use std::time::Duration;

use anyport_ports::{Error, Retry};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that double from 100 ms to 5 s, and start anew after a success. A store that names a longer pause gets it.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    #[cfg(any(feature = "server", test))]
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub(crate) fn failed(&mut self, error: &Error) -> Duration {
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        match error.retry() {
            Retry::After(pause) => doubled.max(pause),
            _ => doubled,
        }
    }
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;

    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let mut backoff = Backoff::default();
        let error = Error::new(ErrorKind::Unavailable, "x");
        let pauses: Vec<_> = (0..8).map(|_| backoff.failed(&error).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.succeeded();
        assert_eq!(backoff.failed(&error), FIRST);
    }
}
