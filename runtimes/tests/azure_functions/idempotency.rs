//! Keys over HTTP: byte for byte the answers of the server. And requests that come twice.

use std::sync::Arc;

use anyport_conformance::hosts::azure_functions::Notice;
use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_memory::ManualClock;
use anyport_runtimes::Surroundings;

use crate::hosts::keys::{Asked, Names, Signals, hold, play, workload};
use crate::hosts::requests::comparable;
use crate::site::{Setup, Site};
use crate::workload::Calls;

impl Asked for Site {
    async fn ask(&self, call: &HttpCall) -> HttpReply {
        comparable(self.host.http(call).await, false)
    }
}

async fn site(calls: &Calls, signals: &Signals) -> Site {
    let surroundings = Surroundings::none().authenticated_by(Some(Arc::new(Names)));
    let setup = Setup { clock: Arc::new(ManualClock::new()), surroundings, ..Setup::default() };
    Site::with(&workload(calls, signals), setup).await
}

#[tokio::test]
async fn principle_a5_keys_mean_the_same_on_azure_functions_as_on_the_server() {
    let (calls, signals) = (Calls::default(), Signals::default());
    let site = site(&calls, &signals).await;
    let transcript = play(&site, &signals).await;
    hold(&transcript, &calls, "Azure Functions");
}

/// The host sends a request again after a connection that broke, when it was carried out already.
#[tokio::test]
async fn fact_19_principle_a4_a_request_that_comes_again_after_a_broken_connection_is_done_once() {
    let (calls, signals) = (Calls::default(), Signals::default());
    let site = site(&calls, &signals).await;
    let headers =
        [("Content-Type", "application/json"), ("Authorization", "Bearer alice"), ("Idempotency-Key", "\"broken\"")];
    let call = HttpCall {
        method: "POST".to_owned(),
        target: "/orders".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: br#"{"item":"book"}"#.to_vec(),
    };
    site.host.break_connections(3);
    let reply = site.host.http(&call).await;
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    assert!(reply.headers.contains(&("idempotency-replayed".to_owned(), "true".to_owned())), "{reply:?}");
    let repeated = site.host.notices().iter().filter(|notice| matches!(notice, Notice::Repeated { .. })).count();
    assert_eq!(repeated, 3, "it came four times");
    assert_eq!(calls.all(), ["alice book"], "and was done once");
}
