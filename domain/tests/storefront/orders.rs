//! Placing, listing, paying and expiring orders.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::{Clock as _, Cursor, ErrorKind, Failure};
use domain::orders::{self, NewOrder, OrderError, Status, UNPAID_FOR};

use crate::gateway::Gateway;
use crate::steps::{Plan, Stepped, Stepping, interleave, run};
use crate::world::{World, new_order, order_id, user_id};

fn world() -> World {
    let world = World::new();
    world.user("ada", "ada@example.com");
    world
}

/// The totals, checked against the orders that stand.
fn totals(world: &World) -> (u64, u64) {
    let ada = user_id("ada");
    let page = run(orders::list(&world.users(), &world.orders(), &ada, 100, None)).unwrap();
    let totals = run(orders::totals(&world.users(), &world.orders(), &ada)).unwrap();
    let amount = page.orders.iter().map(|order| order.total_cents).sum::<u64>();
    assert_eq!((totals.count, totals.amount_cents), (page.orders.len() as u64, amount), "the totals are exact");
    (totals.count, totals.amount_cents)
}

#[test]
fn an_order_is_placed_once() {
    let (world, ada) = (world(), user_id("ada"));
    let place = world.place_order();
    let placed = run(place.place(&ada, new_order("o1", 3))).unwrap();
    assert_eq!((placed.total_cents, placed.status), (750, Status::Placed));
    world.wait(Duration::from_secs(1));
    assert_eq!(run(place.place(&ada, new_order("o1", 3))).unwrap(), placed);
    assert_eq!(totals(&world), (1, 750));
    assert_eq!(world.told().len(), 1, "told when it was placed, and not when it was asked for again");

    let other = run(place.place(&ada, new_order("o1", 4))).unwrap_err();
    assert_eq!((other.code(), other.kind()), ("order_conflict", ErrorKind::Conflict));
    assert_eq!(run(orders::find(&world.users(), &world.orders(), &ada, &order_id("o1"))).unwrap(), placed);
}

