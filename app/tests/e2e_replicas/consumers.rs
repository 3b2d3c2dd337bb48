//! Consumers.

use std::collections::BTreeSet;

use crate::pair::{Pair, await_receipt, create_user, order, place, runs_of};

const CLIENTS: usize = 8;
const ORDERS_OF_EACH: usize = 25;

#[test]
fn servers_share_the_messages_and_each_is_handled_once() {
    // The relay of the outbox may publish an event that its own request is publishing at that moment: it is left out here, so
    // that each message is there once.
    let pair = Pair::start_with(&[("ANYPORT_SCHEDULES__RELAY", "0 0 29 2 *")]);
    let users = pair.at_once(CLIENTS, |number, client| {
        let user = create_user(client, &format!("user-{number}"));
        for order_number in 0..ORDERS_OF_EACH {
            place(client, &user, &order(&format!("o-{order_number}"), 100)).expect(201);
        }
        user
    });
    let mut placed = BTreeSet::new();
    for user in &users {
        for number in 0..ORDERS_OF_EACH {
            // Asked of the server that did not place it: what one writes the other reads.
            await_receipt(&pair.servers[number % 2], user, &format!("o-{number}"));
            let user_id = user.rsplit('/').next().expect("an id");
            placed.insert(format!("placed/{user_id}/o-{number}"));
        }
    }
    let shares = pair.stop().map(|log| runs_of("fulfil-order", &log));
    println!("each server's share of the messages: {:?}", shares.each_ref().map(Vec::len));
    assert!(shares.iter().all(|share| !share.is_empty()), "one server did all the work");
    let mut handled = BTreeSet::new();
    for run in shares.iter().flatten() {
        assert_eq!(run["attempt"], 1, "{run}");
        let message = run["subject"].as_str().expect("a message").to_owned();
        assert!(handled.insert(message), "handled twice: {run}");
    }
    assert_eq!(handled, placed);
}
