//! The deadline of an invocation.

use std::time::{Duration, SystemTime};

use crate::layers::Deadline;

/// No invocation takes longer: a deadline that was over this long ago is none.
const LONGEST: Duration = Duration::from_mins(15);

/// A little before the host's deadline. One that is long past is unknown: hosts that know of none say 1970. One that is just
/// past leaves nothing, which is not the same.
pub(super) fn of(host: SystemTime, now: SystemTime, margin: Duration) -> Deadline {
    match host.duration_since(now) {
        Ok(left) => Deadline::after(left.saturating_sub(margin.min(left / 5))),
        Err(past) if past.duration() < LONGEST => Deadline::after(Duration::ZERO),
        Err(_) => Deadline::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_a_little_earlier_and_one_that_is_past_is_unknown() {
        let (now, margin) = (SystemTime::now(), Duration::from_millis(500));
        let left = |host: SystemTime| of(host, now, margin).left();
        assert_eq!(left(now + Duration::from_secs(10)), Some(Duration::from_millis(9_500)));
        assert_eq!(left(now + Duration::from_secs(1)), Some(Duration::from_millis(800)), "not half of so little");
        assert_eq!(left(now), Some(Duration::ZERO), "nothing is not none");
        assert_eq!(left(now - Duration::from_secs(1)), Some(Duration::ZERO));
        assert_eq!(left(SystemTime::UNIX_EPOCH + Duration::from_mins(10)), None);
        assert_eq!(of(now, now, margin).within(margin), Duration::ZERO);
        assert_eq!(of(SystemTime::UNIX_EPOCH, now, margin).within(margin), margin, "the function's own timeout counts");
    }
}
