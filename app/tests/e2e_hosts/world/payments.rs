//! A payment gateway that fails each charge once before it does it, and does it once for each key.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anyport_conformance::services::{Act, Answer, MisbehavingService};
use serde_json::{Value, json};

/// The dearest charge that it takes, in cents.
const DEAREST: u64 = 1_000_000;

/// Starts one.
pub(super) async fn start() -> MisbehavingService {
    let service = MisbehavingService::start().await.expect("it listens");
    let seen = Mutex::new(BTreeSet::new());
    service.otherwise(move |request| {
        let key = request.header("idempotency-key").expect("a key").trim_matches('"').to_owned();
        let first = seen.lock().expect("no panic").insert(key.clone());
        if first {
            // The charge is done, and its answer is lost: only the key tells that the next is the same.
            return Act::Reset;
        }
        let charge: Value = serde_json::from_slice(&request.body).expect("JSON");
        let order = key.rsplit('/').next().expect("an order").to_owned();
        if charge["amount_cents"].as_u64().expect("an amount") > DEAREST {
            return Answer::status(402).into();
        }
        Answer::json(201, &json!({ "id": format!("payment-of-{order}") })).into()
    });
    service
}
