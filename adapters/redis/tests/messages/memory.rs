//! What is done leaves nothing behind.

use anyport_ports::messages::{Delay, Lease};

use super::*;

/// The bytes that all keys of the test take.
async fn usage(space: &Space) -> u64 {
    let mut total = 0;
    for key in space.keys().await {
        total += space.ask::<u64>(redis::cmd("MEMORY").arg("USAGE").arg(key).arg("SAMPLES").arg(0)).await;
    }
    total
}

/// One life of ten messages: delivered, extended, given back, delayed, given up, driven back and acknowledged.
async fn cycle(space: &Space) {
    let letters = FULFIL.dead_letters();
    publish(&space.store, (0..9).map(|entry| event(&format!("m{entry}")).into())).await;
    publish(&space.store, [delayed("delayed", Duration::from_millis(1))]).await;
    let held = space.receive(&FULFIL, 4, LONG).await;
    assert_eq!(held.len(), 4);
    space.store.extend(&FULFIL, &held[0].receipt, Lease::new(LONG).unwrap()).await.unwrap();
    space.store.nack(&FULFIL, &held[1].receipt, Delay::NONE).await.unwrap();
    space.store.nack(&FULFIL, &held[2].receipt, Delay::new(Duration::from_millis(1)).unwrap()).await.unwrap();
    space.store.dead_letter(&FULFIL, &held[3].receipt, "given up").await.unwrap();
    let dead = space.next(&letters, LONG).await;
    space.store.nack(&letters, &dead.receipt, Delay::NONE).await.unwrap();
    assert_eq!(space.store.redrive(&FULFIL, 1).await.unwrap(), 1);
    space.ack(&FULFIL, &held[..1]).await;
    let mut left = 9;
    while left > 0 {
        let wait = Receive::new(10, LONG).unwrap().waiting(PATIENCE);
        let held = space.store.receive(&FULFIL, wait).await.unwrap();
        space.ack(&FULFIL, &held).await;
        left -= held.len();
    }
}

#[tokio::test]
async fn memory_does_not_grow_with_what_was_settled() {
    let space = Space::new().await;
    for _ in 0..3 {
        cycle(&space).await;
    }
    let before = (space.keys().await.len(), usage(&space).await);
    for _ in 0..60 {
        cycle(&space).await;
    }
    for ending in ["", ":dead"] {
        let stream = space.key(ending);
        assert_eq!(space.ask::<u64>(redis::cmd("XLEN").arg(&stream)).await, 0, "entries of {stream}");
        let (pending, _, _, _): (u64, redis::Value, redis::Value, redis::Value) =
            space.ask(redis::cmd("XPENDING").arg(&stream).arg("subscription")).await;
        assert_eq!(pending, 0, "pending of {stream}");
    }
    // Sorted sets are gone when they are empty.
    let mut keys = space.keys().await;
    keys.sort();
    let topic = space.naming.of("anyport:messages:{orders}", usize::MAX);
    assert_eq!(keys, [topic, space.key(""), space.key(":dead")]);
    let after = (keys.len(), usage(&space).await);
    assert!(after.0 <= before.0 && after.1 <= before.1 + 256, "keys and bytes: {before:?} before, {after:?} after");
    space.clean().await;
}
