//! Pauses between attempts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Pauses that double from the first to the longest. Each is drawn at random between half of that and the whole, so that
/// callers who failed together do not come back together.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    state: AtomicU64,
}

impl Backoff {
    /// Pauses of a seed: the same seed gives the same pauses, and two processes should not have the same.
    pub fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, state: AtomicU64::new(seed) }
    }

    /// The pause after so many failures in a row, from 1.
    pub fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        whole / 2 + self.drawn(whole / 2)
    }

    /// A duration between none and the whole, drawn with SplitMix64.
    fn drawn(&self, whole: Duration) -> Duration {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.state.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(mixed % nanos.saturating_add(1).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_are_spread_over_their_upper_half() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1), 7);
        for (failures, whole) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (99, 1000)] {
            let whole = Duration::from_millis(whole);
            let pauses: Vec<Duration> = (0..100).map(|_| backoff.pause(failures)).collect();
            assert!(pauses.iter().all(|pause| (whole / 2..=whole).contains(pause)), "{failures}: {pauses:?}");
            let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
            assert!(*most > *least + whole / 4, "{failures}: {least:?} to {most:?}");
        }
    }

    #[test]
    fn a_seed_gives_its_pauses_again() {
        let pauses = |seed| {
            let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1), seed);
            [1, 1, 2, 2, 3].map(|failures| backoff.pause(failures))
        };
        assert_eq!(pauses(1), pauses(1));
        assert_ne!(pauses(1), pauses(2));
    }
}
