//! Who gets a lease, and when.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::leases::{Held, LeaseName, Leases};
use futures_util::future::try_join_all;

use super::{Bench, TICK, ensure_rising, ensure_taken, name, race, resources, take, ttl};
use crate::built::LeaseHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::suite::documents::insistently;

pub(super) fn checks() -> Vec<Check<LeaseHandle>> {
    checks![resources;
        "LEA-ACQ-1" => of_all_who_ask_for_a_free_lease_one_gets_it,
        "LEA-ACQ-2" => a_held_lease_is_given_to_nobody,
        "LEA-EXP-1" => a_lease_is_free_when_its_time_is_over_and_not_before,
        "LEA-EXP-2" => of_all_who_ask_for_a_lapsed_lease_one_gets_it,
        "LEA-NAME-1" => leases_of_different_names_are_different,
    ]
}

/// Handles that race: as many processes.
const HANDLES: usize = 8;

async fn race_for(leases: Vec<Arc<dyn Leases>>, name: &LeaseName) -> Result<Held, Violation> {
    let ttl = ttl()?;
    let winners = race(leases, |leases| {
        let name = name.clone();
        async move { insistently(|| leases.acquire(&name, ttl)).await }
    });
    let mut winners = winners.await?;
    ensure_eq!(winners.len(), 1, "those who acquired {name:?} at once");
    winners.pop().ok_or_else(|| Violation::new("nobody"))
}

async fn of_all_who_ask_for_a_free_lease_one_gets_it(cx: Context<LeaseHandle>) -> Verdict {
    let handles = try_join_all((0..HANDLES).map(|_| cx.connect())).await?;
    // By the adapter's own time, as in earnest.
    let leases: Vec<Arc<dyn Leases>> = handles.iter().map(LeaseHandle::leases).collect();
    for text in ["never held", "another"] {
        let name = name(text)?;
        let first = race_for(leases.clone(), &name).await?;
        leases[0].release(&first).await?;
        let second = race_for(leases.clone(), &name).await?;
        ensure_rising(&[first.token, second.token])?;
    }
    Ok(())
}

async fn a_held_lease_is_given_to_nobody(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("held")?);
    let (holder, other) = (bench.leases().await?, bench.leases().await?);
    let held = take(&*holder, &name, "nobody held it").await?;
    ensure_eq!(held.name, name, "the name of the lease in hand");
    for _ in 0..2 {
        ensure_taken(&*other, &name, "another asks").await?;
        ensure_taken(&*holder, &name, "the holder asks").await?;
    }
    Ok(())
}

async fn a_lease_is_free_when_its_time_is_over_and_not_before(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("lapses")?);
    let (holder, other) = (bench.leases().await?, bench.leases().await?);
    let held = take(&*holder, &name, "nobody held it").await?;
    let length = ttl()?.length();
    ensure_eq!(held.left(anyport_memory::ManualClock::START), length, "the time that the holder is told");
    bench.pass(length.saturating_sub(TICK));
    ensure_taken(&*other, &name, "1 ms before its time is over").await?;
    bench.pass(TICK);
    let next = take(&*other, &name, "at the instant when its time is over").await?;
    ensure_taken(&*holder, &name, "the next one holds it").await?;
    ensure!(next.holder != held.holder, "two acquisitions have the holder {:?}", next.holder);
    Ok(())
}

async fn of_all_who_ask_for_a_lapsed_lease_one_gets_it(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("lapsed")?);
    let leases = try_join_all((0..HANDLES).map(|_| bench.leases())).await?;
    let mut tokens = vec![take(&*leases[0], &name, "nobody held it").await?.token];
    for _ in 0..3 {
        bench.pass(ttl()?.length() + Duration::from_secs(1));
        tokens.push(race_for(leases.clone(), &name).await?.token);
    }
    ensure_rising(&tokens)
}

async fn leases_of_different_names_are_different(cx: Context<LeaseHandle>) -> Verdict {
    let bench = Bench::of(&cx);
    let leases = bench.leases().await?;
    let names = ["a", "A", "a ", "a/b", "a%2Fb", "lease", "é", "e\u{301}", "\u{1f600}"];
    let mut held = Vec::new();
    for text in names {
        held.push(take(&*leases, &name(text)?, "only others are held").await?);
    }
    leases.release(&held[0]).await?;
    for text in &names[1..] {
        ensure_taken(&*leases, &name(text)?, "only another was released").await?;
    }
    take(&*leases, &name(names[0])?, "it was released").await.map(drop)
}
