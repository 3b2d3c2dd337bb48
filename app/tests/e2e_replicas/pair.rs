//! Two servers on one database.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::storefront_server::{Answer, Client, Server, app, eventually};

/// Two servers on one database.
pub(crate) struct Pair {
    pub(crate) servers: [Server; 2],
    pub(crate) folder: TempDir,
}

impl Pair {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With these variables of the environment.
    pub(crate) fn start_with(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let start = || Server::spawn(app(folder.path()).envs(variables.iter().copied()));
        Self { servers: [start(), start()], folder }
    }

    /// Does something `count` times over at once, the first half on one server and the second on the other.
    pub(crate) fn at_once<T: Send>(&self, count: usize, work: impl Fn(usize, &Client) -> T + Sync) -> Vec<T> {
        let start = std::sync::Barrier::new(count);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..count)
                .map(|number| {
                    let client = self.servers[number * 2 / count].another();
                    let (work, start) = (&work, &start);
                    scope.spawn(move || {
                        start.wait();
                        work(number, &client)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        })
    }

    /// Ends both, and gives what each has logged.
    pub(crate) fn stop(self) -> [Vec<Value>; 2] {
        self.servers.iter().for_each(Server::terminate);
        self.servers.map(|server| {
            let (status, log) = server.ended();
            assert!(status.success(), "{status}");
            let bad: Vec<_> = log.iter().filter(|line| line["level"] == "ERROR").collect();
            assert!(bad.is_empty(), "{bad:?}");
            log
        })
    }
}

/// The runs of a function that succeeded, by a log: the spans of their last lines.
pub(crate) fn runs_of(function: &str, log: &[Value]) -> Vec<Value> {
    log.iter().filter(|line| line["message"] == "done" && line["function"] == function).cloned().collect()
}

/// The path of a fresh user.
pub(crate) fn create_user(client: &Client, name: &str) -> String {
    let created = client.post("/api/users", &json!({ "name": name, "email": format!("{name}@example.com") }));
    created.expect(201).location.expect("a location")
}

/// An order of one article.
pub(crate) fn order(id: &str, cents: u64) -> Value {
    json!({ "id": id, "lines": [{ "sku": "article", "quantity": 1, "unit_price_cents": cents }] })
}

/// Places an order, again as long as others are in the way.
pub(crate) fn place(client: &Client, user: &str, order: &Value) -> Answer {
    eventually("the order is placed", || {
        Some(client.post(&format!("{user}/orders"), order)).filter(|answer| answer.status != 429)
    })
}

/// Waits until an order of this user has its receipt.
pub(crate) fn await_receipt(client: &Client, user: &str, order: &str) {
    eventually("the order is fulfilled", || {
        let receipt = client.get(&format!("{user}/orders/{order}/receipt")).expect(200);
        (receipt.text_at("status") == "ready").then_some(())
    });
}
