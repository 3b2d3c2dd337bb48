//! What the machine gives every workload, whatever its adapters: the time, and identifiers that nobody else makes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyport_ports::{Clock, Ids, Timer, Timestamp};
use async_trait::async_trait;
use uuid::Uuid;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let epoch = Timestamp::from_millis(0);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => epoch.plus(since),
            Err(before) => epoch.minus(before.duration()),
        }
    }
}

/// The executor's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// UUIDs of version 7 (RFC 9562), lower-case and hyphenated: within a process each sorts after the one before.
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    fn next(&self) -> String {
        Uuid::now_v7().hyphenated().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_counts_milliseconds() {
        let shown = SystemClock.now().as_millis();
        let actual = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        assert!((actual - shown).abs() < 60_000, "{shown} is not about {actual}");
    }

    #[test]
    fn identifiers_are_plain_and_in_order() {
        let made: Vec<String> = (0..10_000).map(|_| UuidIds.next()).collect();
        assert!(made.is_sorted_by(|earlier, later| earlier < later));
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        assert!(made.iter().all(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain)));
    }
}
