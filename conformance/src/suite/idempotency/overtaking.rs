//! Claims that have read what stands no longer.

use std::sync::Arc;

use anyport_ports::idempotency::{Claimed, Completion, Idempotency, Owner, Release};
use futures_util::future::BoxFuture;

use super::stepped::{Step, Stepped};
use super::{Bench, LEASE, acquire, answer, claim, ensure_is, ensure_replays, resources};
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-CLAIM-4" => a_claim_takes_over_only_what_it_has_read]
}

/// What the owner does after a claim has read its record, past its lease, and before that claim writes.
const MEANWHILE: [&str; 4] = ["completes", "renews", "is taken over", "releases"];

async fn a_claim_takes_over_only_what_it_has_read(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    for meanwhile in MEANWHILE {
        cx.note(format!("the owner {meanwhile} after the claim has read"));
        let (owners, third) = (bench.process().await?, bench.process().await?);
        let claim = claim(meanwhile)?;
        let owner = acquire(&*owners, &claim, "work that nobody claimed").await?;
        bench.pass(LEASE);
        let happens: BoxFuture<'static, ()> = {
            let (owners, third, owner, claim) = (Arc::clone(&owners), Arc::clone(&third), owner.clone(), claim.clone());
            Box::pin(async move {
                // What became of it is looked at below.
                match meanwhile {
                    "completes" => drop(owners.complete(&owner, &answer(200)).await),
                    "renews" => drop(owners.renew(&owner).await),
                    "is taken over" => drop(third.claim(&claim).await),
                    _ => drop(owners.release(&owner).await),
                }
            })
        };
        let plan = [Step::Pass, Step::Pass, Step::After(happens)];
        let documents = Stepped::planned(&bench.handle.store.documents, plan);
        let late = bench.handle.over(Parts { documents: documents.clone() as _, ..bench.below() });
        let claimed = late.claim(&claim).await?;
        ensure!(documents.calls() >= 3, "the claim wrote before anything could happen, and was told {claimed:?}");
        judge(meanwhile, &*owners, &owner, &claimed).await?;
        if meanwhile == "completes" {
            ensure_replays(&*third, &claim, &answer(200), "a claim of work completed meanwhile").await?;
        }
    }
    Ok(())
}

async fn judge(meanwhile: &str, owners: &dyn Idempotency, owner: &Owner, claimed: &Claimed) -> Verdict {
    match (meanwhile, claimed) {
        ("completes", Claimed::Replay(_)) => Ok(()),
        ("renews", Claimed::InProgress { .. }) => {
            ensure_is(&owners.complete(owner, &answer(200)).await?, &Completion::Completed, "the owner that renewed")
        }
        ("is taken over", Claimed::InProgress { .. }) => {
            let completion = owners.complete(owner, &answer(200)).await?;
            ensure_is(&completion, &Completion::Fenced(None), "the owner that was taken over")
        }
        ("releases", Claimed::Acquired(next)) => {
            ensure_eq!(next.attempt(), 1, "the attempt at work that was released meanwhile");
            ensure_is(&owners.release(owner).await?, &Release::Fenced, "the owner that had released before")
        }
        (_, other) => {
            ensure!(false, "the owner {meanwhile} meanwhile: the claim was told {other:?}");
            Ok(())
        }
    }
}