#[test]
fn an_order_that_breaks_a_rule_is_refused() {
    let (world, ada) = (world(), user_id("ada"));
    let with = |change: fn(&mut NewOrder)| {
        let mut order = new_order("o1", 1);
        change(&mut order);
        run(world.place_order().place(&ada, order))
    };
    let refused: [fn(&mut NewOrder); 5] = [
        |order| order.lines.clear(),
        |order| order.lines = vec![order.lines[0].clone(); 51],
        |order| order.lines[0].quantity = 0,
        |order| order.lines[0].quantity = 1_001,
        |order| order.lines[0].unit_price_cents = 10_000_001,
    ];
    for change in refused {
        assert_eq!(with(change).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let largest = with(|order| {
        order.lines[0].quantity = 1_000;
        order.lines[0].unit_price_cents = 10_000_000;
        order.lines = vec![order.lines[0].clone(); 50];
    });
    assert_eq!(largest.unwrap().total_cents, 500_000_000_000);
    let nobody = run(world.place_order().place(&user_id("eve"), new_order("o1", 1))).unwrap_err();
    assert_eq!(nobody.code(), "user_not_found");
}

#[test]
fn totals_are_exact_however_orders_cross() {
    let ada = user_id("ada");
    for seed in 0..100 {
        let world = world();
        let services: Vec<_> = (0..8)
            .map(|_| world.place_order_on(Stepped::new(world.memory(), Plan::Well), Arc::new(world.memory())))
            .collect();
        // Eight requests for five orders.
        let runs = services
            .iter()
            .enumerate()
            .map(|(n, place)| Stepping::new(place.place(&ada, new_order(&format!("o{}", n % 5), 1))));
        for outcome in interleave(runs.collect(), seed) {
            outcome.unwrap();
        }
        assert_eq!(totals(&world), (5, 1250), "seed {seed}");
        run(world.relay_events().relay()).unwrap();
        let told: BTreeSet<_> = world.told().into_iter().map(|told| told.order_id.to_string()).collect();
        assert_eq!(told.len(), 5, "seed {seed}");
    }
}

#[test]
fn who_stops_anywhere_leaves_an_order_whole_or_not_at_all_and_asking_again_completes_it() {
    let ada = user_id("ada");
    for plan in (0..6).map(Plan::CrashAfter).chain((0..6).map(Plan::LoseAnswer)) {
        let world = world();
        let place = world.place_order_on(Stepped::new(world.memory(), plan), Arc::new(world.memory()));
        let first = run(place.place(&ada, new_order("o1", 1)));
        let stands = totals(&world).0 == 1;
        assert!(stands || first.is_err(), "{plan:?}: an order acknowledged stands");
        run(world.relay_events().relay()).unwrap();
        assert_eq!(stands, !world.told().is_empty(), "{plan:?}: an order is told of if, and only if, it stands");
        run(world.place_order().place(&ada, new_order("o1", 1))).unwrap();
        assert_eq!(totals(&world), (1, 250), "{plan:?}");
        run(world.relay_events().relay()).unwrap();
        assert_eq!(stands, world.told().is_empty(), "{plan:?}: an order is told of once");
    }
}

#[test]
fn orders_are_listed_page_by_page() {
    let (world, ada) = (world(), user_id("ada"));
    let ids = ["a", "b", "c", "d", "e"];
    for id in ids.iter().rev() {
        run(world.place_order().place(&ada, new_order(id, 1))).unwrap();
    }
    let list = |user: &str, limit, after: Option<&Cursor>| {
        run(orders::list(&world.users(), &world.orders(), &user_id(user), limit, after))
    };
    let mut listed = Vec::new();
    let mut cursor = None;
    for _ in 0..3 {
        let page = list("ada", 2, cursor.as_ref()).unwrap();
        listed.extend(page.orders.into_iter().map(|order| order.id.to_string()));
        cursor = page.next;
    }
    assert_eq!((listed, cursor), (ids.map(str::to_owned).to_vec(), None));
    let garbage = list("ada", 2, Some(&Cursor::from_text("garbage"))).unwrap_err();
    assert_eq!((garbage.code(), garbage.kind()), ("invalid_cursor", ErrorKind::InvalidInput));
    assert_eq!(list("eve", 2, None).unwrap_err().code(), "user_not_found");
}

#[test]
fn an_order_is_paid_once_and_an_expired_one_not_at_all() {
    let (world, ada) = (world(), user_id("ada"));
    for id in ["paid", "forgotten"] {
        run(world.place_order().place(&ada, new_order(id, 1))).unwrap();
    }
    let pay = world.pay_order();
    for _ in 0..2 {
        assert_eq!(run(pay.pay(&ada, &order_id("paid"))).unwrap().status, Status::Paid);
    }
    assert_eq!(run(pay.pay(&ada, &order_id("none"))).unwrap_err().code(), "order_not_found");

    world.wait(UNPAID_FOR);
    run(world.place_order().place(&ada, new_order("fresh", 1))).unwrap();
    let expire = world.expire_unpaid();
    assert_eq!(run(expire.expire(world.clock.now())).unwrap(), 0, "exactly that long is not too long");
    world.wait(Duration::from_millis(1));
    assert_eq!(run(expire.expire(world.clock.now())).unwrap(), 1);
    assert_eq!(run(expire.expire(world.clock.now())).unwrap(), 0);
    let status = |id| run(orders::find(&world.users(), &world.orders(), &ada, &order_id(id))).unwrap().status;
    assert_eq!(["paid", "forgotten", "fresh"].map(status), [Status::Paid, Status::Expired, Status::Placed]);
    assert!(matches!(run(pay.pay(&ada, &order_id("forgotten"))), Err(OrderError::Expired(_))));
}

#[test]
fn a_payment_moves_the_money_once_whatever_is_lost() {
    let (world, ada) = (world(), user_id("ada"));
    run(world.place_order().place(&ada, new_order("o1", 1))).unwrap();
    let gateway = Arc::new(Gateway::losing_answers(2));
    let pay = world.pay_order_at(&gateway);
    for _ in 0..2 {
        let lost = run(pay.pay(&ada, &order_id("o1"))).unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::Indeterminate);
    }
    let paid = run(pay.pay(&ada, &order_id("o1"))).unwrap();
    assert_eq!(paid.payment.map(|payment| payment.to_string()).as_deref(), Some("payment of ada/o1"));
    assert_eq!(gateway.moved(), [("ada/o1".to_owned(), 250)]);
}

#[test]
fn principle_p3_a_declined_payment_has_a_code_a_status_and_leaves_the_order_to_be_paid() {
    let (world, ada) = (world(), user_id("ada"));
    run(world.place_order().place(&ada, new_order("o1", 1))).unwrap();
    let declined = run(world.pay_order_at(&Arc::new(Gateway::declining())).pay(&ada, &order_id("o1"))).unwrap_err();
    assert_eq!(
        (declined.code(), declined.status(), declined.kind()),
        ("payment_declined", Some(402), ErrorKind::Conflict)
    );
    assert_eq!(run(world.pay_order().pay(&ada, &order_id("o1"))).unwrap().status, Status::Paid);
}

#[test]
fn an_order_that_expires_while_it_is_charged_is_paid() {
    let (world, ada) = (world(), user_id("ada"));
    run(world.place_order().place(&ada, new_order("o1", 1))).unwrap();
    world.wait(UNPAID_FOR + Duration::from_millis(1));
    let (expire, now) = (world.expire_unpaid(), world.clock.now());
    let meanwhile = move || assert_eq!(run(expire.expire(now)).unwrap(), 1);
    let paid = run(world.pay_order_at(&Arc::new(Gateway::while_doing(meanwhile))).pay(&ada, &order_id("o1"))).unwrap();
    assert_eq!(paid.status, Status::Paid);
}

#[test]
fn expiry_goes_through_all_pages() {
    let (world, ada) = (world(), user_id("ada"));
    for n in 0..250 {
        run(world.place_order().place(&ada, new_order(&format!("o{n}"), 1))).unwrap();
    }
    world.wait(UNPAID_FOR + Duration::from_millis(1));
    assert_eq!(run(world.expire_unpaid().expire(world.clock.now())).unwrap(), 250);
}
