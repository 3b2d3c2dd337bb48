//! Functions called by blobs, and signed URLs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_ports::blobs::{BlobName, PutBlob, SignBlobs as _, SignedUrlTtl, Verb};
use anyport_ports::documents::{Documents as _, Partition, Query};
use anyport_ports::handles::Bucket;
use anyport_ports::{BucketName, Error, ErrorKind};
use anyport_runtimes::{BlobCreated, Function, RUNTIME_COLLECTION, Workload};

use crate::client::{eventually, get, send};
use crate::site::Site;

struct Uploads;

impl Bucket for Uploads {
    const NAME: BucketName = BucketName::from_static("uploads");
}

type Calls = Arc<Mutex<Vec<String>>>;

fn workload(calls: &Calls) -> Workload {
    let calls = Arc::clone(calls);
    let uploaded = move |blob: BlobCreated<Uploads>| {
        let name = blob.name.as_str().to_owned();
        let mut calls = calls.lock().unwrap();
        calls.push(name.clone());
        let attempt = calls.iter().filter(|own| **own == name).count();
        async move {
            match (name.as_str(), attempt) {
                ("in/flaky", 1) | ("in/hopeless", _) => Err(Error::new(ErrorKind::Unavailable, "not now")),
                ("in/wrong", _) => Err(Error::invalid("no such format")),
                _ => Ok(()),
            }
        }
    };
    Workload::new("uploads").function(Function::blob_created::<Uploads, _, _>("uploaded", "in/", uploaded))
}

async fn put(site: &Site, name: &str, bytes: &'static str) {
    let put = PutBlob::new("text/plain", bytes).unwrap();
    site.ports().blobs.put(&Uploads::NAME, &BlobName::new(name).unwrap(), &put).await.unwrap();
}

/// Name and state of each record, in order of name.
async fn records(site: &Site) -> Vec<(String, String, Option<String>)> {
    let query = Query::partition(Partition::new("blob/uploaded").unwrap());
    let page = site.handle().query(&RUNTIME_COLLECTION, &query).await.unwrap();
    let text = |body: &anyport_ports::documents::Body, field: &str| body.text(field).map(str::to_owned);
    let of = |body| (text(body, "subject").unwrap(), text(body, "state").unwrap(), text(body, "code"));
    let mut records: Vec<_> = page.documents.iter().map(|document| of(&document.body)).collect();
    records.sort();
    records
}

#[tokio::test]
async fn each_state_of_a_blob_is_seen_once_across_replicas_and_failures_are_on_record() {
    let (site, calls) = (Site::new(), Calls::default());
    let servers = [site.start(workload(&calls)).await, site.start(workload(&calls)).await];
    for name in ["in/a", "out/b", "in/flaky", "in/hopeless", "in/wrong"] {
        put(&site, name, "one").await;
    }
    let record =
        |name: &str, state: &str, code: Option<&str>| (name.to_owned(), state.to_owned(), code.map(str::to_owned));
    let mut expected = vec![
        record("in/a", "done", None),
        record("in/flaky", "done", None),
        record("in/hopeless", "failed", Some("unavailable")),
        record("in/wrong", "failed", Some("invalid_input")),
    ];
    eventually("all are settled", async || (records(&site).await == expected).then_some(())).await;
    put(&site, "in/a", "two").await;
    expected.insert(0, record("in/a", "done", None));
    eventually("the new bytes are seen", async || (records(&site).await == expected).then_some(())).await;
    for server in servers {
        server.shutdown().await;
    }
    let mut calls = calls.lock().unwrap().clone();
    calls.sort();
    let hopeless = ["in/hopeless"; 5];
    assert_eq!(calls, [&["in/a", "in/a", "in/flaky", "in/flaky"][..], &hopeless, &["in/wrong"]].concat());
}

#[tokio::test]
async fn a_signed_url_is_answered_and_every_other_is_refused_with_a_problem() {
    let site = Site::new();
    let server = site.start(workload(&Calls::default())).await;
    let at = server.address();
    let name = BlobName::new("out/ä b").unwrap();
    let ttl = SignedUrlTtl::new(Duration::from_mins(1)).unwrap();
    let sign = async |verb| site.handle().sign(&Uploads::NAME, &name, verb, ttl).await.unwrap();
    let (to_put, to_get) = (sign(Verb::Put).await, sign(Verb::Get).await);

    assert_eq!(get(at, &to_get).await.problem(404), "not_found");
    let written = send(at, &format!("PUT {to_put}"), &["content-type: text/csv"], "a,b").await;
    assert!(matches!(written.status, 200 | 201), "{}", written.body);
    let read = get(at, &to_get).await;
    assert_eq!((read.status, read.body.as_str()), (200, "a,b"));
    assert_eq!(get(at, &to_put).await.problem(403), "signature_refused");
    assert_eq!(get(at, &to_get.replace("uploads", "others")).await.problem(403), "signature_refused");
    let large = "content-length: 99999999";
    let request = format!("PUT {to_put} HTTP/1.1\r\nhost: t\r\n{large}\r\n\r\n");
    assert_eq!(crate::client::raw(at, request.as_bytes()).await.problem(413), "body_too_large");
    server.shutdown().await;
}
