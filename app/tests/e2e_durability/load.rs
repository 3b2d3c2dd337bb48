//! A client that keeps the server busy, and remembers every answer.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::record::{Payment, Record, Sent};
use crate::storefront_server::{Answer, Client};

/// One client in one round.
pub(crate) struct Load<'a> {
    name: String,
    client: Client,
    /// What was known before the round.
    before: &'a Record,
    rng: ChaCha8Rng,
    /// Ids of users to order for.
    users: Vec<String>,
    requests: u32,
    /// What this client has come to know.
    pub(crate) news: Record,
    /// Whether a request of it was in flight when the server was killed.
    pub(crate) was_interrupted: bool,
}

/// The server is gone.
struct Gone;

impl<'a> Load<'a> {
    pub(crate) fn new(name: String, client: Client, before: &'a Record, rng: ChaCha8Rng) -> Self {
        let users = before.users.keys().cloned().collect();
        Self { name, client, before, rng, users, requests: 0, news: Record::default(), was_interrupted: false }
    }

    /// Asks for one thing after another, until the server is killed.
    pub(crate) fn run(mut self, killed: &AtomicBool) -> Self {
        while self.step(killed).is_ok() {}
        self
    }

    fn step(&mut self, killed: &AtomicBool) -> Result<(), Gone> {
        self.requests += 1;
        match self.rng.random_range(0..100) {
            _ if self.users.is_empty() => self.create_user(killed),
            0..4 => self.create_user(killed),
            4..70 => self.place_new(killed),
            70..85 => self.place_again(killed),
            _ => self.pay(killed),
        }
    }

    fn create_user(&mut self, killed: &AtomicBool) -> Result<(), Gone> {
        let name = format!("{}-{}", self.name, self.requests);
        let body = json!({ "name": name, "email": format!("{name}@example.com") });
        let answer = self.client.try_post("/api/users", &body);
        if let Some(created) = self.acknowledged(answer, 201, killed)? {
            let id = created["id"].as_str().expect("an id").to_owned();
            self.users.push(id.clone());
            self.news.users.insert(id, created);
        }
        Ok(())
    }

    fn place_new(&mut self, killed: &AtomicBool) -> Result<(), Gone> {
        let user = self.users.choose(&mut self.rng).expect("a user").clone();
        let lines: Vec<_> = (0..self.rng.random_range(1..=4))
            .map(|number| {
                // Together not dearer than the sandbox of payments takes.
                let (quantity, price) = (self.rng.random_range(1..=10), self.rng.random_range(0..=20_000));
                json!({ "sku": format!("article-{number}"), "quantity": quantity, "unit_price_cents": price })
            })
            .collect();
        let key = (user, format!("{}-{}", self.name, self.requests));
        self.place(key, Sent { lines: lines.into(), acknowledged: None, payment: Payment::None }, killed)
    }

    /// Sends an order of an earlier round, or of this client, once more, the answer to it being lost or not; now and then
    /// with other lines, which must be refused.
    fn place_again(&mut self, killed: &AtomicBool) -> Result<(), Gone> {
        let Some((key, sent)) = self.known_order() else { return Ok(()) };
        if sent.acknowledged.is_some() && self.rng.random_bool(0.2) {
            let other = json!({ "id": key.1, "lines": [{ "sku": "other", "quantity": 1, "unit_price_cents": 1 }] });
            let answer = self.client.try_post(&format!("/api/users/{}/orders", key.0), &other);
            return self.acknowledged(answer, 409, killed).map(drop);
        }
        self.place(key, sent, killed)
    }

    fn place(&mut self, key: (String, String), sent: Sent, killed: &AtomicBool) -> Result<(), Gone> {
        self.learn(key.clone(), sent.clone());
        let body = json!({ "id": key.1, "lines": sent.lines });
        let answer = self.client.try_post(&format!("/api/users/{}/orders", key.0), &body);
        if let Some(order) = self.acknowledged(answer, 201, killed)? {
            // Another client may have paid it meanwhile.
            Sent { payment: sent.payment.max(Payment::InDoubt), ..sent.clone() }.check(&order);
            self.learn(key, Sent { acknowledged: Some(order), ..sent });
        }
        Ok(())
    }

    fn pay(&mut self, killed: &AtomicBool) -> Result<(), Gone> {
        let Some((key, sent)) = self.known_order().filter(|(_, sent)| sent.acknowledged.is_some()) else {
            return Ok(());
        };
        self.learn(key.clone(), Sent { payment: sent.payment.max(Payment::InDoubt), ..sent.clone() });
        let answer = self.client.try_post_nothing(&format!("/api/users/{}/orders/{}/payment", key.0, key.1));
        if let Some(order) = self.acknowledged(answer, 200, killed)? {
            let paid = Sent { payment: Payment::Acknowledged, ..sent };
            paid.check(&order);
            self.learn(key, paid);
        }
        Ok(())
    }

    fn learn(&mut self, key: (String, String), sent: Sent) {
        self.news.merge(Record { orders: [(key, sent)].into(), ..Record::default() });
    }

    fn known_order(&mut self) -> Option<((String, String), Sent)> {
        let orders = if self.rng.random_bool(0.5) { &self.before.orders } else { &self.news.orders };
        let at = self.rng.random_range(0..orders.len().max(1));
        orders.iter().nth(at).map(|(key, sent)| (key.clone(), sent.clone()))
    }

    /// The body of an answer with this status; `None` if the server was too busy and did nothing for sure.
    fn acknowledged(
        &mut self,
        answer: Result<Answer, ureq::Error>,
        status: u16,
        killed: &AtomicBool,
    ) -> Result<Option<Value>, Gone> {
        match answer {
            Ok(answer) if matches!(answer.status, 429 | 503) => Ok(None),
            Ok(answer) => Ok(Some(answer.expect(status).json())),
            Err(error) => {
                assert!(killed.load(Ordering::SeqCst), "the server that lives broke a connection: {error}");
                self.was_interrupted = !is_refused(&error);
                Err(Gone)
            }
        }
    }
}

/// Whether the request did not even reach the server.
fn is_refused(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        ureq::Error::ConnectionFailed => true,
        _ => false,
    }
}
