//! Leases, attempts and dead letters, beyond what the conformance suite asks of every adapter.

use std::time::Instant;

use anyport_ports::messages::{Batch, Delay, Lease, Receipt};

use super::*;

#[tokio::test]
async fn a_lapsed_receipt_settles_until_the_message_is_delivered_again() {
    let space = Space::new().await;
    space.publish(["kept", "late"]).await;
    let begun = Instant::now();
    let first = space.receive(&FULFIL, 2, SHORT).await;
    assert_eq!(ids(&first), ["kept", "late"]);
    until(begun, SHORT).await;
    space.ack(&FULFIL, &first[1..]).await;
    let second = space.next(&FULFIL, LONG).await;
    assert_eq!((second.message.id(), second.attempt), ("kept", 2));

    let stale = &first[0].receipt;
    space.ack(&FULFIL, &first[..1]).await;
    space.store.nack(&FULFIL, stale, Delay::NONE).await.unwrap();
    space.store.dead_letter(&FULFIL, stale, "stale").await.unwrap();
    space.store.extend(&FULFIL, stale, Lease::new(SHORT).unwrap()).await.unwrap();
    assert!(space.receive(&FULFIL, 1, LONG).await.is_empty());
    assert!(space.receive(&FULFIL.dead_letters(), 1, LONG).await.is_empty());
    space.store.nack(&FULFIL, &second.receipt, Delay::NONE).await.unwrap();
    space.store.nack(&FULFIL, &second.receipt, Delay::NONE).await.unwrap();
    let third = space.receive(&FULFIL, 2, LONG).await;
    assert_eq!((ids(&third), third[0].attempt), (vec!["kept"], 3));
    space.clean().await;
}

#[tokio::test]
async fn texts_that_are_no_receipts_settle_nothing() {
    let space = Space::new().await;
    space.publish(["held"]).await;
    let held = space.next(&FULFIL, LONG).await;
    let text = held.receipt.as_str();
    let others = ["", "/", "1-1", "1-1/x", "-", &text[..text.len() - 1], &format!("{text}0"), &"9".repeat(100_000)];
    for other in others.map(Receipt::new) {
        space.store.ack(&FULFIL, &Batch::one(other.clone())).await.unwrap();
        space.store.nack(&FULFIL, &other, Delay::NONE).await.unwrap();
        space.store.dead_letter(&FULFIL, &other, "no").await.unwrap();
    }
    // Of the same message, but of the other queue.
    space.store.ack(&FULFIL.dead_letters(), &Batch::one(held.receipt.clone())).await.unwrap();
    assert!(space.receive(&FULFIL, 1, LONG).await.is_empty(), "it is still held");
    assert_eq!(space.ask::<u64>(redis::cmd("XLEN").arg(space.key(""))).await, 1);
    space.clean().await;
}

#[tokio::test]
async fn attempts_count_through_every_way_to_come_back() {
    let space = Space::with_attempts(5).await;
    space.publish(["counted"]).await;
    for attempt in 1..=5 {
        let delivery = space.next(&FULFIL, SHORT).await;
        assert_eq!(delivery.attempt, attempt);
        match attempt {
            1 => space.store.nack(&FULFIL, &delivery.receipt, Delay::NONE).await.unwrap(),
            3 => space.store.nack(&FULFIL, &delivery.receipt, Delay::new(SHORT / 4).unwrap()).await.unwrap(),
            // After the last there is nothing left to hold back.
            5 => space.store.nack(&FULFIL, &delivery.receipt, Delay::new(LONG).unwrap()).await.unwrap(),
            // The lease ends, once for an entry that is new and once for one that came back.
            _ => {}
        }
    }
    let dead = space.receive(&FULFIL.dead_letters(), 1, LONG).await.pop().unwrap();
    assert_eq!((dead.attempt, dead.message), (1, event("counted")));
    assert_eq!(dead.dead_letter_reason.as_deref(), Some("attempts exhausted: delivered 5 times"));
    space.clean().await;
}

