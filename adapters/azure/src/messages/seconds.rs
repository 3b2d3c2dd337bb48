//! Time as Storage counts it: in whole seconds.

use std::time::Duration;

/// The duration in whole seconds, rounded up: a message held back is never early, and a lease never too short.
pub(super) fn at_least(duration: Duration) -> i32 {
    let whole = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back_is_never_early() {
        for (millis, seconds) in [(0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (900_000, 900)] {
            assert_eq!(at_least(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
        assert_eq!(at_least(Duration::MAX), i32::MAX);
    }
}
