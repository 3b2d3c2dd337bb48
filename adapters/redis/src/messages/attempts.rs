//! Runs a script, again where that may help and does no harm.

use std::time::{Duration, Instant};

use anyport_ports::{ErrorKind, Result};
use redis::{Cmd, FromRedisValue};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::{Failure, unexpected};
use crate::script::Script;

/// How often a script is sent at most.
const ATTEMPTS: u32 = 3;

/// No further attempt begins after this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest pause before the second attempt; it doubles with each.
const PAUSE: Duration = Duration::from_millis(40);

/// Whether a script may be run again after an attempt whose outcome is unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Done twice, it is as good as done once.
    Harmless,
    /// Done twice, it does more than was asked for.
    Harmful,
}

/// The answer to a script. One attempt in doubt puts the whole in doubt, whatever the later ones say, unless one of them
/// succeeds.
pub(super) async fn run<T: FromRedisValue>(
    connection: &Connection,
    script: &Script,
    call: &Cmd,
    repeat: Repeat,
) -> Result<T> {
    let begun = Instant::now();
    let mut doubt: Option<Failure> = None;
    for attempt in 1.. {
        let failure = match connection.run(script, call).await {
            Ok(answer) => return redis::from_redis_value(answer).map_err(|_| unexpected("the answer to a script")),
            Err(failure) => failure,
        };
        let is_last = attempt == ATTEMPTS || begun.elapsed() >= PATIENCE;
        if failure.is_unknown() {
            if is_last || repeat == Repeat::Harmful {
                return Err(failure.of_write());
            }
            doubt = Some(failure);
        } else {
            let refusal = failure.of_write();
            if is_last || !matches!(refusal.kind(), ErrorKind::Throttled | ErrorKind::Unavailable) {
                return Err(doubt.map_or(refusal, Failure::of_write));
            }
        }
        tokio::time::sleep(jittered(PAUSE * 2_u32.pow(attempt - 1))).await;
    }
    Err(unexpected("none came"))
}

/// Half of the pause to all of it, so that those who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let (_, random) = Uuid::new_v4().as_u64_pair();
    let share = u32::try_from(random % 512).unwrap_or(0);
    pause / 2 + pause * share / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_within_their_bounds() {
        let pauses: std::collections::BTreeSet<Duration> = (0..64).map(|_| jittered(PAUSE)).collect();
        assert!(pauses.iter().all(|pause| (PAUSE / 2..=PAUSE).contains(pause)), "{pauses:?}");
        assert!(pauses.len() > 8, "{pauses:?}");
    }
}
