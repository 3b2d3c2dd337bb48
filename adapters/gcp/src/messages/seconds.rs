//! Durations in the whole seconds of Pub/Sub.

use std::time::Duration;

/// At least this long: a lease must not end early, nor a delay.
pub(super) fn at_least(duration: Duration) -> u32 {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_second_is_one() {
        for (millis, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2), (600_000, 600)] {
            assert_eq!(at_least(Duration::from_millis(millis)), seconds);
        }
    }
}
