//! Calls that cause each other, on every host: one correlation, one trace, each a request of its own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_conformance::hosts::gateway::{Gateway, HttpCall};
use anyport_memory::MemoryStore;
use anyport_ports::blobs::{BlobName, Blobs as _};
use anyport_ports::handles::{Bucket as _, Subscriber as _};
use anyport_ports::messages::{Messages as _, Receive, Subscription};
use anyport_ports::resources::Provision as _;
use anyport_ports::{Clock, Naming};
use anyport_runtimes::aws_lambda::{Functions, LambdaSettings};
use anyport_runtimes::logs::JsonLines;
use anyport_runtimes::server::{self, ServerSettings};
use anyport_runtimes::{Surroundings, SystemClock};
use lambda_runtime::Context;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::process::PATIENCE;
use crate::shop::{self, Labels, Packing};

/// The trace of whoever asks, in each form.
const TRACE: &str = "5759e988bd862e3fe1be46a994272793";
const W3C: (&str, &str) = ("traceparent", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
const XRAY: (&str, &str) =
    ("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
const GOOGLE: (&str, &str) = ("x-cloud-trace-context", "5759e988bd862e3fe1be46a994272793/6024148226116389592;o=1");

/// What this thread logs, until the guard is dropped.
struct Log {
    lines: Arc<Mutex<Vec<Value>>>,
    _guard: DefaultGuard,
}

impl Log {
    fn begin() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let layer =
            JsonLines::new(move |line: &str| kept.lock().unwrap().push(serde_json::from_str::<Value>(line).unwrap()));
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Self { lines, _guard: guard }
    }

    fn of(&self, message: &str) -> Option<Value> {
        self.lines.lock().unwrap().iter().find(|line| line["message"] == message).cloned()
    }

    /// Each function has told of one call; all are of this correlation, or of whatever one, and of the caller's trace.
    fn assert_one_story(&self, correlation: Option<&str>) {
        let told = [("placed", "place"), ("packed", "pack"), ("labelled", "label")];
        let lines = told.map(|(message, _)| self.of(message).unwrap_or_else(|| panic!("nothing was {message}")));
        let all = |key: &str| lines.iter().map(|line| line[key].as_str().unwrap()).collect::<BTreeSet<_>>();
        for ((_, function), line) in told.iter().zip(&lines) {
            assert_eq!(line["function"], *function, "{line}");
        }
        assert_eq!(all("trace_id"), BTreeSet::from([TRACE]));
        assert_eq!(all("correlation_id").len(), 1, "{lines:#?}");
        assert!(correlation.is_none_or(|id| all("correlation_id").contains(id)), "{lines:#?}");
        assert_eq!(all("request_id").len(), 3, "{lines:#?}");
        assert_eq!(all("span_id").len(), 3, "{lines:#?}");
    }
}

#[tokio::test]
async fn principle_p4_on_a_server_what_a_request_causes_is_of_its_correlation_and_trace() {
    for trace in [W3C, XRAY, GOOGLE] {
        let log = Log::begin();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = MemoryStore::new(Arc::clone(&clock));
        let settings = ServerSettings {
            address: "127.0.0.1:0".parse().unwrap(),
            receive_wait: Duration::from_millis(50),
            blob_poll_interval: Duration::from_millis(20),
            ..ServerSettings::default()
        };
        let listener = server::listen(&settings).await.unwrap();
        let surroundings = Surroundings::none().provisioned_by(Arc::new(store.handle()));
        let ports = shop::ports(&store, &clock);
        let running = server::start(listener, shop::workload(), ports, surroundings, settings).await.unwrap();
        let mut stream = TcpStream::connect(running.address()).await.unwrap();
        let request = format!(
            "POST /orders HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-correlation-id: c1\r\n{}: {}\r\n\r\n",
            trace.0, trace.1
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let labelled = async {
            while log.of("labelled").is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, labelled).await.unwrap();
        log.assert_one_story(Some("c1"));
        running.shutdown().await;
    }
}

#[tokio::test]
async fn principle_p4_on_lambda_what_a_request_causes_is_of_its_correlation_and_trace() {
    let log = Log::begin();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, workload) = (MemoryStore::new(Arc::clone(&clock)), shop::workload());
    store.handle().provision(&workload.resources()).await.unwrap();
    let (ports, surroundings) = (shop::ports(&store, &clock), Surroundings::none());
    let functions = Functions::new(&workload, &ports, &surroundings, &LambdaSettings::default()).unwrap();
    let call = async |event: Value, id: &str| {
        let event = RawValue::from_string(event.to_string()).unwrap();
        let mut context = Context::default();
        context.request_id = id.to_owned();
        functions.call(&event, &context).await.unwrap();
    };
    let target = "/orders".to_owned();
    let headers = vec![(W3C.0.to_owned(), W3C.1.to_owned())];
    let order = HttpCall { method: "POST".to_owned(), target, headers, body: Vec::new() };
    call(Gateway::Http.event(&order), "r1").await;

    let topic = <<Packing as anyport_ports::handles::Subscriber>::Topic as anyport_ports::handles::Topic>::NAME;
    let subscription = Subscription::new(topic, Packing::NAME).unwrap();
    let receive = Receive::new(1, Duration::from_secs(30)).unwrap();
    let message = store.handle().receive(&subscription, receive).await.unwrap().remove(0).message;
    let queue = Naming::new("").unwrap().subscription(&subscription, '_', 80);
    let record = json!({
        "messageId": "m1", "receiptHandle": "h", "body": message.to_cloud_event(), "messageAttributes": {},
        "attributes": { "ApproximateReceiveCount": "1" },
        "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:eu-central-1:123456789012:{queue}"),
    });
    call(json!({ "Records": [record] }), "r2").await;

    let etag = store.handle().head(&Labels::NAME, &BlobName::new("o1").unwrap()).await.unwrap().etag;
    let record = json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "p" },
        "requestParameters": { "sourceIPAddress": "192.0.2.1" }, "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "c",
            "bucket": { "name": "labels", "ownerIdentity": { "principalId": "p" }, "arn": "arn:aws:s3:::labels" },
            "object": { "key": "o1", "size": 3, "eTag": etag.as_str(), "sequencer": "0055AED6DCD90281E5" },
        },
    });
    call(json!({ "Records": [record] }), "r3").await;
    log.assert_one_story(None);
}
