//! What AWS does beside a function: it reads queues and buckets, and makes events of what it finds.

use anyport_ports::Naming;
use anyport_ports::blobs::BlobInfo;
use anyport_ports::documents::DocumentChange;
use anyport_ports::messages::Delivery;
use async_trait::async_trait;
use serde_json::{Value, json};

use super::sources::{IMPORTS, Sources, USERS, gone};
use crate::world::{Set, World};

/// AWS's own events of what its services hold.
pub(super) struct AwsEvents {
    sources: Sources,
    naming: Naming,
}

/// A function that AWS can call.
#[async_trait]
pub(super) trait Invoke: Sync {
    /// Hands it an event; returns its answer.
    async fn invoke(&self, event: &Value) -> Value;
}

impl AwsEvents {
    pub(super) fn of(world: &World) -> Self {
        let naming = Naming::new(world.prefix_where(Set::Aws)).expect("a prefix");
        Self { sources: Sources::of(world), naming }
    }

    /// The rule of a schedule fires.
    pub(super) fn rule(&self, function: &str) -> Value {
        let rule = self.naming.of(function, 64);
        json!({
            "version": "0", "id": "cdc73f9d-aea9-11e3-9d5a-835b769c0d9c", "detail-type": "Scheduled Event",
            "source": "aws.events", "account": "123456789012", "time": "2026-01-01T03:00:00Z", "region": "us-east-1",
            "resources": [format!("arn:aws:events:us-east-1:123456789012:rule/{rule}")], "detail": {},
        })
    }

    /// Hands the function everything that waits.
    pub(super) async fn deliver(&mut self, function: &dyn Invoke) {
        loop {
            let deliveries = self.sources.waiting().await;
            if deliveries.is_empty() {
                break;
            }
            let answer = function.invoke(&self.batch(&deliveries)).await;
            // The mapping deletes what succeeded, and lets the rest come again.
            let failures = answer["batchItemFailures"].as_array().expect("a list of failures");
            let failed: Vec<&str> = failures.iter().map(|it| it["itemIdentifier"].as_str().expect("text")).collect();
            for (at, delivery) in deliveries.into_iter().enumerate() {
                self.sources.settle(delivery, !failed.contains(&at.to_string().as_str())).await;
            }
        }
        for blob in self.sources.new_blobs().await {
            function.invoke(&self.object(&blob)).await;
        }
        let gone = self.sources.gone_users().await;
        if !gone.is_empty() {
            let event = self.stream(&gone);
            let answer = function.invoke(&event).await;
            assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(0), "{answer} to {event}");
        }
    }

    /// What the stream of a table, or whoever reads another store's feed, hands to the function. Users who are gone are told
    /// in the form of a stream of DynamoDB and in a plain one: each function reads the form of its own store.
    fn stream(&self, changes: &[DocumentChange]) -> Value {
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
                "change": gone(change),
            })
        };
        json!({ "Records": changes.iter().enumerate().map(record).collect::<Vec<_>>() })
    }

    /// What an event source mapping hands to the function.
    fn batch(&self, deliveries: &[Delivery]) -> Value {
        let queue = self.naming.subscription(&self.sources.fulfilment, '_', 80);
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
        json!({ "Records": deliveries.iter().enumerate().map(record).collect::<Vec<_>>() })
    }

    /// What a bucket tells of a blob.
    fn object(&self, blob: &BlobInfo) -> Value {
        let bucket = self.naming.of(IMPORTS.as_str(), 63);
        let key = percent_encoding::utf8_percent_encode(blob.name.as_str(), percent_encoding::NON_ALPHANUMERIC);
        json!({ "Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
            "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "A" }, "requestParameters": { "sourceIPAddress": "192.0.2.1" },
            "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "c",
                "bucket": { "name": bucket, "ownerIdentity": { "principalId": "A" }, "arn": format!("arn:aws:s3:::{bucket}") },
                "object": { "key": key.to_string(), "size": blob.length, "eTag": blob.etag.as_str().trim_matches('"'), "sequencer": "0" },
            },
        }] })
    }
}
