//! Objects of S3.

use anyport_ports::blobs::{BlobName, Blobs as _, PutBlob};
use anyport_ports::handles::Bucket as _;
use serde_json::{Value, json};

use crate::site::Site;
use crate::workload::{Calls, Uploads, workload};

fn created(bucket: &str, key: &str, etag: &Value) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "p" },
        "requestParameters": { "sourceIPAddress": "192.0.2.1" }, "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "c",
            "bucket": { "name": bucket, "ownerIdentity": { "principalId": "p" }, "arn": format!("arn:aws:s3:::{bucket}") },
            "object": { "key": key, "size": 3, "eTag": etag, "sequencer": "0055AED6DCD90281E5" },
        },
    }] })
}

#[tokio::test]
async fn each_state_of_a_blob_is_done_once() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    for etag in ["one", "one", "two"] {
        assert_eq!(site.call(&created("test-uploads", "imports/a+%C3%A9.csv", &json!(etag))).await, Ok(Value::Null));
    }
    assert_eq!(calls.all(), ["import imports/a \u{e9}.csv one", "import imports/a \u{e9}.csv two"]);
}

#[tokio::test]
async fn what_failed_is_told_and_waits_for_its_next_attempt() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let event = created("test-uploads", "imports/once", &json!("e"));
    assert_eq!(site.call(&event).await.unwrap_err().error_type(), "Anyport.FunctionFailed");
    assert_eq!(site.call(&event).await.unwrap_err().error_type(), "Anyport.Busy");
    assert_eq!(calls.all().len(), 1);
}

#[tokio::test]
async fn other_prefixes_and_deletions_call_nothing_and_other_buckets_are_told() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    assert_eq!(site.call(&created("test-uploads", "exports/a", &json!("e"))).await, Ok(Value::Null));
    let mut removed = created("test-uploads", "imports/a", &json!("e"));
    removed["Records"][0]["eventName"] = json!("ObjectRemoved:Delete");
    assert_eq!(site.call(&removed).await, Ok(Value::Null));
    assert!(calls.all().is_empty());
    for (bucket, key) in [("uploads", "imports/a"), ("test-uploads", ""), ("test-uploads", "%ff")] {
        assert!(site.call(&created(bucket, key, &json!("e"))).await.is_err(), "{bucket} {key}");
    }
}

#[tokio::test]
async fn without_an_etag_the_store_is_asked() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let put = PutBlob::new("text/plain", "abc").unwrap();
    let etag = site.handle().put(&Uploads::NAME, &BlobName::new("imports/a").unwrap(), &put).await.unwrap();
    assert_eq!(site.call(&created("test-uploads", "imports/a", &Value::Null)).await, Ok(Value::Null));
    assert_eq!(calls.all(), [format!("import imports/a {}", etag.as_str())]);
}
