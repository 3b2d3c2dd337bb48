//! Work that is given up, fails, or takes longer.

use anyport_ports::idempotency::{Completion, Failed, IdempotencyExt as _, OnError, Owner, Release, Renewal};

use super::{
    Bench, LEASE, TICK, acquire, answer, asking, claim, ensure_in_progress, ensure_is, ensure_replays, resources,
};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources;
        "IDM-FREE-1" => released_work_is_anybodys,
        "IDM-FREE-2" => a_late_release_leaves_the_record,
        "IDM-RENEW-1" => renewed_work_is_in_progress_for_another_lease,
        "IDM-RENEW-2" => a_late_renewal_leaves_the_record,
        "IDM-FAIL-1" => a_failure_is_kept_as_what_it_is_or_released,
    ]
}

fn renewed(renewal: Renewal, when: &str) -> Result<Owner, Violation> {
    match renewal {
        Renewal::Renewed(owner) => Ok(owner),
        Renewal::Fenced => Err(Violation::new(format!("{when}: expected Renewed, found Fenced"))),
    }
}

async fn released_work_is_anybodys(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let owner = acquire(&*process, &claim("k")?, "work that nobody claimed").await?;
    ensure_is(&process.release(&owner).await?, &Release::Released, "a release")?;
    ensure_is(&process.release(&owner).await?, &Release::Released, "a release once more")?;
    let different = asking("k", "another order")?;
    let owner = acquire(&*other, &different, "something else after a release").await?;
    ensure_eq!(owner.attempt(), 1, "the attempt after a release");
    bench.pass(LEASE);
    ensure_is(&other.release(&owner).await?, &Release::Released, "a release past the lease")?;
    acquire(&*process, &claim("k")?, "work released past its lease").await.map(drop)
}

async fn a_late_release_leaves_the_record(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let claim = claim("k")?;
    let paused = acquire(&*process, &claim, "work that nobody claimed").await?;
    bench.pass(LEASE);
    let owner = acquire(&*other, &claim, "work past its lease").await?;
    let before = bench.document(&claim).await?;
    ensure_is(&process.release(&paused).await?, &Release::Fenced, "the release of an owner that was taken over")?;
    bench.ensure_unchanged(&claim, before.as_ref(), "a late release").await?;
    ensure_is(&other.complete(&owner, &answer(200)).await?, &Completion::Completed, "the completion of who took over")?;
    for (name, late, process) in [("taken over", &paused, &process), ("completed", &owner, &other)] {
        let release = process.release(late).await?;
        ensure_is(&release, &Release::Fenced, &format!("the release of completed work by an owner that {name}"))?;
        ensure_replays(&**process, &claim, &answer(200), "a claim after a late release").await?;
    }
    Ok(())
}

async fn renewed_work_is_in_progress_for_another_lease(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let claim = claim("k")?;
    let first = acquire(&*process, &claim, "work that nobody claimed").await?;
    let mut owner = first.clone();
    for beat in 0..3 {
        bench.pass(LEASE.saturating_sub(TICK));
        owner = renewed(process.renew(&owner).await?, &format!("renewal {beat}"))?;
        ensure_eq!(owner.attempt(), 1, "the attempt of an owner that renewed");
        bench.pass(TICK);
        ensure_in_progress(&*other, &claim, "renewed work past its first lease").await?;
        bench.pass(LEASE.saturating_sub(TICK * 2));
        ensure_in_progress(&*other, &claim, "renewed work just before its lease is over").await?;
    }
    bench.pass(TICK);
    owner = renewed(process.renew(&first).await?, "a renewal past the lease, by the owner as it was at first")?;
    ensure_in_progress(&*other, &claim, "work renewed past its lease").await?;
    let completion = process.complete(&first, &answer(200)).await?;
    ensure_is(&completion, &Completion::Completed, "the completion by the owner as it was before its renewals")?;
    ensure_is(
        &process.complete(&owner, &answer(500)).await?,
        &Completion::Completed,
        "the renewed owner's completion",
    )?;
    ensure_replays(&*other, &claim, &answer(200), "a claim of renewed work that was completed").await?;

    let claim = super::claim("not renewed any more")?;
    let owner = acquire(&*process, &claim, "work that nobody claimed").await?;
    bench.pass(LEASE / 2);
    renewed(process.renew(&owner).await?, "a renewal")?;
    bench.pass(LEASE);
    let next = acquire(&*other, &claim, "work past its renewed lease").await?;
    ensure_eq!(next.attempt(), 2, "the attempt after a renewed lease");
    Ok(())
}

async fn a_late_renewal_leaves_the_record(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let claim = claim("k")?;
    let paused = acquire(&*process, &claim, "work that nobody claimed").await?;
    bench.pass(LEASE);
    let owner = acquire(&*other, &claim, "work past its lease").await?;
    let before = bench.document(&claim).await?;
    ensure_is(&process.renew(&paused).await?, &Renewal::Fenced, "the renewal of an owner that was taken over")?;
    bench.ensure_unchanged(&claim, before.as_ref(), "a late renewal").await?;
    ensure_is(&other.complete(&owner, &answer(200)).await?, &Completion::Completed, "the completion of who took over")?;
    let before = bench.document(&claim).await?;
    for (process, late) in [(&process, &paused), (&other, &owner)] {
        ensure_is(&process.renew(late).await?, &Renewal::Fenced, "the renewal of completed work")?;
        bench.ensure_unchanged(&claim, before.as_ref(), "a renewal of completed work").await?;
    }
    Ok(())
}

async fn a_failure_is_kept_as_what_it_is_or_released(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    for on_error in [OnError::Release, OnError::StoreTerminal, OnError::StoreAll] {
        for status in [400, 409, 500] {
            let when = format!("a failure of {status} under {on_error:?}");
            let claim = claim(&when)?;
            let owner = acquire(&*process, &claim, &when).await?;
            let failed = process.fail(&owner, &answer(status), on_error).await?;
            if on_error.keeps(status) {
                ensure_is(&failed, &Failed::Kept(Completion::Completed), &when)?;
                ensure_replays(&*other, &claim, &answer(status), &when).await?;
            } else {
                ensure_is(&failed, &Failed::Released(Release::Released), &when)?;
                acquire(&*other, &claim, &when).await?;
            }
        }
    }
    Ok(())
}
