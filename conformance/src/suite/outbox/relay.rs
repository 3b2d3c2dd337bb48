//! What relays publish, and what they leave.

use std::sync::Arc;

use anyport_ports::documents::{Documents, Partition, Transaction};
use anyport_ports::messages::{Message, Outgoing};
use anyport_ports::{CallContext, ErrorKind};

use super::desk::{Desk, event};
use super::inlet::Inlet;
use super::{OTHER_NEWS, resources};
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::suite::losing::{Losing, Loss};
use crate::suite::{NEWS, OTHER_THINGS, THINGS};

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources;
        "OBX-REL-1" => an_event_comes_as_it_was_committed,
        "OBX-REL-2" => a_published_event_is_published_no_more,
        "OBX-REL-3" => no_record_is_removed_before_its_event_is_published,
        "OBX-REL-4" => a_relay_keeps_to_its_limit,
        "OBX-REL-5" => a_relay_leaves_other_topics_and_collections_alone,
        "OBX-PAR-1" => what_was_just_committed_is_published_at_once,
        "OBX-ERR-2" => messages_that_are_not_reached_lose_nothing,
    ]
}

async fn an_event_comes_as_it_was_committed(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at) = (cx.connect().await?, Partition::new("as committed")?);
    let call = CallContext::none()
        .with_request_id("request-1")
        .with_correlation_id("correlation-1")
        .with_traceparent("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
    let full = Message::new("1 full", "/conformance?a=b", "thing.happened")?
        .with_subject("Größe 😀")?
        .with_extension("tenant", "a\"b\\c")?
        .with_data("application/octet-stream", (0..=255).collect::<Vec<u8>>())?;
    let bare = Message::new("2 bare", "conformance", "thing.happened")?;
    let sent = [call.stamp(full), bare];
    let events: Vec<Outgoing> = sent.iter().cloned().map(Outgoing::from).collect();
    handle.outbox().commit(&THINGS, Transaction::in_partition(at.clone()), &NEWS, &events).await?;
    cx.connect().await?.outbox().relay_partition(&THINGS, &at, &NEWS).await?;
    let came = Inlet::of(&cx, &handle, "first").expect(2).await?;
    for (came, sent) in came.iter().zip(&sent) {
        ensure_eq!(came.extensions(), sent.extensions(), "the extension attributes of {came:?}");
        ensure!(came == sent, "{came:?} differs from what was committed in subject, data or its type");
    }
    let carried = CallContext::carried_by(came[0].extensions());
    ensure_eq!(carried.correlation_id(), Some("correlation-1"), "the correlation that comes with the event");
    ensure_eq!(carried.traceparent(), call.traceparent(), "the trace that comes with the event");
    Ok(())
}

async fn a_published_event_is_published_no_more(cx: Context<OutboxHandle>) -> Verdict {
    let desk = Desk::of(&cx).await?;
    desk.commit("once", &["a", "b", "c"]).await?;
    desk.relay_until("three events", 100, |post| post.ids().len() >= 3).await?;
    ensure_eq!(desk.records("once").await?, 0, "records after their events were published");
    for _ in 0..3 {
        desk.outbox.relay(&THINGS, &NEWS, 100).await?;
    }
    desk.outbox.relay_partition(&THINGS, &Partition::new("once")?, &NEWS).await?;
    ensure_eq!(desk.post.ids(), ["a", "b", "c"], "published by several relays, one after another");
    ensure!(desk.has_effect("once", "a").await?, "a relay has removed a document of the domain");
    Ok(())
}

async fn no_record_is_removed_before_its_event_is_published(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("kept")?);
    let losing = Losing::before(desk.documents());
    let shaky = desk.handle.outbox_over(Arc::clone(&losing) as Arc<dyn Documents>, Arc::clone(&desk.post) as _);
    let events = [event("kept", "a")?];
    shaky.commit(&THINGS, Transaction::in_partition(at.clone()), &NEWS, &events).await?;
    for round in 1..=2 {
        losing.lose(Loss::Request);
        let relayed = shaky.relay_partition(&THINGS, &at, &NEWS).await?;
        ensure_eq!(relayed.published, 1, "published by relay {round}, whose removals are lost");
        ensure_eq!(desk.post.unrecorded(), 0, "events published whose record was removed before");
        ensure_eq!(desk.records("kept").await?, 1, "records after a removal that was lost");
    }
    shaky.relay_partition(&THINGS, &at, &NEWS).await?;
    ensure_eq!(desk.post.ids(), ["a"; 3], "published, as often as it stood");
    ensure_eq!(desk.records("kept").await?, 0, "records after a removal");
    Ok(())
}

