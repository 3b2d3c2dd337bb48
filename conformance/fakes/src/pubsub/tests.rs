//! The fake over its wire, by the clients that are made from the proto.

use std::time::Duration;

use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::publisher_client::PublisherClient;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::subscriber_client::SubscriberClient;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{
    AcknowledgeRequest, ModifyAckDeadlineRequest, PublishRequest, PubsubMessage, PullRequest, ReceivedMessage,
    StreamingPullRequest,
};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::grpc::{ErrorInfo, RpcStatus};

const TOPIC: &str = "projects/p/topics/news";

/// The fake on a port of its own, with a topic.
struct Fake {
    url: String,
    publisher: PublisherClient<Channel>,
    subscriber: SubscriberClient<Channel>,
}

impl Fake {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(super::serve_on(listener));
        let channel = Channel::from_shared(url.clone()).unwrap().connect_lazy();
        let (publisher, subscriber) = (PublisherClient::new(channel.clone()), SubscriberClient::new(channel));
        let fake = Self { url, publisher, subscriber };
        assert_eq!(fake.put(TOPIC, &json!({})).await.0, 200);
        fake
    }

    async fn put(&self, name: &str, body: &Value) -> (u16, Value) {
        self.ask("PUT", name, &body.to_string()).await
    }

    /// Asks over HTTP/1.1, as administrators do.
    async fn ask(&self, method: &str, name: &str, body: &str) -> (u16, Value) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let host = self.url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let head = format!("{method} /v1/{name} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    async fn subscribe(&self, name: &str, config: Value) -> String {
        let name = format!("projects/p/subscriptions/{name}");
        let mut config = config;
        config["topic"] = TOPIC.into();
        assert_eq!(self.put(&name, &config).await.0, 200, "{config}");
        name
    }

    async fn publish(&mut self, topic: &str, attributes: &[(&str, &str)]) -> Result<String, Status> {
        let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let message = PubsubMessage { data: b"data".to_vec(), attributes, ..Default::default() };
        let request = PublishRequest { topic: topic.to_owned(), messages: vec![message] };
        Ok(self.publisher.publish(request).await?.into_inner().message_ids.remove(0))
    }

    async fn pull(&mut self, subscription: &str, at_once: bool) -> Result<Vec<ReceivedMessage>, Status> {
        #[expect(deprecated, reason = "subscribers that do not want to wait set it all the same")]
        let request =
            PullRequest { subscription: subscription.to_owned(), return_immediately: at_once, max_messages: 10 };
        Ok(self.subscriber.pull(request).await?.into_inner().received_messages)
    }

    async fn acknowledge(&mut self, subscription: &str, ack_id: &str) -> Result<(), Status> {
        let request = AcknowledgeRequest { subscription: subscription.to_owned(), ack_ids: vec![ack_id.to_owned()] };
        self.subscriber.acknowledge(request).await.map(drop)
    }

    async fn modify(&mut self, subscription: &str, ack_id: &str, seconds: i32) -> Result<(), Status> {
        let request = ModifyAckDeadlineRequest {
            subscription: subscription.to_owned(),
            ack_ids: vec![ack_id.to_owned()],
            ack_deadline_seconds: seconds,
        };
        self.subscriber.modify_ack_deadline(request).await.map(drop)
    }
}

#[tokio::test]
async fn a_message_comes_to_each_subscription_that_takes_it_and_to_one_consumer() {
    let mut fake = Fake::start().await;
    let all = fake.subscribe("all", json!({})).await;
    let some = fake.subscribe("some", json!({"filter": "attributes.for = \"some\""})).await;
    fake.publish(TOPIC, &[]).await.unwrap();
    let id = fake.publish(TOPIC, &[("for", "some")]).await.unwrap();
    assert_eq!(fake.pull(&all, true).await.unwrap().len(), 2);
    assert!(fake.pull(&all, true).await.unwrap().is_empty());
    let received = fake.pull(&some, true).await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].message.as_ref().unwrap().message_id, id);
    assert_eq!(received[0].delivery_attempt, 0, "without a policy of dead letters nobody counts");
}

