//! Keys over HTTP: one table of requests, and byte for byte the same answers on every host.

use std::fmt::Write as _;
use std::sync::Arc;

use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_ports::idempotency::OnError;
use anyport_ports::{CallContext, Error};
use anyport_runtimes::auth::{Authenticate, Refusal, Unauthorized};
use anyport_runtimes::{Caller, Created, Function, Idempotent, Json, Method, Principal, Workload};
use async_trait::async_trait;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::workload::Calls;

/// Where the golden file is, to be written anew by whoever sets `ANYPORT_WRITE_GOLDEN`.
const GOLDEN_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws_lambda/idempotency.golden");

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    item: String,
}

/// Takes the token for the name of the caller.
pub(crate) struct Names;

#[async_trait]
impl Authenticate for Names {
    async fn authenticate(&self, headers: &HeaderMap, _call: &CallContext) -> Result<Principal, Unauthorized> {
        let token = headers.get("authorization").ok_or(Unauthorized::Missing)?;
        let name = token.to_str().ok().and_then(|token| token.strip_prefix("Bearer "));
        name.map(|name| Principal::new("https://issuer", name)).ok_or(Unauthorized::Invalid(Refusal::Header))
    }
}

/// What the test and the handler wait for.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    called: Arc<Notify>,
    let_go: Arc<Notify>,
}

pub(crate) fn workload(calls: &Calls, signals: &Signals) -> Workload {
    let (calls, signals) = (calls.clone(), signals.clone());
    let order = move |Caller(caller): Caller, Json(order): Json<Order>| {
        calls.note(&format!("{} {}", caller.subject(), order.item));
        let (nth, signals) = (calls.all().len(), signals.clone());
        async move {
            match order.item.as_str() {
                "declined" => return Err(Error::invalid(format!("declined as number {nth}"))),
                "slow" => {
                    signals.called.notify_one();
                    signals.let_go.notified().await;
                }
                _ => {}
            }
            let item = format!("{} of {} as number {nth}", order.item, caller.subject());
            Ok(Created { location: format!("/orders/{nth}"), body: Order { item }, etag: None })
        }
    };
    let idempotent = Idempotent::required().on_error(OnError::StoreTerminal);
    Workload::new("shop").function(Function::http("order", Method::POST, "/orders", order).idempotent(idempotent))
}

/// Who is asked.
pub(crate) trait Asked {
    /// The answer, without what belongs to a connection.
    async fn ask(&self, call: &HttpCall) -> HttpReply;
}

fn call(name: &str, keys: &[&str], caller: &str, body: &str) -> HttpCall {
    let mut headers = vec![
        ("Host".to_owned(), "test".to_owned()),
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Authorization".to_owned(), format!("Bearer {caller}")),
        ("X-Request-Id".to_owned(), name.replace(' ', "-")),
    ];
    headers.extend(keys.iter().map(|key| ("Idempotency-Key".to_owned(), (*key).to_owned())));
    HttpCall { method: "POST".to_owned(), target: "/orders".to_owned(), headers, body: body.as_bytes().to_vec() }
}

/// Plays the table; what was answered, as text, and what was done.
pub(crate) async fn play(host: &impl Asked, signals: &Signals) -> String {
    let long = format!("\"{}\"", "k".repeat(256));
    let (book, pen) = (r#"{"item":"book"}"#, r#"{"item":"pen"}"#);
    let (slow, declined) = (r#"{"item":"slow"}"#, r#"{"item":"declined"}"#);
    let mut transcript = String::new();
    let mut write = |name: &str, reply: &HttpReply| {
        writeln!(transcript, "# {name}\n{}", reply.status).unwrap();
        for (name, value) in &reply.headers {
            writeln!(transcript, "{name}: {value}").unwrap();
        }
        writeln!(transcript, "\n{}\n", std::str::from_utf8(&reply.body).unwrap()).unwrap();
    };
    let table: [(&str, &[&str], &str, &str); 14] = [
        ("first", &["\"k1\""], "alice", book),
        ("replay", &["\"k1\""], "alice", book),
        ("replay of the same JSON", &["\"k1\""], "alice", "{ \"item\": \"bo\\u006fk\" }"),
        ("replay by a bare token", &["k1"], "alice", book),
        ("mismatch", &["\"k1\""], "alice", pen),
        ("another caller", &["\"k1\""], "bob", book),
        ("replay to the other caller", &["\"k1\""], "bob", book),
        ("missing", &[], "alice", book),
        ("malformed", &["\"k2"], "alice", book),
        ("empty", &["\"\""], "alice", book),
        ("too long", &[&long], "alice", book),
        ("duplicated", &["\"k2\"", "\"k3\""], "alice", book),
        ("error", &["\"k4\""], "alice", declined),
        ("replay of the error", &["\"k4\""], "alice", declined),
    ];
    for (name, keys, caller, body) in table {
        write(name, &host.ask(&call(name, keys, caller, body)).await);
    }
    let keys = ["\"k5\""];
    let (first, again) = (call("slow", &keys, "alice", slow), call("in flight", &keys, "alice", slow));
    let (first, meanwhile) = tokio::join!(host.ask(&first), async {
        signals.called.notified().await;
        let meanwhile = host.ask(&again).await;
        signals.let_go.notify_one();
        meanwhile
    });
    write("slow", &first);
    write("in flight", &meanwhile);
    write("done since", &host.ask(&call("done since", &keys, "alice", slow)).await);
    transcript
}

/// Holds a transcript, and what was done, against the golden file.
pub(crate) fn hold(transcript: &str, calls: &Calls, host: &str) {
    if std::env::var_os("ANYPORT_WRITE_GOLDEN").is_some() {
        std::fs::write(GOLDEN_FILE, transcript).unwrap();
    } else {
        assert_eq!(transcript, std::fs::read_to_string(GOLDEN_FILE).unwrap(), "{host}");
    }
    assert_eq!(calls.all(), ["alice book", "bob book", "alice declined", "alice slow"], "{host}");
}
