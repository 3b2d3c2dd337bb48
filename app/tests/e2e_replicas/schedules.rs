//! Schedules.

use std::collections::BTreeSet;

use crate::pair::{Pair, runs_of};
use crate::storefront_server::{Server, eventually};

const FUNCTION: &str = "expire-unpaid-orders";

/// Slots that are waited for.
const SLOTS: usize = 8;

#[test]
fn a_slot_fires_on_one_of_the_servers_only() {
    let pair = Pair::start_with(&[("ANYPORT_SCHEDULES__EXPIRY", "* * * * * *")]);
    let runs = |server: &Server| runs_of(FUNCTION, &server.log());
    eventually("the slots have come", || {
        let count: usize = pair.servers.iter().map(|server| runs(server).len()).sum();
        (count >= SLOTS).then_some(())
    });
    let logs = pair.stop();
    let shares = logs.each_ref().map(|log| runs_of(FUNCTION, log));
    println!("each server's share of the slots: {:?}", shares.each_ref().map(Vec::len));
    let mut fired = BTreeSet::new();
    for run in shares.iter().flatten() {
        assert_eq!(run["attempt"], 1, "{run}");
        let slot = run["subject"].as_str().expect("a slot");
        assert!(fired.insert(slot), "{slot} fired twice");
    }
    assert!(fired.len() >= SLOTS, "{fired:?}");
}
