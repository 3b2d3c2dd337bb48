//! What must hold after all that.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::record::Record;
use crate::storefront_server::{Client, eventually_within};

/// How long fulfilment may take to catch up: messages that the killed servers had in hand come back when the lease on
/// them is over, which is longer than the function's timeout.
const CAUGHT_UP_WITHIN: Duration = Duration::from_mins(2);

/// The server after its last start, and what it acknowledged before.
pub(crate) struct Aftermath<'a> {
    pub(crate) client: Client,
    pub(crate) record: &'a Record,
}

impl Aftermath<'_> {
    /// Sends every second order whose answer was lost once more: it is placed now, or was then.
    pub(crate) fn take_up_what_is_in_doubt(&self) {
        let in_doubt = self.record.orders.iter().filter(|(_, sent)| sent.acknowledged.is_none());
        for ((user, id), sent) in in_doubt.step_by(2) {
            let order =
                self.client.post(&format!("/api/users/{user}/orders"), &json!({ "id": id, "lines": sent.lines }));
            sent.check(&order.expect(201).json());
        }
    }

    /// Waits until every order that was acknowledged has its receipt, and reads it.
    pub(crate) fn wait_for_receipts(&self) {
        for ((user, id), sent) in &self.record.orders {
            let Some(acknowledged) = &sent.acknowledged else { continue };
            let path = format!("/api/users/{user}/orders/{id}/receipt");
            let url = eventually_within(CAUGHT_UP_WITHIN, "fulfilment has caught up", || {
                let receipt = self.client.get(&path).expect(200);
                (receipt.text_at("status") == "ready").then(|| receipt.text_at("url"))
            });
            let text = self.client.get(&url).expect(200).text;
            let cents = acknowledged["total_cents"].as_u64().expect("a number");
            let total = format!("\ntotal: {}.{:02}\n", cents / 100, cents % 100);
            assert!(text.starts_with(&format!("Receipt for order {id}\n")) && text.contains(&total), "{text}");
        }
    }

    /// Every user who was acknowledged is there, unchanged.
    pub(crate) fn check_users(&self) {
        for (id, user) in &self.record.users {
            assert_eq!(self.client.get(&format!("/api/users/{id}")).expect(200).json(), *user);
        }
    }

    /// Every order that was acknowledged is there, unchanged; there is none that nobody sent; and each user's totals are
    /// what the user's orders add up to, so that no order was written without them, nor they without the order.
    pub(crate) fn check_orders(&self) {
        for user in self.record.users.keys() {
            let listed = self.listed(user);
            for (id, order) in &listed {
                let sent = self.record.orders.get(&(user.clone(), id.clone()));
                sent.unwrap_or_else(|| panic!("nobody sent {order}")).check(order);
            }
            let of_user = self.record.orders.iter().filter(|((owner, _), _)| owner == user);
            for ((_, id), sent) in of_user {
                assert!(sent.acknowledged.is_none() || listed.contains_key(id), "{user} has no order {id}: {sent:?}");
            }
            let amount: u64 = listed.values().map(|order| order["total_cents"].as_u64().expect("a number")).sum();
            let totals = self.client.get(&format!("/api/users/{user}/totals")).expect(200).json();
            assert_eq!(totals, json!({ "count": listed.len(), "amount_cents": amount }), "{user}");
        }
    }

    /// All orders of a user by id.
    fn listed(&self, user: &str) -> BTreeMap<String, Value> {
        let (mut orders, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            let page = self.client.get(&format!("/api/users/{user}/orders?limit=100{cursor}")).expect(200).json();
            for order in page["items"].as_array().expect("items") {
                let id = order["id"].as_str().expect("an id").to_owned();
                assert!(orders.insert(id, order.clone()).is_none(), "listed twice: {order}");
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return orders,
            }
        }
    }
}

/// The database file is sound.
pub(crate) fn check_file(path: &Path) {
    let connection = Connection::open(path).expect("the database");
    let found: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    assert_eq!(found, "ok");
    let mut broken = connection.prepare("PRAGMA foreign_key_check").expect("a pragma");
    assert!(!broken.exists([]).expect("an answer"), "a row refers to one that is not there");
}
