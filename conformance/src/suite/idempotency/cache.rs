//! The memory of completed work in front of the store.

use std::sync::Arc;

use anyport_ports::idempotency::{Claimed, Completion};

use super::stepped::Stepped;
use super::{
    Bench, RETENTION, TICK, acquire, answer, asking, claim, ensure_in_progress, ensure_is, ensure_replays, resources,
};
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-CACHE-1" => the_memory_gives_the_answers_that_the_store_would]
}

async fn the_memory_gives_the_answers_that_the_store_would(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let other = bench.process().await?;
    let counted = Stepped::planned(&bench.handle.store.documents, []);
    let below = bench.handle.over(Parts { documents: Arc::clone(&counted) as _, ..bench.below() });
    let cached = (bench.handle.make_cache)(below, bench.clock());
    let (same, different) = (claim("k")?, asking("k", "another order")?);

    let owner = acquire(&*other, &same, "work that nobody claimed").await?;
    for _ in 0..2 {
        ensure_in_progress(&*cached, &same, "work in progress").await?;
    }
    ensure_is(&other.complete(&owner, &answer(200)).await?, &Completion::Completed, "a completion elsewhere")?;
    ensure_replays(&*cached, &same, &answer(200), "work that was completed elsewhere").await?;
    let before = counted.calls();
    for _ in 0..3 {
        ensure_replays(&*cached, &same, &answer(200), "work that is known to be completed").await?;
    }
    ensure_eq!(counted.calls(), before, "calls to the store after replays of what is known");
    ensure_is(&cached.claim(&different).await?, &Claimed::Mismatch, "something else under a key that is known")?;

    // More than it remembers.
    for n in 0..8 {
        let (many, status) = (claim(&format!("one of many {n}"))?, 200 + n);
        let owner = acquire(&*cached, &many, "work that nobody claimed").await?;
        ensure_is(&cached.complete(&owner, &answer(status)).await?, &Completion::Completed, "a completion")?;
        ensure_replays(&*cached, &many, &answer(status), "work that was completed through the memory").await?;
    }
    ensure_replays(&*cached, &same, &answer(200), "work that was forgotten").await?;

    bench.pass(RETENTION.saturating_sub(TICK));
    ensure_replays(&*cached, &same, &answer(200), "known work just before its retention is over").await?;
    bench.pass(TICK);
    let anew = acquire(&*cached, &same, "known work after its retention").await?;
    ensure!(anew.attempt() == 1, "known work after its retention is attempt {}", anew.attempt());
    Ok(())
}
