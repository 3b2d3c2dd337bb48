//! What others see and do at the server.

use std::collections::HashMap;

use anyport_ports::ErrorKind;
use redis::streams::StreamRangeReply;

use super::*;

#[tokio::test]
async fn the_stream_holds_cloud_events_that_anybody_reads() {
    let space = Space::new().await;
    let message = event("from-here").with_subject("Größe").unwrap().with_extension("tenant", "acme").unwrap();
    publish(&space.store, [message.into()]).await;
    let delivery = space.next(&FULFIL, LONG).await;
    space.store.dead_letter(&FULFIL, &delivery.receipt, "no stock").await.unwrap();

    let entries: StreamRangeReply = space.ask(redis::cmd("XRANGE").arg(space.key(":dead")).arg("-").arg("+")).await;
    let fields: HashMap<String, String> = entries.ids[0]
        .map
        .iter()
        .map(|(name, value)| (name.clone(), redis::from_redis_value(value.clone()).unwrap()))
        .collect();
    assert_eq!((fields["reason"].as_str(), fields["attempts"].as_str()), ("no stock", "0"));
    let event: serde_json::Value = serde_json::from_str(&fields["event"]).unwrap();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(
        (&event["id"], &event["subject"], &event["tenant"]),
        (&"from-here".into(), &"Größe".into(), &"acme".into())
    );
    assert_eq!(event["data_base64"], "AP8=");
    space.clean().await;
}

#[tokio::test]
async fn an_entry_that_another_program_added_is_delivered() {
    let space = Space::new().await;
    let theirs = r#"{"specversion":"1.0","id":"theirs","source":"cli","type":"t","tenant":"acme"}"#;
    let added: String = space.ask(redis::cmd("XADD").arg(space.key("")).arg("*").arg("event").arg(theirs)).await;
    assert!(!added.is_empty());
    let delivery = space.next(&FULFIL, LONG).await;
    assert_eq!((delivery.message.id(), delivery.attempt), ("theirs", 1));
    assert_eq!(delivery.message.extensions()["tenant"], "acme");
    space.clean().await;
}

#[tokio::test]
async fn an_entry_that_is_no_message_holds_up_none_that_is() {
    let space = Space::with_attempts(1).await;
    let _: String = space.ask(redis::cmd("XADD").arg(space.key("")).arg("*").arg("note").arg("by hand")).await;
    space.publish(["good"]).await;
    let held = space.receive(&FULFIL, 10, SHORT).await;
    assert_eq!(ids(&held), ["good"]);
    space.ack(&FULFIL, &held).await;
    // Alone, it is told.
    let begun = Instant::now();
    let dead = loop {
        let once = Receive::new(1, LONG).unwrap();
        match space.store.receive(&FULFIL.dead_letters(), once).await {
            Ok(none) => assert!(none.is_empty() && begun.elapsed() < PATIENCE, "{none:?}"),
            Err(error) => break error,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(dead.kind(), ErrorKind::Internal, "{dead}");
    space.clean().await;
}

#[tokio::test]
async fn a_stream_trimmed_by_hand_loses_what_was_trimmed_and_nothing_else() {
    let space = Space::new().await;
    space.publish(["trimmed", "lapsed", "kept"]).await;
    let begun = Instant::now();
    let held = space.receive(&FULFIL, 2, SHORT).await;
    let trimmed: u64 = space.ask(redis::cmd("XTRIM").arg(space.key("")).arg("MAXLEN").arg(1)).await;
    assert_eq!(trimmed, 2);
    space.store.nack(&FULFIL, &held[0].receipt, anyport_ports::messages::Delay::NONE).await.unwrap();
    until(begun, SHORT).await;
    let left = space.receive(&FULFIL, 10, LONG).await;
    assert_eq!(ids(&left), ["kept"]);
    space.ack(&FULFIL, &left).await;
    let (pending, _, _, _): (u64, redis::Value, redis::Value, redis::Value) =
        space.ask(redis::cmd("XPENDING").arg(space.key("")).arg("subscription")).await;
    assert_eq!(pending, 0);
    space.clean().await;
}