async fn a_relay_keeps_to_its_limit(cx: Context<OutboxHandle>) -> Verdict {
    let desk = Desk::of(&cx).await?;
    for partition in ["p1", "p2", "p3"] {
        desk.commit(partition, &["a", "b", "c", "d", "e"]).await?;
    }
    desk.await_index(&THINGS, 15).await?;
    for bad in [0, 101] {
        let answer = desk.outbox.relay(&THINGS, &NEWS, bad).await;
        expect_error(answer, ErrorKind::InvalidInput, &format!("a relay of {bad}"))?;
    }
    let relayed = desk.outbox.relay(&THINGS, &NEWS, 12).await?;
    cx.note(format!("relay of 12 among 15: {relayed:?}"));
    ensure_eq!((relayed.published, desk.post.ids().len()), (12, 12), "published by a relay of 12 among 15");
    ensure!(relayed.more, "a relay of 12 among 15 must say that there is more");
    desk.relay_until("fifteen events", 2, |post| post.ids().len() == 15).await?;
    let relayed = desk.cx.eventually(super::desk::PATIENCE, || async {
        let relayed = desk.outbox.relay(&THINGS, &NEWS, 12).await?;
        Ok((!relayed.more).then_some(relayed))
    });
    let relayed = relayed.await?.ok_or_else(|| Violation::new("a relay says for ever that there is more"))?;
    ensure_eq!(relayed.published, 0, "published when nothing was left");
    Ok(())
}

async fn a_relay_leaves_other_topics_and_collections_alone(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("others")?);
    let empty = || Transaction::in_partition(at.clone());
    desk.outbox.commit(&THINGS, empty(), &OTHER_NEWS, &[event("others", "other topic")?]).await?;
    desk.outbox.commit(&OTHER_THINGS, empty(), &NEWS, &[event("others", "other collection")?]).await?;
    desk.outbox.commit(&THINGS, empty(), &NEWS, &[event("others", "own")?]).await?;
    desk.await_index(&THINGS, 1).await?;
    desk.await_index(&OTHER_THINGS, 1).await?;
    desk.outbox.relay(&THINGS, &NEWS, 100).await?;
    desk.outbox.relay_partition(&THINGS, &at, &NEWS).await?;
    ensure_eq!(desk.post.ids(), ["own"], "published of this collection to this topic");
    desk.outbox.relay_partition(&OTHER_THINGS, &at, &NEWS).await?;
    desk.outbox.relay_partition(&THINGS, &at, &OTHER_NEWS).await?;
    let posted = desk.post.posted();
    let posted: Vec<_> = posted.iter().map(|posted| (posted.topic.as_str(), posted.event.message.id())).collect();
    let expected = [("news", "own"), ("news", "other collection"), ("other-news", "other topic")];
    ensure_eq!(posted, expected, "published, with the topic of each");
    Ok(())
}

async fn what_was_just_committed_is_published_at_once(cx: Context<OutboxHandle>) -> Verdict {
    let desk = Desk::of(&cx).await?;
    desk.commit("here", &["a", "b"]).await?;
    desk.commit("there", &["c"]).await?;
    let relayed = desk.outbox.relay_partition(&THINGS, &Partition::new("here")?, &NEWS).await?;
    ensure_eq!((relayed.published, relayed.put_off), (2, 0), "what the relay of a partition says it did");
    ensure_eq!(desk.post.ids(), ["a", "b"], "published by the relay of a partition");
    ensure_eq!((desk.records("here").await?, desk.records("there").await?), (0, 1), "records here and there");
    Ok(())
}

async fn messages_that_are_not_reached_lose_nothing(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("outage")?);
    desk.commit("outage", &["a", "b"]).await?;
    desk.await_index(&THINGS, 2).await?;
    for kind in [ErrorKind::Unavailable, ErrorKind::Throttled, ErrorKind::Indeterminate, ErrorKind::NotFound] {
        desk.post.fail(Some(kind));
        expect_error(desk.outbox.relay(&THINGS, &NEWS, 10).await, kind, "a relay to messages that are not reached")?;
        let answer = desk.outbox.relay_partition(&THINGS, &at, &NEWS).await;
        expect_error(answer, kind, "a relay of a partition to messages that are not reached")?;
        ensure_eq!(desk.records("outage").await?, 2, "records while messages are not reached ({kind})");
    }
    desk.post.fail(None);
    desk.relay_until("messages are reached again", 10, |post| post.ids().len() == 2).await
}
