//! How long a record waits that could not be published.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_secs(1);

/// As long as a message may be delayed; a record is not forgotten for longer.
const LONGEST: Duration = Duration::from_mins(15);

/// The pause after this many attempts in vain: one second, then twice as long each time, up to fifteen minutes.
pub(super) fn pause_after(attempts: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    SHORTEST.saturating_mul(doubled).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_fifteen_minutes() {
        let pauses = [0, 1, 2, 3, 10, 11, u32::MAX].map(|attempts| pause_after(attempts).as_secs());
        assert_eq!(pauses, [1, 1, 2, 4, 512, 900, 900]);
    }
}
