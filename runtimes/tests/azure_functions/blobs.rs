//! Blobs.

use anyport_conformance::hosts::azure_functions::Outcome;
use anyport_ports::blobs::{BlobName, Blobs as _, PutBlob};
use anyport_ports::handles::Bucket as _;
use serde_json::json;

use crate::facts::post;
use crate::site::Site;
use crate::workload::{Calls, Uploads, workload};

#[tokio::test]
async fn each_state_of_a_blob_is_done_once() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    for etag in ["\"one\"", "\"one\"", "two"] {
        let outcomes = site.host.blob_created("test-uploads", "imports/a \u{e9}%2F.csv", b"a,b", Some(etag)).await;
        assert!(outcomes.len() == 1 && outcomes[0].is_success(), "{outcomes:?}");
    }
    assert_eq!(calls.all(), ["import imports/a \u{e9}%2F.csv one", "import imports/a \u{e9}%2F.csv two"]);
    assert!(site.host.blob_created("test-uploads", "exports/a", b"", Some("e")).await.is_empty());
}

/// Fact 10: what a blob holds may not say which blob it is.
#[tokio::test]
async fn fact_10_a_blobs_content_cannot_pass_for_another_blob() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let uri = "\"https://acc.blob.core.windows.net/test-uploads/imports/x\"";
    for (content, status) in [(r#"{"a":1}"#, 200), (r#"{"Uri":"https://acc.blob/test-uploads/imports/y"}"#, 400)] {
        let metadata = json!({ "Uri": uri, "Properties": { "Length": 4, "ETag": "e" } });
        let invocation = json!({ "Data": { "b": json!(content).to_string() }, "Metadata": metadata });
        let (told, answer) = post(&site, "import", invocation.to_string().as_bytes()).await;
        assert_eq!(told, status, "{answer}");
        assert!(status == 200 || answer["errorType"] == "Anyport.OverwrittenMetadata", "{answer}");
    }
    // Where the host hands over bytes, it looks into none of them.
    let outcomes = site.host.blob_created("test-uploads", "imports/z", br#"{"Uri":"elsewhere"}"#, Some("e")).await;
    assert!(outcomes[0].is_success(), "{outcomes:?}");
    assert_eq!(calls.all(), ["import imports/x e", "import imports/z e"]);
}

#[tokio::test]
async fn without_an_etag_the_store_is_asked() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let put = PutBlob::new("text/plain", "abc").unwrap();
    let etag = site.handle().put(&Uploads::NAME, &BlobName::new("imports/fine").unwrap(), &put).await.unwrap();
    let outcomes = site.host.blob_created("test-uploads", "imports/fine", b"abc", None).await;
    assert!(outcomes[0].is_success(), "{outcomes:?}");
    assert_eq!(calls.all(), [format!("import imports/fine {}", etag.as_str())]);
}

#[tokio::test]
async fn events_of_event_grid_tell_of_blobs_as_well() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let event = |kind: &str, container: &str, name: &str, etag: &str| {
        json!({
            "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc",
            "subject": format!("/blobServices/default/containers/{container}/blobs/{name}"), "eventType": kind, "id": "1",
            "eventTime": "2026-01-01T00:00:00Z", "dataVersion": "", "metadataVersion": "1",
            "data": { "api": "PutBlob", "contentType": "text/csv", "contentLength": 3, "blobType": "BlockBlob", "eTag": etag },
        })
    };
    let created = "Microsoft.Storage.BlobCreated";
    for (kind, container, name) in [
        (created, "test-uploads", "imports/a b"),
        (created, "test-uploads", "imports/a b"),
        (created, "test-uploads", "exports/a"),
        ("Microsoft.Storage.BlobDeleted", "test-uploads", "imports/a b"),
    ] {
        let outcome = site.host.event_grid("import", &event(kind, container, name, "0x8D")).await.unwrap();
        assert!(outcome.is_success(), "{outcome:?}");
    }
    let mut cloud = event(created, "test-uploads", "imports/cloud", "0x8E");
    cloud["type"] = cloud["eventType"].take();
    cloud.as_object_mut().unwrap().remove("eventType");
    cloud["specversion"] = json!("1.0");
    assert!(site.host.event_grid("import", &cloud).await.unwrap().is_success());
    assert_eq!(calls.all(), ["import imports/a b 0x8D", "import imports/cloud 0x8E"]);
    let foreign = site.host.event_grid("import", &event(created, "uploads", "imports/a", "0x8D")).await.unwrap();
    assert!(matches!(&foreign, Outcome::Failed(problem) if problem.contains("Anyport.WrongSource")), "{foreign:?}");
}

#[tokio::test]
async fn what_failed_is_told_and_waits_for_its_next_attempt() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    for error in ["Anyport.FunctionFailed", "Anyport.Busy"] {
        let outcomes = site.host.blob_created("test-uploads", "imports/once", b"x", Some("e")).await;
        assert!(matches!(&outcomes[0], Outcome::Failed(problem) if problem.contains(error)), "{outcomes:?}");
    }
    assert_eq!(calls.all().len(), 1);
}
