//! What was asked for under a key.

use anyport_ports::idempotency::{Claimed, Completion, Renewal};

use super::{
    Bench, LEASE, RETENTION, acquire, answer, asking, claim, ensure_in_progress, ensure_is, ensure_replays, resources,
};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, checks};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-PRINT-1" => a_key_that_was_used_for_something_else_is_a_mismatch]
}

async fn a_key_that_was_used_for_something_else_is_a_mismatch(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let (same, different) = (claim("k")?, asking("k", "another order")?);
    let mismatch = async |when: &str| ensure_is(&other.claim(&different).await?, &Claimed::Mismatch, when);

    let owner = acquire(&*process, &same, "work that nobody claimed").await?;
    mismatch("something else while work is in progress").await?;
    ensure_in_progress(&*other, &same, "the same while it is in progress").await?;
    let renewed = process.renew(&owner).await?;
    ensure_is(&matches!(renewed, Renewal::Renewed(_)), &true, "whether the owner could renew its lease")?;
    mismatch("something else while work is in progress, renewed").await?;
    bench.pass(LEASE * 2);
    mismatch("something else past the lease").await?;
    let owner = acquire(&*other, &same, "the same past the lease").await?;
    mismatch("something else while work that was taken over is in progress").await?;
    ensure_is(&other.complete(&owner, &answer(200)).await?, &Completion::Completed, "the completion")?;
    mismatch("something else when work is completed").await?;
    ensure_replays(&*process, &same, &answer(200), "the same when it is completed").await?;
    bench.pass(RETENTION);
    acquire(&*process, &different, "something else after the retention").await.map(drop)
}
