//! The order of tokens, and clocks that are wrong.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::Clock;

use super::{Bench, ensure_rising, ensure_taken, name, resources, take, ttl};
use crate::built::LeaseHandle;
use crate::check::{Check, Context, Verdict, checks, ensure};

pub(super) fn checks() -> Vec<Check<LeaseHandle>> {
    checks![resources;
        "LEA-TOK-1" => tokens_rise_over_releases_and_lapses,
        "LEA-SKEW-1" => wrong_clocks_never_turn_tokens_back,
    ]
}

async fn tokens_rise_over_releases_and_lapses(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, name) = (Bench::of(&cx), name("tokens")?);
    let (one, other) = (bench.leases().await?, bench.leases().await?);
    let mut tokens = Vec::new();
    let released = take(&*one, &name, "nobody held it").await?;
    tokens.push(released.token);
    one.release(&released).await?;
    tokens.push(take(&*one, &name, "it was released, and asked for by the same").await?.token);
    bench.pass(ttl()?.length());
    let lapsed = take(&*other, &name, "its time was over, and another asked").await?;
    tokens.push(lapsed.token);
    other.release(&lapsed).await?;
    // Released, and left alone for a year: whatever could be forgotten would be.
    bench.pass(Duration::from_hours(24 * 365));
    tokens.push(take(&*one, &name, "a year after a release").await?.token);
    bench.pass(Duration::from_hours(24 * 365));
    tokens.push(take(&*other, &name, "a year after it lapsed").await?.token);
    ensure_rising(&tokens)
}

/// How far each of two clocks is wrong.
const SKEW: Duration = Duration::from_secs(5);

async fn wrong_clocks_never_turn_tokens_back(cx: Context<LeaseHandle>) -> Verdict {
    let name = name("skewed")?;
    let ahead = Arc::new(ManualClock::starting_at(ManualClock::START.plus(SKEW)));
    let behind = Arc::new(ManualClock::starting_at(ManualClock::START.minus(SKEW)));
    let early = cx.connect().await?.by(Arc::clone(&ahead) as Arc<dyn Clock>);
    let late = cx.connect().await?.by(Arc::clone(&behind) as Arc<dyn Clock>);
    let pass = |time| {
        ahead.advance(time);
        behind.advance(time);
    };
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let first = take(&*late, &name, "by the clock that is behind").await?;
        // By the clock ahead it is over, by the clock of its holder it has ten seconds.
        pass(ttl()?.length().saturating_sub(2 * SKEW));
        let second = take(&*early, &name, "by the clock that is ahead").await?;
        tokens.extend([first.token, second.token]);
        ensure!(!first.left(behind.now()).is_zero(), "the first holder must believe that it holds the lease");
        ensure!(late.renew(&first, ttl()?).await?.is_none(), "who was succeeded could renew");
        late.release(&first).await?;
        ensure_taken(&*late, &name, "released by who was succeeded").await?;
        early.release(&second).await?;
    }
    ensure_rising(&tokens)
}
