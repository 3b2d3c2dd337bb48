//! Holders that renew and release, in time and late.

use std::time::Duration;

use super::{Bench, TICK, ensure_taken, name, resources, take, ttl};
use crate::built::LeaseHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};

pub(super) fn checks() -> Vec<Check<LeaseHandle>> {
    checks![resources;
        "LEA-REN-1" => a_renewed_lease_runs_from_now_under_its_token,
        "LEA-REN-2" => who_was_succeeded_renews_nothing,
        "LEA-REN-3" => who_comes_late_before_all_others_goes_on,
        "LEA-REL-1" => a_released_lease_is_free_at_once,
        "LEA-REL-2" => who_no_longer_holds_a_lease_releases_nothing,
    ]
}

/// After this a lease of 30 s still runs.
const AWHILE: Duration = Duration::from_secs(10);

async fn a_renewed_lease_runs_from_now_under_its_token(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("renewed")?);
    let (holder, other) = (bench.leases().await?, bench.leases().await?);
    let mut held = take(&*holder, &name, "nobody held it").await?;
    for renewal in 1..=3 {
        bench.pass(AWHILE);
        let renewed = holder.renew(&held, ttl()?).await?;
        let renewed = renewed.ok_or_else(|| Violation::new(format!("renewal {renewal} of a lease in hand: None")))?;
        ensure_eq!(renewed.token, held.token, "the token after renewal {renewal}");
        held = renewed;
    }
    bench.pass(ttl()?.length().saturating_sub(TICK));
    ensure_taken(&*other, &name, "1 ms before the renewed time is over").await?;
    bench.pass(TICK);
    take(&*other, &name, "when the renewed time is over").await.map(drop)
}

async fn who_was_succeeded_renews_nothing(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("paused")?);
    let (paused, other) = (bench.leases().await?, bench.leases().await?);
    let former = take(&*paused, &name, "nobody held it").await?;
    bench.pass(ttl()?.length());
    let successor = take(&*other, &name, "its holder is paused").await?;
    bench.pass(AWHILE);
    let found = paused.renew(&former, ttl()?).await?;
    ensure!(found.is_none(), "who was succeeded could renew: {found:?}");
    bench.pass(ttl()?.length().saturating_sub(AWHILE + TICK));
    ensure_taken(&*other, &name, "1 ms before the successor's time is over").await?;
    bench.pass(TICK);
    ensure!(paused.renew(&former, ttl()?).await?.is_none(), "who was succeeded could renew a lapsed lease");
    let third = take(&*other, &name, "the successor's time is over").await?;
    ensure!(other.renew(&successor, ttl()?).await?.is_none(), "the successor was succeeded, and could renew");
    other.release(&third).await?;
    ensure!(paused.renew(&former, ttl()?).await?.is_none(), "who was succeeded could renew a lease that was released");
    take(&*other, &name, "it was released, and renewed in vain").await.map(drop)
}

async fn who_comes_late_before_all_others_goes_on(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("late")?);
    let (holder, other) = (bench.leases().await?, bench.leases().await?);
    let held = take(&*holder, &name, "nobody held it").await?;
    bench.pass(ttl()?.length() + AWHILE);
    let renewed = holder.renew(&held, ttl()?).await?;
    let renewed = renewed.ok_or_else(|| Violation::new("a late renewal, with nobody else: None"))?;
    ensure_eq!(renewed.token, held.token, "the token after a late renewal");
    ensure_taken(&*other, &name, "it was renewed late").await
}

async fn a_released_lease_is_free_at_once(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("released")?);
    let (holder, other) = (bench.leases().await?, bench.leases().await?);
    for _ in 0..2 {
        let held = take(&*holder, &name, "free").await?;
        holder.release(&held).await?;
        ensure!(holder.renew(&held, ttl()?).await?.is_none(), "a released lease could be renewed");
        let next = take(&*other, &name, "just released").await?;
        other.release(&next).await?;
    }
    Ok(())
}

async fn who_no_longer_holds_a_lease_releases_nothing(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("late release")?);
    let (paused, other) = (bench.leases().await?, bench.leases().await?);
    let former = take(&*paused, &name, "nobody held it").await?;
    bench.pass(ttl()?.length());
    let successor = take(&*other, &name, "its holder is paused").await?;
    paused.release(&former).await?;
    ensure_taken(&*paused, &name, "released by who was succeeded").await?;
    let renewed = other.renew(&successor, ttl()?).await?;
    ensure!(renewed.is_some(), "the successor lost its lease to a release by who was succeeded");
    other.release(&successor).await?;
    other.release(&successor).await?;
    let third = take(&*other, &name, "released twice").await?;
    other.release(&successor).await?;
    ensure_taken(&*other, &name, "released again by an earlier holder").await?;
    other.release(&third).await?;
    Ok(())
}
