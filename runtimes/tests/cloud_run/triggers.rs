//! Every kind of trigger.

use std::sync::Arc;

use anyport_conformance::hosts::cloud_run::firestore::{Told, encode};
use anyport_conformance::hosts::cloud_run::{Change, ChangeData, Published, Subscription};
use anyport_conformance::hosts::gateway::HttpCall;
use anyport_memory::ManualClock;
use anyport_ports::Error;
use anyport_ports::blobs::{BlobName, PutBlob};
use anyport_ports::handles::Bucket as _;
use anyport_runtimes::{Function, Method, NoContent};
use serde_json::json;

use crate::site::{Plan, Site, work};
use crate::workload::{Calls, Uploads, text, workload};

#[tokio::test]
async fn principle_b1_requests_messages_slots_blobs_and_changes_call_functions_on_cloud_run() {
    let calls = Calls::default();
    let noted = calls.clone();
    let ask = move || {
        noted.note("ask");
        async { Ok::<_, Error>(NoContent) }
    };
    let workload = workload(&calls).function(Function::http("ask", Method::GET, "/ask", ask));
    let site = Site::planned(workload, Plan { clock: Arc::new(ManualClock::new()), ..Plan::default() }).await;
    let put = PutBlob::new("text/plain", "abc").unwrap();
    let etag = site.ports().blobs.put(&Uploads::NAME, &BlobName::new("imports/fine").unwrap(), &put).await.unwrap();

    let get = HttpCall { method: "GET".to_owned(), target: "/ask".to_owned(), ..HttpCall::default() };
    assert_eq!(site.service.http(&get).await.status, 204);
    let published = Published::new(text("fine"));
    assert!(work().push(&site.service, &published, 1).await.is_acknowledged());
    assert!(
        Subscription::wrapped("audit", "test-jobs.audit").push(&site.service, &published, 1).await.is_acknowledged()
    );
    assert!(site.service.blob_created("import", "test-uploads", "imports/fine").await.is_acknowledged());
    let told = Told { document: "things/a".to_owned(), after: json!({ "how": "fine" }).as_object().cloned() };
    let change = Change {
        document: told.document.clone(),
        time: "2026-01-01T00:00:01Z".to_owned(),
        data: ChangeData::Protobuf(encode(&told)),
    };
    assert!(site.service.document_changed("thing", &change).await.is_acknowledged());
    assert!(site.service.schedule("nightly", Some("2026-01-01T03:00:07Z")).await.is_acknowledged());
    assert_eq!(
        calls.sorted(),
        [
            "ask",
            "audit fine",
            &format!("import imports/fine {}", etag.as_str()),
            "nightly 2026-01-01T03:00:00.000Z",
            "thing a fine",
            "work fine 1",
        ]
    );
}
