//! Events that are refused, and records that cannot be read.

use std::time::Duration;

use anyport_ports::documents::{Body, Key, Put};
use serde_json::json;

use super::desk::Desk;
use super::post::REFUSED;
use super::resources;
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq};
use crate::suite::{NEWS, THINGS};

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources;
        "OBX-PSN-1" => what_cannot_be_published_stops_nothing_else,
        "OBX-PSN-2" => what_cannot_be_published_is_tried_again_after_longer_and_longer,
    ]
}

async fn what_cannot_be_published_stops_nothing_else(cx: Context<OutboxHandle>) -> Verdict {
    let desk = Desk::of(&cx).await?;
    for n in 0..3 {
        desk.commit(&format!("bad {n}"), &[&format!("{REFUSED}{n}")]).await?;
        // What an older or a foreign version has written.
        let unreadable = json!({ "outbox_topic": NEWS, "outbox_due": "2026-01-01T00:00:00.000Z", "event": n });
        let key = Key::new(format!("bad {n}"), "outbox/unreadable")?;
        desk.documents().put(&THINGS, &key, &Put::new(Body::of(&unreadable)?)).await?;
    }
    desk.clock.advance(Duration::from_millis(10));
    desk.commit("mixed", &[&format!("{REFUSED}x"), "good-1"]).await?;
    desk.commit("good", &["good-2", "good-3"]).await?;
    desk.await_index(&THINGS, 10).await?;
    // Six that cannot be published wait before them, and two fit a relay.
    desk.relay_until("behind what cannot be published", 2, |post| post.ids().len() == 3).await?;
    ensure_eq!(desk.post.ids(), ["good-1", "good-2", "good-3"], "published beside what is refused");
    ensure_eq!(desk.records("good").await?, 0, "records of what was published");
    Ok(())
}

async fn what_cannot_be_published_is_tried_again_after_longer_and_longer(cx: Context<OutboxHandle>) -> Verdict {
    let desk = Desk::of(&cx).await?;
    let id = format!("{REFUSED}for a while");
    desk.commit("patient", &[&id]).await?;
    let at = anyport_ports::documents::Partition::new("patient")?;
    let relay = || async { desk.outbox.relay_partition(&THINGS, &at, &NEWS).await };
    let relayed = relay().await?;
    ensure_eq!((relayed.published, relayed.put_off), (0, 1), "what a relay says of an event that is refused");
    let mut attempts = 1;
    for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900].map(Duration::from_secs) {
        ensure_eq!(desk.post.refusals(&id), attempts, "attempts so far");
        desk.clock.advance(pause.saturating_sub(Duration::from_millis(1)));
        relay().await?;
        ensure_eq!(desk.post.refusals(&id), attempts, "attempts 1 ms before a pause of {pause:?} is over");
        desk.clock.advance(Duration::from_millis(1));
        relay().await?;
        attempts += 1;
        ensure_eq!(desk.post.refusals(&id), attempts, "attempts after a pause of {pause:?}");
        ensure_eq!(desk.records("patient").await?, 1, "records of an event that is refused");
    }
    desk.post.accept_all();
    desk.clock.advance(Duration::from_mins(15));
    desk.relay_until("accepted at last", 10, |post| post.ids() == [id.clone()]).await?;
    ensure!(desk.records("patient").await? == 0, "the record stands after its event was published");
    Ok(())
}
