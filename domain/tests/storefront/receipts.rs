//! Receipts and links to them.

use std::sync::Arc;

use anyport_ports::blobs::{FetchSigned, Verb};
use anyport_ports::handles::{NamedSecret, SecretOf};
use anyport_ports::secrets::SecretValue;
use anyport_ports::{ErrorKind, Failure};
use bytes::Bytes;
use domain::orders::OrderPlaced;
use domain::receipts::{Fulfil, ReceiptKey, Receipts, is_genuine};

use crate::steps::run;
use crate::world::{World, new_order, order_id, user_id};

fn world() -> (World, OrderPlaced) {
    let world = World::new();
    world.user("ada", "ada@example.com");
    run(world.place_order().place(&user_id("ada"), new_order("o1", 3))).unwrap();
    let placed = world.told().remove(0);
    (world, placed)
}

#[test]
fn an_order_has_one_signed_receipt_however_often_it_is_fulfilled() {
    let (world, placed) = world();
    let receipt = || world.blob::<Receipts>("receipts/ada/o1.txt");
    assert_eq!(receipt(), None);
    run(world.fulfil().fulfil(&placed)).unwrap();
    let first = receipt().unwrap();
    assert!(first.starts_with("Receipt for order o1\nuser: ada\nplaced: 2026-01-01T00:00:00.000Z\n"), "{first}");
    assert!(first.contains("    3 x tea at 2.50: 7.50\n\ntotal: 7.50\nsignature: hmac-sha256 "), "{first}");
    assert!(is_genuine(&first, &SecretValue::new("a key of the tests")));

    world.store.put_secret(&ReceiptKey::NAME, "rotated");
    run(world.pay_order().pay(&placed.user_id, &placed.order_id)).unwrap();
    run(world.fulfil().fulfil(&placed)).unwrap();
    assert_eq!(receipt().unwrap(), first);
}

#[test]
fn without_a_key_nothing_is_written_and_it_is_to_be_tried_again() {
    let (world, placed) = world();
    let without_key = Fulfil { key: SecretOf::new(Arc::new(World::bare().handle())), ..world.fulfil() };
    let error = run(without_key.fulfil(&placed)).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("receipt_key_missing", ErrorKind::Unavailable));
    assert!(error.to_string().contains("receipt-key"), "{error}");
    assert_eq!(world.blob::<Receipts>("receipts/ada/o1.txt"), None);
}

#[test]
fn an_event_of_no_order_is_refused_for_good() {
    let (world, placed) = world();
    let error = run(world.fulfil().fulfil(&OrderPlaced { order_id: order_id("none"), ..placed })).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("order_not_found", ErrorKind::NotFound));
}

#[test]
fn a_link_leads_to_the_receipt_once_there_is_one() {
    let (world, placed) = world();
    let link = |order: &str| run(world.receipt_link().to(&user_id("ada"), &order_id(order)));
    assert_eq!(link("none").unwrap_err().code(), "order_not_found");
    assert_eq!(link("o1").unwrap(), None);
    run(world.fulfil().fulfil(&placed)).unwrap();
    let link = link("o1").unwrap().unwrap();
    let fetch = || run(world.memory().fetch(Verb::Get, &link.url, Bytes::new())).unwrap();
    let answer = fetch();
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with(b"Receipt for order o1\n"));
    world.wait(link.expires_at.since(anyport_memory::ManualClock::START));
    assert_eq!(fetch().status, 403);
}
