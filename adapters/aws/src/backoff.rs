//! Pauses between attempts that the SDK does not make by itself.

use std::time::Duration;

/// Pauses before attempt `number + 1`: a random time below 50 ms, doubled for each attempt before, at most a second.
pub(crate) async fn pause(number: u32) {
    const FIRST_MS: u64 = 50;
    const LONGEST_MS: u64 = 1_000;
    let most = FIRST_MS.saturating_mul(1 << number.saturating_sub(1).min(10)).min(LONGEST_MS);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=most))).await;
}
