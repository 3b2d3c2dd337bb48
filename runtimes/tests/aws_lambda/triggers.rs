//! Every kind of trigger, on every host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyport_memory::{ManualClock, MemoryStore};
use anyport_ports::blobs::{BlobName, PutBlob};
use anyport_ports::documents::{Condition, Key};
use anyport_ports::handles::{Bucket as _, Publish, Writer};
use anyport_ports::{Clock, Error};
use anyport_runtimes::aws_lambda::LambdaSettings;
use anyport_runtimes::server::{ServerSettings, listen, start};
use anyport_runtimes::{Function, Method, NoContent, RUNTIME_COLLECTION, Surroundings, Workload};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::site::{Site, ports};
use crate::workload::{Calls, Job, Jobs, Thing, Things, Uploads, text, workload};

const QUICK: Duration = Duration::from_millis(20);

/// A function for each trigger: a request, two subscriptions, a schedule, a bucket, a collection.
fn everything(calls: &Calls) -> Workload {
    let noted = calls.clone();
    let ask = move || {
        noted.note("ask");
        async { Ok::<_, Error>(NoContent) }
    };
    workload(calls).function(Function::http("ask", Method::GET, "/ask", ask))
}

/// What each function was called with, but for the random part of a blob's state.
fn called(calls: &Calls) -> Vec<String> {
    let known = |call: String| call.strip_prefix("import imports/fine ").map_or(call.clone(), |_| "import".to_owned());
    let mut all: Vec<_> = calls.all().into_iter().map(known).collect();
    all.sort();
    all
}

async fn reach(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let reached = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}

async fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /ask HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// On the server each trigger is made to happen.
async fn on_the_server(calls: &Calls) {
    let clock = Arc::new(ManualClock::new());
    let shown: Arc<dyn Clock> = clock.clone();
    let store = MemoryStore::new(Arc::clone(&shown));
    let (memory, ports) = (Arc::new(store.handle()), ports(&store, &shown));
    let settings = ServerSettings {
        address: "127.0.0.1:0".parse().unwrap(),
        receive_wait: QUICK,
        blob_poll_interval: QUICK,
        feed_poll_interval: QUICK,
        ..ServerSettings::default()
    };
    let surroundings = Surroundings::none().provisioned_by(memory.clone()).changed_by(Some(memory.clone() as _));
    let listener = listen(&settings).await.unwrap();
    let server = start(listener, everything(calls), ports.clone(), surroundings, settings).await.unwrap();

    assert!(ask(server.address()).await.starts_with("HTTP/1.1 204"));
    Publish::<Jobs>::new(ports.messages.clone()).publish(&Job { how: "fine".to_owned() }).await.unwrap();
    let put = PutBlob::new("text/plain", "abc").unwrap();
    ports.blobs.put(&Uploads::NAME, &BlobName::new("imports/fine").unwrap(), &put).await.unwrap();
    let thing = Thing { id: "a".to_owned(), how: "fine".to_owned() };
    Writer::<Things>::new(ports.documents.clone()).put(&thing, Condition::Always).await.unwrap();
    let registered = Key::new("schedule/nightly", "registered").unwrap();
    reach("the schedule is known", async || {
        ports.documents.get(&RUNTIME_COLLECTION, &registered).await.unwrap().is_some()
    })
    .await;
    reach("all but the schedule are called", async || calls.all().len() == 5).await;
    clock.advance(Duration::from_hours(4));
    reach("the schedule is called", async || calls.all().len() == 6).await;
    server.shutdown().await;
}

/// On AWS Lambda the host tells of each.
async fn on_lambda(calls: &Calls) {
    let site = Site::with(&everything(calls), LambdaSettings::default(), Arc::new(ManualClock::new())).await;
    let put = PutBlob::new("text/plain", "abc").unwrap();
    let etag = site.ports().blobs.put(&Uploads::NAME, &BlobName::new("imports/fine").unwrap(), &put).await.unwrap();
    let queue = |name: &str| {
        json!({ "Records": [{
            "messageId": "m1", "receiptHandle": "r1", "body": text("fine"), "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {}, "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-central-1:123456789012:{name}"),
        }] })
    };
    for event in [
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/ask", "rawQueryString": "", "headers": { "host": "t" },
            "requestContext": {
                "http": { "method": "GET", "path": "/ask", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t" },
                "requestId": "r1", "routeKey": "$default", "stage": "$default", "accountId": "123456789012", "apiId": "a",
                "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
            },
            "isBase64Encoded": false,
        }),
        queue("test-jobs_work"),
        queue("test-jobs_audit"),
        json!({ "Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventTime": "2026-01-01T00:00:00.000Z",
            "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "p" },
            "requestParameters": { "sourceIPAddress": "192.0.2.1" }, "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "c",
                "bucket": { "name": "test-uploads", "ownerIdentity": { "principalId": "p" }, "arn": "arn:aws:s3:::test-uploads" },
                "object": { "key": "imports/fine", "size": 3, "eTag": etag.as_str(), "sequencer": "1" },
            },
        }] }),
        json!({ "Records": [crate::streams::record("test-things", "100", "a", Some("fine"))] }),
        json!({
            "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
            "source": "aws.events", "account": "123456789012", "time": "2026-01-01T03:00:07Z", "region": "eu-central-1",
            "resources": ["arn:aws:events:eu-central-1:123456789012:rule/test-nightly"], "detail": {},
        }),
    ] {
        site.call(&event).await.unwrap();
    }
}

#[tokio::test]
async fn principle_b1_requests_messages_slots_blobs_and_changes_call_functions_on_every_host() {
    let (server, lambda) = (Calls::default(), Calls::default());
    on_the_server(&server).await;
    on_lambda(&lambda).await;
    let expected = ["ask", "audit fine", "import", "nightly 2026-01-01T03:00:00.000Z", "thing a fine", "work fine 1"];
    assert_eq!(called(&server), expected);
    assert_eq!(called(&lambda), expected);
}
