//! Processes that end between any two calls to the store.

use std::time::Duration;

use anyport_ports::idempotency::{Claim, Claimed, Completion, Idempotency, Renewal};

use super::stepped::{Step, Stepped};
use super::{Bench, LEASE, TICK, acquire, answer, claim, ensure_is, ensure_replays, resources};
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-CRASH-1" => work_survives_a_crash_at_any_call]
}

/// Calls to the store that a run may make, and a few more.
const CALLS: usize = 8;

/// What a process still got to know before it ended.
enum Knew {
    Nothing,
    Acquired,
    Completed,
}

/// Claims, renews and completes, as far as it gets.
async fn run(process: &dyn Idempotency, claim: &Claim) -> Knew {
    let Ok(Claimed::Acquired(owner)) = process.claim(claim).await else { return Knew::Nothing };
    let Ok(Renewal::Renewed(owner)) = process.renew(&owner).await else { return Knew::Acquired };
    match process.complete(&owner, &answer(200)).await {
        Ok(Completion::Completed) => Knew::Completed,
        _ => Knew::Acquired,
    }
}

async fn work_survives_a_crash_at_any_call(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let other = bench.process().await?;
    let mut completed = 0;
    for stale in [false, true] {
        for calls in 0..CALLS {
            for done in [false, true] {
                let when = format!(
                    "a process that ended with its call {calls}, which was {}done, at work {}",
                    if done { "" } else { "not " },
                    if stale { "past its lease" } else { "of nobody" }
                );
                let claim = claim(&when)?;
                if stale {
                    acquire(&*other, &claim, &when).await?;
                    bench.pass(LEASE);
                }
                let last = if done { Step::Unanswered } else { Step::Lost };
                let documents = Stepped::ending(&bench.handle.store.documents, calls, last);
                let process = bench.handle.over(Parts { documents, ..bench.below() });
                let knew = run(&*process, &claim).await;
                completed += usize::from(matches!(knew, Knew::Completed));
                recover(&bench, &*other, &claim, &knew, &when).await?;
            }
        }
    }
    ensure!(completed > 0, "no process got to its end in {CALLS} calls: the check is too short");
    Ok(())
}

/// What another process finds.
async fn recover(bench: &Bench, other: &dyn Idempotency, claim: &Claim, knew: &Knew, when: &str) -> Verdict {
    if matches!(knew, Knew::Completed) {
        return ensure_replays(other, claim, &answer(200), when).await;
    }
    // Nobody got it while its lease lasted, unless it was never written.
    if let Claimed::InProgress { retry_after } = other.claim(claim).await? {
        ensure!(retry_after > Duration::ZERO && retry_after <= LEASE, "{when}: a lease of {retry_after:?} is left");
        bench.pass(retry_after.saturating_sub(TICK));
        let early = other.claim(claim).await?;
        ensure!(matches!(early, Claimed::InProgress { .. }), "{when}: before its lease is over, {early:?}");
        bench.pass(TICK);
    } else if matches!(knew, Knew::Acquired) {
        // It may have completed without getting to know.
        ensure_replays(other, claim, &answer(200), when).await?;
    }
    let next = match other.claim(claim).await? {
        Claimed::Replay(_) => return ensure_replays(other, claim, &answer(200), when).await,
        Claimed::Acquired(next) => next,
        Claimed::InProgress { .. } => {
            // Acquired by the first claim above: its own lease has begun.
            bench.pass(LEASE);
            acquire(other, claim, when).await?
        }
        Claimed::Mismatch => return Err(Violation::new(format!("{when}: the key was used for nothing else"))),
    };
    ensure_is(&other.complete(&next, &answer(201)).await?, &Completion::Completed, when)?;
    ensure_replays(other, claim, &answer(201), when).await
}
