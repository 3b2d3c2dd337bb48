//! Delays.

use std::time::Duration;

use anyport_ports::Clock as _;
use anyport_ports::documents::{Partition, Transaction};
use anyport_ports::messages::Outgoing;

use super::desk::{PATIENCE, event};
use super::inlet::Inlet;
use super::resources;
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure};
use crate::suite::{NEWS, THINGS};

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources; "OBX-DLY-1" => a_delay_counts_from_the_commit]
}

/// What is this much ahead of its time is still on time: stores count in ticks of their own.
const TICK: Duration = Duration::from_millis(100);

const DELAY: Duration = Duration::from_secs(3);

/// How much of the delay is over when the event is relayed.
const RELAYED_AFTER: Duration = Duration::from_secs(2);

async fn a_delay_counts_from_the_commit(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at, clock) = (cx.connect().await?, Partition::new("delayed")?, cx.clock());
    let (outbox, inlet) = (handle.outbox(), Inlet::of(&cx, &handle, "first"));
    let events = [Outgoing::delayed(event("delayed", "a")?.message, DELAY)?];
    let due = clock.now().plus(DELAY);
    outbox.commit(&THINGS, Transaction::in_partition(at.clone()), &NEWS, &events).await?;
    cx.pass(RELAYED_AFTER).await;
    outbox.relay_partition(&THINGS, &at, &NEWS).await?;
    let latest = clock.now().plus(DELAY.saturating_sub(RELAYED_AFTER)).plus(PATIENCE);
    loop {
        let came = inlet.take().await?;
        let now = clock.now();
        if !came.is_empty() {
            ensure!(now.plus(TICK) >= due, "delivered {:?} before its delay was over", due.since(now));
            // A delay that counts from the relay would be over two seconds later.
            let late = now.since(due);
            ensure!(late < RELAYED_AFTER, "delivered {late:?} after its delay was over: it must count from the commit");
            return Ok(());
        }
        if now >= latest {
            return Err(Violation::new("the event was not delivered after its delay"));
        }
        cx.pass(Duration::from_millis(100)).await;
    }
}
