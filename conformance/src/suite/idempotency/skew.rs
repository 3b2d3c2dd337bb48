//! Owners whose clocks differ.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::idempotency::{Claimed, Completion};
use anyport_ports::{Clock, Timestamp};

use super::{Bench, LEASE, TICK, acquire, answer, claim, ensure_is, ensure_replays, resources};
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-SKEW-1" => owners_whose_clocks_differ_do_not_both_complete]
}

/// How far clocks may be from each other, either way.
const SKEW: i64 = 5_000;

/// A clock that is off by so many milliseconds.
struct Skewed(Arc<dyn Clock>, i64);

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.now().as_millis() + self.1)
    }
}

async fn owners_whose_clocks_differ_do_not_both_complete(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let watch = bench.process().await?;
    let (mut overtaken, mut refused) = (0, 0);
    for skew in [[SKEW, -SKEW], [-SKEW, SKEW], [0, SKEW], [SKEW, 0]] {
        // Right away, when the other's clock may say that the lease is over, and just before it is.
        for after in [Duration::ZERO, LEASE.saturating_sub(TICK)] {
            let [first, second] = skew.map(|by| {
                let clock = Arc::new(Skewed(bench.clock(), by));
                bench.handle.over(Parts { clock, ..bench.below() })
            });
            let when = format!("clocks that are off by {skew:?} ms, {after:?} after the first claim");
            let claim = claim(&when)?;
            let owner = acquire(&*first, &claim, &when).await?;
            bench.pass(after);
            match second.claim(&claim).await? {
                Claimed::Acquired(other) => {
                    overtaken += 1;
                    let late = first.complete(&owner, &answer(200)).await?;
                    ensure_is(&late, &Completion::Fenced(None), &format!("{when}: the owner that was taken over"))?;
                    let completion = second.complete(&other, &answer(201)).await?;
                    ensure_is(&completion, &Completion::Completed, &format!("{when}: who took over"))?;
                    let late = first.complete(&owner, &answer(200)).await?;
                    ensure_is(&late, &Completion::Fenced(Some(answer(201))), &when)?;
                    ensure_replays(&*watch, &claim, &answer(201), &when).await?;
                }
                Claimed::InProgress { .. } => {
                    refused += 1;
                    let completion = first.complete(&owner, &answer(200)).await?;
                    ensure_is(&completion, &Completion::Completed, &format!("{when}: the only owner"))?;
                    ensure_replays(&*second, &claim, &answer(200), &when).await?;
                }
                other => return Err(Violation::new(format!("{when}: {other:?}"))),
            }
        }
    }
    ensure!(overtaken > 0 && refused > 0, "{overtaken} were taken over and {refused} were not: the check is too mild");
    Ok(())
}