#[tokio::test]
async fn a_crash_at_the_last_attempt_shows_in_the_dead_letters_without_anybody_asking_for_more() {
    let space = Space::with_attempts(1).await;
    space.publish(["crashed", "in-time", "late"]).await;
    let begun = Instant::now();
    let held = space.receive(&FULFIL, 3, SHORT).await;
    space.store.extend(&FULFIL, &held[1].receipt, Lease::new(LONG).unwrap()).await.unwrap();
    until(begun, SHORT).await;
    space.ack(&FULFIL, &held[2..]).await;
    let dead = space.next(&FULFIL.dead_letters(), LONG).await;
    assert_eq!(dead.message.id(), "crashed");
    space.ack(&FULFIL, &held[1..2]).await;
    assert!(space.receive(&FULFIL.dead_letters(), 1, LONG).await.is_empty());
    space.clean().await;
}

#[tokio::test]
async fn dead_letters_stay_until_they_are_settled_or_driven_back() {
    let space = Space::new().await;
    let letters = FULFIL.dead_letters();
    space.publish(["one", "two", "three"]).await;
    for delivery in space.receive(&FULFIL, 3, LONG).await {
        space.store.dead_letter(&FULFIL, &delivery.receipt, "no \"such\" Größe").await.unwrap();
    }
    let mut two = None;
    for attempt in 1..=5 {
        let dead = space.next(&letters, LONG).await;
        // In turn: what is given back goes behind the others.
        assert_eq!(dead.message.id(), ["one", "two", "three", "one", "two"][attempt - 1]);
        assert_eq!(dead.dead_letter_reason.as_deref(), Some("no \"such\" Größe"));
        match attempt {
            1 | 2 => space.store.nack(&letters, &dead.receipt, Delay::NONE).await.unwrap(),
            3 => space.store.dead_letter(&letters, &dead.receipt, "another reason").await.unwrap(),
            4 => space.store.nack(&letters, &dead.receipt, Delay::new(LONG).unwrap()).await.unwrap(),
            _ => two = Some(dead),
        }
    }
    let two = two.unwrap();
    assert_eq!(two.attempt, 2);
    // `two` is held; `one` is held back, by nobody.
    assert_eq!(space.store.redrive(&FULFIL, 10).await.unwrap(), 2);
    let back = space.receive(&FULFIL, 10, LONG).await;
    let mut found = ids(&back);
    found.sort_unstable();
    assert_eq!(found, ["one", "three"]);
    assert!(back.iter().all(|delivery| delivery.attempt == 1 && delivery.dead_letter_reason.is_none()));
    space.store.extend(&letters, &two.receipt, Lease::new(SHORT).unwrap()).await.unwrap();
    let two = space.next(&letters, LONG).await;
    assert_eq!((two.message.id(), two.attempt), ("two", 3));
    space.store.extend(&letters, &two.receipt, Lease::new(SHORT).unwrap()).await.unwrap();
    tokio::time::sleep(SHORT).await;
    assert_eq!(space.store.redrive(&letters, 1).await.unwrap(), 1, "its lease is over");
    assert_eq!(space.next(&FULFIL, LONG).await.message, event("two"));
    space.clean().await;
}

#[tokio::test]
async fn more_dead_letters_than_one_script_moves_are_driven_back_in_one_call() {
    let space = Space::with_attempts(1).await;
    for batch in 0..12 {
        publish(&space.store, (0..10).map(|entry| event(&format!("{batch}-{entry}")).into())).await;
        for delivery in space.receive(&FULFIL, 10, LONG).await {
            space.store.nack(&FULFIL, &delivery.receipt, Delay::NONE).await.unwrap();
        }
    }
    assert_eq!(space.store.redrive(&FULFIL, 110).await.unwrap(), 110);
    assert_eq!(space.store.redrive(&FULFIL, usize::MAX).await.unwrap(), 10);
    assert_eq!(space.store.redrive(&FULFIL, 1).await.unwrap(), 0);
    assert_eq!(space.store.redrive(&FULFIL, 0).await.unwrap(), 0);
    space.clean().await;
}

#[tokio::test]
async fn what_is_delayed_comes_in_the_order_in_which_it_falls_due() {
    let space = Space::new().await;
    let begun = Instant::now();
    let late = delayed("late", SHORT);
    let soon = delayed("soon", SHORT / 2);
    publish(&space.store, [late, soon, event("now").into()]).await;
    for (id, due) in [("now", Duration::ZERO), ("soon", SHORT / 2), ("late", SHORT)] {
        assert_eq!(space.next(&FULFIL, LONG).await.message, event(id));
        assert!(begun.elapsed() >= due, "{id} came after {:?}", begun.elapsed());
    }
    space.clean().await;
}
