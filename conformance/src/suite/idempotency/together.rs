//! Completions in the transaction of their effect.

use anyport_ports::documents::{Body, Condition, Partition, Put, Transaction};
use anyport_ports::idempotency::{Claim, Idempotency, Owner, Renewal};
use anyport_ports::{ErrorKind, Result};
use serde_json::json;

use super::{Bench, LEASE, acquire, answer, claim, ensure_in_progress, ensure_replays, resources};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq, expect_error};
use crate::suite::THINGS;

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-TXN-1" => an_effect_and_its_completion_happen_both_or_not_at_all]
}

const EFFECT: &str = "the effect";

fn beside(partition: &Partition) -> Result<Claim> {
    Ok(claim(partition.as_str())?.beside(THINGS, partition.clone()))
}

/// Writes who did it, and completes, in one transaction.
async fn effect(
    bench: &Bench,
    process: &dyn Idempotency,
    owner: &Owner,
    partition: &Partition,
    status: u16,
) -> Result<()> {
    let (sort, completion) = process.completion(owner, &answer(status)).await?;
    let transaction = Transaction::in_partition(partition.clone())
        .put(EFFECT, Put::new(Body::of(&json!({ "status": status }))?).when(Condition::Absent))?
        .with(sort, completion)?;
    bench.handle.store.documents.transact(&THINGS, &transaction).await.map(drop)
}

/// Which effect there is.
async fn found(bench: &Bench, partition: &Partition) -> Result<Option<u64>> {
    let document = bench.handle.store.documents.get(&THINGS, &partition.key(EFFECT)?).await?;
    Ok(document.and_then(|document| document.body.fields().get("status").and_then(serde_json::Value::as_u64)))
}

async fn an_effect_and_its_completion_happen_both_or_not_at_all(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);

    let at = Partition::new("taken over")?;
    let claim = beside(&at)?;
    let paused = acquire(&*process, &claim, "work that nobody claimed").await?;
    bench.pass(LEASE);
    let owner = acquire(&*other, &claim, "work past its lease").await?;
    let late = effect(&bench, &*process, &paused, &at, 200).await;
    expect_error(late, ErrorKind::PreconditionFailed, "the effect of an owner that was taken over")?;
    ensure_eq!(found(&bench, &at).await?, None, "the effect of an owner that was taken over");
    ensure_in_progress(&*process, &claim, "work whose first owner was too late").await?;
    effect(&bench, &*other, &owner, &at, 201).await?;
    ensure_eq!(found(&bench, &at).await?, Some(201), "the effect of who took over");
    ensure_replays(&*process, &claim, &answer(201), "work whose effect and completion were one transaction").await?;

    let at = Partition::new("renewed")?;
    let claim = beside(&at)?;
    let owner = acquire(&*process, &claim, "work that nobody claimed").await?;
    let Renewal::Renewed(renewed) = process.renew(&owner).await? else {
        return Err(Violation::new("the owner of work beside its effect cannot renew its lease"));
    };
    let outdated = effect(&bench, &*process, &owner, &at, 200).await;
    expect_error(outdated, ErrorKind::PreconditionFailed, "the effect of an owner as it was before its renewal")?;
    effect(&bench, &*process, &renewed, &at, 200).await?;
    ensure_replays(&*other, &claim, &answer(200), "work of a renewed owner").await?;

    let apart = acquire(&*process, &super::claim("apart")?, "work that nobody claimed").await?;
    let completion = process.completion(&apart, &answer(200)).await;
    expect_error(
        completion,
        ErrorKind::InvalidInput,
        "a completion for a transaction of work that is not beside its effect",
    )
}
