//! Every kind of trigger on this host.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::gateway::HttpCall;
use anyport_memory::ManualClock;
use anyport_ports::Error;
use anyport_runtimes::{Function, Method, NoContent};
use serde_json::json;

use crate::site::{Setup, Site};
use crate::workload::{Calls, text, workload};

#[tokio::test]
async fn principle_b1_requests_messages_slots_blobs_and_changes_call_functions_on_azure_functions() {
    let (clock, calls) = (Arc::new(ManualClock::new()), Calls::default());
    let noted = calls.clone();
    let ask = move || {
        noted.note("ask");
        async { Ok::<_, Error>(NoContent) }
    };
    let workload = workload(&calls).function(Function::http("ask", Method::GET, "/ask", ask));
    let site = Site::with(&workload, Setup { clock: clock.clone(), ..Setup::default() }).await;
    clock.advance(Duration::from_hours(4));
    let call = HttpCall { method: "GET".to_owned(), target: "/ask".to_owned(), ..HttpCall::default() };
    assert_eq!(site.host.http(&call).await.status, 204);
    for queue in ["test-jobs-work", "test-jobs-audit"] {
        site.host.enqueue(queue, &text("fine")).await;
    }
    assert!(site.host.blob_created("test-uploads", "imports/fine", b"abc", Some("e")).await[0].is_success());
    let change = json!({ "id": "a", "how": "fine" });
    assert!(site.host.documents_changed("test-things", &[change]).await.unwrap().is_success());
    assert!(site.host.timer("nightly").await.unwrap().is_success());
    let expected = [
        "ask",
        "audit fine",
        "import imports/fine e",
        "nightly 2026-01-01T03:00:00.000Z",
        "thing a fine",
        "work fine 1",
    ];
    assert_eq!(calls.sorted(), expected);
}
