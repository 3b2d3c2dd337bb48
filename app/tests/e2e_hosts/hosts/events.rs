//! What AWS does beside a function: it reads queues and buckets, and makes events of what it finds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{Blobs, ListBlobs};
use anyport_ports::documents::{Changes, DocumentChange, FeedPosition, FeedQuery};
use anyport_ports::messages::{Batch, Delay, Delivery, Messages, Receive, Subscription};
use anyport_ports::{BucketName, CollectionName, Naming, TopicName};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::world::World;

const IMPORTS: BucketName = BucketName::from_static("imports");

const USERS: CollectionName = CollectionName::from_static("users");

/// Where events come from.
pub(crate) struct Sources {
    messages: Arc<dyn Messages>,
    blobs: Arc<dyn Blobs>,
    naming: Naming,
    fulfilment: Subscription,
    told: BTreeSet<String>,
    changes: Arc<dyn Changes>,
    /// How far the feed of users was read.
    position: Option<FeedPosition>,
}

/// A function that AWS can call.
#[async_trait]
pub(crate) trait Invoke: Sync {
    /// Hands it an event; returns its answer.
    async fn invoke(&self, event: &Value) -> Value;
}

/// Messages that were received, as an event.
struct Received {
    event: Value,
    deliveries: Vec<Delivery>,
}

impl Sources {
    pub(crate) fn of(world: &World) -> Self {
        let topic = TopicName::from_static("order-events");
        Self {
            messages: Arc::clone(&world.messages),
            blobs: Arc::clone(&world.blobs),
            naming: Naming::new(&world.prefix).expect("a prefix"),
            fulfilment: Subscription::new(topic, "fulfilment").expect("a subscription"),
            told: BTreeSet::new(),
            changes: Arc::clone(&world.changes),
            position: None,
        }
    }

    /// The rule of a schedule fires.
    pub(crate) fn rule(&self, function: &str) -> Value {
        let rule = self.naming.of(function, 64);
        json!({
            "version": "0", "id": "cdc73f9d-aea9-11e3-9d5a-835b769c0d9c", "detail-type": "Scheduled Event",
            "source": "aws.events", "account": "123456789012", "time": "2026-01-01T03:00:00Z", "region": "us-east-1",
            "resources": [format!("arn:aws:events:us-east-1:123456789012:rule/{rule}")], "detail": {},
        })
    }

    /// Hands the function everything that waits.
    pub(crate) async fn deliver(&mut self, function: &dyn Invoke) {
        while let Some(batch) = self.messages().await {
            let answer = function.invoke(&batch.event).await;
            self.settle(batch, &answer).await;
        }
        for event in self.new_blobs().await {
            function.invoke(&event).await;
        }
        while let Some(event) = self.changes_of_users().await {
            let answer = function.invoke(&event).await;
            assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(0), "{answer} to {event}");
        }
    }

    /// What the stream of a table, or whoever reads another store's feed, hands to the function. Users who are gone are told
    /// in the form of a stream of DynamoDB and in a plain one: each function reads the form of its own store.
    async fn changes_of_users(&mut self) -> Option<Value> {
        let page = self
            .changes
            .read(&USERS, &self.position.take().map_or_else(FeedQuery::oldest, FeedQuery::from))
            .await
            .expect("a page");
        let table = self.naming.of(USERS.as_str(), 255);
        let record = |(at, change): (usize, &DocumentChange)| {
            let key = &change.key;
            json!({
                "eventID": at.to_string(), "eventName": "REMOVE", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000"),
                "dynamodb": {
                    "SequenceNumber": at.to_string(), "StreamViewType": "NEW_IMAGE",
                    "Keys": { "partition": { "S": key.partition().as_str() }, "sort": { "S": key.sort() } },
                },
                "change": { "partition": key.partition().as_str(), "sort": key.sort(), "after": null },
            })
        };
        self.position = Some(page.next);
        let gone = page.changes.iter().filter(|change| change.document.is_none()).enumerate();
        let records: Vec<Value> = gone.map(record).collect();
        (!records.is_empty()).then(|| json!({ "Records": records }))
    }

    /// What an event source mapping hands to the function: messages that wait.
    async fn messages(&self) -> Option<Received> {
        let receive = Receive::new(10, Duration::from_secs(30)).expect("a receive").waiting(Duration::from_millis(200));
        let deliveries = self.messages.receive(&self.fulfilment, receive).await.expect("an answer");
        let queue = self.naming.subscription(&self.fulfilment, '_', 80);
        let record = |(at, delivery): (usize, &Delivery)| {
            // The adapter for AWS keeps more in its receipts than the handle.
            let handle = delivery.receipt.as_str().lines().next();
            json!({
                "messageId": at.to_string(), "receiptHandle": handle,
                "body": delivery.message.to_cloud_event(),
                "attributes": {
                    "ApproximateReceiveCount": delivery.attempt.to_string(), "SentTimestamp": "1767225600000",
                    "SenderId": "AIDA", "ApproximateFirstReceiveTimestamp": "1767225600000",
                },
                "messageAttributes": {}, "md5OfBody": "0", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
            })
        };
        let records: Vec<Value> = deliveries.iter().enumerate().map(record).collect();
        (!records.is_empty()).then(|| Received { event: json!({ "Records": records }), deliveries })
    }

    /// What the mapping does with the answer: it deletes what succeeded, and lets the rest come again.
    async fn settle(&self, received: Received, answer: &Value) {
        let failures = answer["batchItemFailures"].as_array().expect("a list of failures");
        let failed: BTreeSet<&str> = failures.iter().map(|it| it["itemIdentifier"].as_str().expect("text")).collect();
        for (at, delivery) in received.deliveries.into_iter().enumerate() {
            if failed.contains(at.to_string().as_str()) {
                let delay = Delay::new(Duration::from_millis(100)).expect("a delay");
                self.messages.nack(&self.fulfilment, &delivery.receipt, delay).await.expect("an answer");
            } else {
                let receipts = Batch::one(delivery.receipt);
                self.messages.ack(&self.fulfilment, &receipts).await.expect("an answer");
            }
        }
    }

    /// What a bucket tells of blobs that arrived since it was asked last.
    async fn new_blobs(&mut self) -> Vec<Value> {
        let bucket = self.naming.of(IMPORTS.as_str(), 63);
        let page = self.blobs.list(&IMPORTS, &ListBlobs::prefix("")).await.expect("a page");
        let mut events = Vec::new();
        for blob in page.blobs {
            if !self.told.insert(blob.name.as_str().to_owned()) {
                continue;
            }
            let key = percent_encoding::utf8_percent_encode(blob.name.as_str(), percent_encoding::NON_ALPHANUMERIC);
            events.push(json!({ "Records": [{
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
                "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
                "userIdentity": { "principalId": "A" }, "requestParameters": { "sourceIPAddress": "192.0.2.1" },
                "responseElements": {},
                "s3": {
                    "s3SchemaVersion": "1.0", "configurationId": "c",
                    "bucket": { "name": bucket, "ownerIdentity": { "principalId": "A" }, "arn": format!("arn:aws:s3:::{bucket}") },
                    "object": { "key": key.to_string(), "size": blob.length, "eTag": blob.etag.as_str().trim_matches('"'), "sequencer": "0" },
                },
            }] }));
        }
        events
    }
}
