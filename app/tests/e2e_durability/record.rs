//! What was asked of the server, and what it acknowledged.

use std::collections::BTreeMap;

use serde_json::Value;

/// Everything that clients know.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Users that were acknowledged, as they were, by id.
    pub(crate) users: BTreeMap<String, Value>,
    /// Orders that were sent, by their user's id and their own.
    pub(crate) orders: BTreeMap<(String, String), Sent>,
}

/// An order that was sent at least once.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// What was ordered.
    pub(crate) lines: Value,
    /// The answer, if there was one: the order stands.
    pub(crate) acknowledged: Option<Value>,
    pub(crate) payment: Payment,
}

/// What is known of an order's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Payment {
    None,
    InDoubt,
    Acknowledged,
}

/// How much is known.
#[derive(Debug)]
#[expect(dead_code, reason = "it is printed")]
pub(crate) struct Counts {
    pub(crate) users: usize,
    pub(crate) acknowledged: u64,
    pub(crate) in_doubt: u64,
    pub(crate) paid: u64,
}

impl Record {
    /// The record with what another has come to know.
    pub(crate) fn merge(&mut self, news: Self) {
        self.users.extend(news.users);
        for (key, sent) in news.orders {
            match self.orders.get_mut(&key) {
                None => drop(self.orders.insert(key, sent)),
                Some(standing) => {
                    if let (Some(one), Some(other)) = (&standing.acknowledged, &sent.acknowledged) {
                        assert_eq!(unpaid(one), unpaid(other), "one order, two answers");
                    }
                    standing.acknowledged = standing.acknowledged.take().or(sent.acknowledged);
                    standing.payment = standing.payment.max(sent.payment);
                }
            }
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let count = |of: fn(&Sent) -> bool| self.orders.values().filter(|sent| of(sent)).count() as u64;
        Counts {
            users: self.users.len(),
            acknowledged: count(|sent| sent.acknowledged.is_some()),
            in_doubt: count(|sent| sent.acknowledged.is_none()),
            paid: count(|sent| sent.payment == Payment::Acknowledged),
        }
    }
}

impl Sent {
    /// Checks that this is the order that was acknowledged, or, if none was, the one that was sent.
    pub(crate) fn check(&self, order: &Value) {
        assert_eq!(order["lines"], self.lines, "{self:?}, {order}");
        let cents = |line: &Value| {
            let of = |field: &str| line[field].as_u64().expect("a number");
            of("quantity") * of("unit_price_cents")
        };
        let total: u64 = self.lines.as_array().expect("lines").iter().map(cents).sum();
        assert_eq!(order["total_cents"], total, "{order}");
        if let Some(acknowledged) = &self.acknowledged {
            assert_eq!(unpaid(order), unpaid(acknowledged));
        }
        match self.payment {
            Payment::None => assert_eq!(order["status"], "placed", "{order}"),
            Payment::InDoubt => assert!(order["status"] == "placed" || order["status"] == "paid", "{order}"),
            Payment::Acknowledged => assert_eq!(order["status"], "paid", "{order}"),
        }
    }
}

/// An order without what its payment changes.
fn unpaid(order: &Value) -> Value {
    let mut order = order.clone();
    let fields = order.as_object_mut().expect("an order");
    fields.remove("status").expect("a status");
    fields.remove("payment_id");
    order
}
