//! The deadline of an invocation.

use std::time::Duration;

/// The longest that a client is kept waiting, whatever `functionTimeout` says: the platform's load balancer.
const REQUEST: Duration = Duration::from_secs(230);

/// How long an event may take: a little less than the host's timeout, after which it restarts the whole process.
pub(super) fn of_event(timeout: Duration, margin: Duration) -> Duration {
    timeout.saturating_sub(margin.min(timeout / 5))
}

/// How long a request may take, if a function's own timeout, of which this is the longest, allows more. A request that the
/// platform cuts off goes on here all the same, so that nothing but that bounds what is claimed for it.
pub(super) fn of_request(timeout: Duration, margin: Duration, longest: Duration) -> Option<Duration> {
    let most = of_event(timeout.min(REQUEST), margin);
    (longest > most).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_over_before_the_platform_cuts_them_off() {
        let (hour, margin) = (Duration::from_hours(1), Duration::from_millis(500));
        assert_eq!(of_event(hour, margin), hour.checked_sub(margin).unwrap());
        assert_eq!(of_request(hour, margin, hour), Some(Duration::from_millis(229_500)));
        assert_eq!(of_request(hour, margin, Duration::from_mins(3)), None, "the function's own timeout is sooner");
        let second = Duration::from_secs(1);
        assert_eq!(of_event(second, margin), Duration::from_millis(800), "not half of so little");
        assert_eq!(of_request(second, margin, hour), Some(Duration::from_millis(800)));
    }
}