#[tokio::test]
async fn a_pull_that_waits_is_told_what_comes() {
    let mut fake = Fake::start().await;
    let all = fake.subscribe("all", json!({})).await;
    let mut other =
        Fake { url: fake.url.clone(), publisher: fake.publisher.clone(), subscriber: fake.subscriber.clone() };
    let waiting = tokio::spawn(async move { other.pull(&all, false).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    fake.publish(TOPIC, &[]).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_given_back_too_often_goes_to_the_dead_letters_with_its_origin() {
    let mut fake = Fake::start().await;
    let letters = "projects/p/topics/letters";
    fake.put(letters, &json!({})).await;
    let kept = "projects/p/subscriptions/kept";
    fake.put(kept, &json!({"topic": letters})).await;
    let policy = json!({"deadLetterPolicy": {"deadLetterTopic": letters, "maxDeliveryAttempts": 5}});
    let counted = fake.subscribe("counted", policy).await;
    fake.publish(TOPIC, &[("a", "1")]).await.unwrap();
    for attempt in 1..=5 {
        let received = fake.pull(&counted, true).await.unwrap().remove(0);
        assert_eq!(received.delivery_attempt, attempt);
        fake.modify(&counted, &received.ack_id, 0).await.unwrap();
    }
    assert!(fake.pull(&counted, true).await.unwrap().is_empty());
    let letter = fake.pull(kept, true).await.unwrap().remove(0).message.unwrap();
    assert_eq!((letter.attributes["a"].as_str(), letter.data.as_slice()), ("1", &b"data"[..]));
    assert_eq!(letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"], "5");
    assert_eq!(letter.attributes["CloudPubSubDeadLetterSourceSubscription"], "counted");
}

#[tokio::test]
async fn exactly_once_delivery_tells_which_ack_ids_are_stale() {
    let mut fake = Fake::start().await;
    let once = fake.subscribe("once", json!({"enableExactlyOnceDelivery": true})).await;
    let often = fake.subscribe("often", json!({})).await;
    fake.publish(TOPIC, &[]).await.unwrap();
    for (subscription, told) in [(once, true), (often, false)] {
        let ack_id = fake.pull(&subscription, true).await.unwrap().remove(0).ack_id;
        fake.acknowledge(&subscription, &ack_id).await.unwrap();
        for again in [fake.acknowledge(&subscription, &ack_id).await, fake.modify(&subscription, &ack_id, 9).await] {
            let Err(status) = again else {
                assert!(!told, "{subscription} accepts a stale ack id");
                continue;
            };
            assert!(told, "{status}");
            assert_eq!(status.code(), Code::FailedPrecondition);
            let details = RpcStatus::decode(status.details()).unwrap().details;
            let info = ErrorInfo::decode(details[0].value.as_slice()).unwrap();
            assert_eq!(info.metadata[&ack_id], "PERMANENT_FAILURE_INVALID_ACK_ID");
        }
    }
}

#[tokio::test]
async fn streams_share_what_there_is_and_hold_no_more_than_they_say() {
    let mut fake = Fake::start().await;
    let all = fake.subscribe("all", json!({})).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let first = StreamingPullRequest {
            subscription: all.clone(),
            stream_ack_deadline_seconds: 10,
            max_outstanding_messages: 3,
            ..Default::default()
        };
        let requests = futures_util::stream::iter([first]);
        let requests = futures_util::StreamExt::chain(requests, futures_util::stream::pending());
        streams.push(fake.subscriber.streaming_pull(requests).await.unwrap().into_inner());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..10 {
        fake.publish(TOPIC, &[]).await.unwrap();
    }
    for stream in &mut streams {
        let mut held = Vec::new();
        while let Ok(Ok(Some(answer))) = tokio::time::timeout(Duration::from_millis(500), stream.message()).await {
            assert!(!answer.subscription_properties.unwrap().exactly_once_delivery_enabled);
            held.extend(answer.received_messages);
        }
        assert_eq!(held.len(), 3);
        // What is settled makes room for another.
        fake.acknowledge(&all, &held[0].ack_id).await.unwrap();
        let next = tokio::time::timeout(Duration::from_secs(5), stream.message()).await;
        assert_eq!(next.unwrap().unwrap().unwrap().received_messages.len(), 1);
    }
}

#[tokio::test]
async fn what_is_absent_malformed_or_there_already_is_refused() {
    let mut fake = Fake::start().await;
    assert_eq!(fake.publish("projects/p/topics/none", &[]).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(fake.publish(TOPIC, &[("google", "x")]).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(fake.pull("projects/p/subscriptions/none", true).await.unwrap_err().code(), Code::NotFound);
    let all = fake.subscribe("all", json!({})).await;
    assert_eq!(fake.acknowledge(&all, "odd").await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(fake.modify(&all, "1-1", 601).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(fake.put(TOPIC, &json!({})).await.0, 409);
    assert_eq!(fake.put(&all, &json!({"topic": TOPIC})).await.0, 409);
    assert_eq!(fake.put("projects/p/subscriptions/other", &json!({"topic": "projects/p/topics/none"})).await.0, 404);
    let (status, error) = fake.ask("GET", "projects/p/topics/none", "").await;
    assert_eq!((status, error["error"]["status"].as_str()), (404, Some("NOT_FOUND")));
    assert_eq!(fake.ask("DELETE", TOPIC, "").await.0, 200);
    assert_eq!(fake.ask("GET", &all, "").await.1["topic"], "_deleted-topic_");
}

#[tokio::test]
async fn the_largest_publish_passes() {
    let mut fake = Fake::start().await;
    let message = |bytes: usize| PubsubMessage { data: vec![7; bytes], ..Default::default() };
    let request = |bytes| PublishRequest { topic: TOPIC.to_owned(), messages: vec![message(bytes)] };
    fake.publisher.publish(request(9_999_000)).await.unwrap();
    let refused = fake.publisher.publish(request(10_000_001)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
