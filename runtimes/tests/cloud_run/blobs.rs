//! Objects of Cloud Storage, as Eventarc tells of them.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::blobs::{BlobName, Blobs as _, PutBlob};
use anyport_ports::handles::Bucket as _;
use serde_json::json;

use crate::site::{Plan, Site};
use crate::workload::{Calls, Uploads, workload};

async fn put(site: &Site, name: &str, content: &'static str) -> String {
    let put = PutBlob::new("text/plain", content).unwrap();
    let etag = site.handle().put(&Uploads::NAME, &BlobName::new(name).unwrap(), &put).await.unwrap();
    etag.as_str().to_owned()
}

/// Fact 7.
#[tokio::test]
async fn each_state_of_a_blob_is_done_once() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let name = "imports/a \u{e9}+%.csv";
    let one = put(&site, name, "one").await;
    for _ in 0..2 {
        assert_eq!(site.service.blob_created("import", "test-uploads", name).await.status(), 204);
    }
    let two = put(&site, name, "two").await;
    assert_eq!(site.service.blob_created("import", "test-uploads", name).await.status(), 204);
    assert_eq!(calls.all(), [format!("import {name} {one}"), format!("import {name} {two}")], "by the store's own tag");
}

#[tokio::test]
async fn what_failed_comes_again_after_its_pause_and_is_given_up_in_the_end() {
    let (clock, calls) = (Arc::new(ManualClock::new()), Calls::default());
    let site = Site::planned(workload(&calls), Plan { clock: clock.clone(), ..Plan::default() }).await;
    for name in ["imports/once", "imports/retry", "imports/wrong"] {
        put(&site, name, "x").await;
    }
    let told = async |name| site.service.blob_created("import", "test-uploads", name).await.status();
    assert_eq!([told("imports/once").await, told("imports/once").await], [503, 503], "it failed, and it waits");
    clock.advance(Duration::from_mins(1));
    assert_eq!(told("imports/once").await, 204);
    assert_eq!(told("imports/wrong").await, 204, "it can never be done, which is on record");
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(told("imports/retry").await);
        clock.advance(Duration::from_mins(20));
    }
    assert_eq!(statuses, [503, 503, 503, 503, 204, 204]);
    let kept = site.records("blob/import").await;
    assert_eq!(kept.iter().filter(|record| record["state"] == "failed").count(), 2, "{kept:?}");
}

#[tokio::test]
async fn other_prefixes_other_buckets_and_blobs_that_are_gone_call_nothing() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    put(&site, "exports/a", "x").await;
    put(&site, "imports/a", "x").await;
    for (bucket, name) in [
        ("test-uploads", "exports/a"),
        ("uploads", "imports/a"),
        ("prod-uploads", "imports/a"),
        ("test-uploads", "imports/gone"),
        ("test-uploads", ""),
    ] {
        assert_eq!(site.service.blob_created("import", bucket, name).await.status(), 204, "{bucket} {name}");
    }
    let attributes = |kind| [("id", "1"), ("source", "//storage.googleapis.com/projects/_/buckets/b"), ("type", kind)];
    let object = json!({ "bucket": "test-uploads", "name": "imports/a" }).to_string();
    for (kind, data) in [
        ("google.cloud.storage.object.v1.deleted", object.as_str()),
        ("google.cloud.storage.object.v1.finalized", "{}"),
        ("google.cloud.storage.object.v1.finalized", ""),
        ("google.cloud.storage.object.v1.finalized", "\u{0}"),
        ("google.cloud.firestore.document.v1.written", object.as_str()),
        ("someone.elses", object.as_str()),
    ] {
        let answer = site.service.event("import", &attributes(kind), "application/json", data).await;
        assert_eq!(answer.status(), 204, "{kind} {data}");
    }
    assert!(calls.all().is_empty());
    assert_eq!(site.service.blob_created("import", "test-uploads", "imports/a").await.status(), 204);
    assert_eq!(calls.all().len(), 1);
}
