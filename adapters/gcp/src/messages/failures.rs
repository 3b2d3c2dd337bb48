//! What failures on the way are made into, in which order a message changes its place, and how often is asked for it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyport_ports::messages::{
    Batch, Delay, MAX_MESSAGE_BYTES, Message, Messages as _, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::resources::{Provision as _, Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1 as proto;
use tonic::{Code, Status};

use super::{PubSubMessages, receipt, wire};
use crate::double::{self, Asked, Reply, first, methods};
use crate::error::attempts::OPERATION_TIMEOUT;

const ORDERS: TopicName = TopicName::from_static("orders");
const FULFIL: Subscription = Subscription::from_static(ORDERS, "fulfil");

/// Pub/Sub that knows a subscription of three attempts, and answers anything else by `reply`.
async fn pubsub(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (PubSubMessages, Asked) {
    let (settings, asked) = double::start(move |method| match method {
        "GetSubscription" => {
            let labels = HashMap::from([("anyport-attempts".to_owned(), "3".to_owned())]);
            Reply::of(&proto::Subscription { labels, ..Default::default() })
        }
        "Publish" if matches!(reply(method), Reply::Message(_)) => {
            Reply::of(&proto::PublishResponse { message_ids: vec!["1".to_owned()] })
        }
        method => reply(method),
    })
    .await;
    (PubSubMessages::connect(&settings).await.unwrap(), asked)
}

fn event() -> Message {
    Message::new("1", "test", "t").unwrap()
}

fn held() -> Receipt {
    receipt::receipt("ack", 1, None, &event().to_cloud_event())
}

fn once() -> Receive {
    Receive::new(10, Duration::from_secs(30)).unwrap()
}

fn one() -> Batch<Outgoing> {
    Batch::one(event().into())
}

fn kind(result: Result<()>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// The error of a publish, whether of the call or of its one entry.
async fn publish(messages: &PubSubMessages) -> Result<()> {
    messages.publish(&ORDERS, &one()).await?.into_iter().collect()
}

/// What is answered to an ack id whose lease is over, where Pub/Sub delivers exactly once.
fn stale() -> Status {
    // As the fake and the service have it: google.rpc.Status with one google.rpc.ErrorInfo.
    let pair = |key: &[u8], value: &[u8]| -> Vec<u8> {
        let len = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        let entry = [&[0x0a, len(key)], key, &[0x12, len(value)], value].concat();
        [&[0x1a, len(&entry)], &entry[..]].concat()
    };
    let info = pair(b"ack", b"PERMANENT_FAILURE_INVALID_ACK_ID");
    let name = b"type.googleapis.com/google.rpc.ErrorInfo";
    let sized = |tag: u8, bytes: &[u8]| [&[tag, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let any = [sized(0x0a, name), sized(0x12, &info)].concat();
    Status::with_details(Code::FailedPrecondition, "stale", sized(0x1a, &any).into())
}

fn received(data: impl Into<Vec<u8>>, attempt: i32) -> Reply {
    let message = Some(proto::PubsubMessage { data: data.into(), message_id: "7".to_owned(), ..Default::default() });
    let received = proto::ReceivedMessage { ack_id: "ack".to_owned(), message, delivery_attempt: attempt };
    Reply::of(&proto::PullResponse { received_messages: vec![received] })
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    for (code, kind, words) in [
        (Code::Unauthenticated, ErrorKind::Unauthenticated, "GOOGLE_APPLICATION_CREDENTIALS"),
        (Code::PermissionDenied, ErrorKind::PermissionDenied, "grant its service account a role"),
        (Code::NotFound, ErrorKind::NotFound, "provision it"),
    ] {
        let (settings, asked) =
            double::start(move |_| Reply::Refusal(Status::new(code, "as the service says it"))).await;
        let messages = PubSubMessages::connect(&settings).await.unwrap();
        let (publish, receive) = (publish(&messages).await, messages.receive(&FULFIL, once()).await.map(drop));
        for (error, operation) in [(publish, "messages.publish orders"), (receive, "messages.receive orders/fulfil")] {
            let error = error.unwrap_err();
            assert_eq!(error.kind(), kind, "{error:?}");
            let told = format!("{error} {error:?}");
            assert!(
                told.contains(operation) && told.contains(words) && told.contains("as the service says it"),
                "{told}"
            );
        }
        assert_eq!(methods(&asked), ["Publish", "GetSubscription"]);
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_in_time() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let settings = double::at(closed.local_addr().unwrap());
    drop(closed);
    let messages = PubSubMessages::connect(&settings).await.unwrap();
    let started = Instant::now();
    let errors: [Error; 5] = [
        publish(&messages).await.unwrap_err(),
        messages.receive(&FULFIL, once()).await.unwrap_err(),
        messages.dead_letter(&FULFIL, &held(), "why").await.unwrap_err(),
        messages.redrive(&FULFIL, 1).await.unwrap_err(),
        messages.provision(&Resources { topics: vec![ORDERS], ..Resources::default() }).await.unwrap_err(),
    ];
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("the endpoint and the network"), "{error}");
    }
}

#[tokio::test]
async fn a_silent_service_is_left_in_time() {
    let (messages, _) = pubsub(|_| Reply::Silence).await;
    let started = Instant::now();
    let waiting = once().waiting(Duration::from_secs(1));
    let (fulfil, held) = (FULFIL, held());
    let (published, received, given_back) = tokio::join!(
        publish(&messages),
        messages.receive(&fulfil, waiting),
        messages.nack(&fulfil, &held, Delay::NONE),
    );
    let most = OPERATION_TIMEOUT * 2 + Duration::from_secs(4);
    assert!(started.elapsed() < most, "{:?}", started.elapsed());
    assert_eq!(kind(published), Some(ErrorKind::Indeterminate));
    assert_eq!(kind(received.map(drop)), Some(ErrorKind::Indeterminate));
    assert_eq!(kind(given_back), Some(ErrorKind::Indeterminate));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_three_times_and_then_in_doubt() {
    let (messages, asked) = pubsub(|_| Reply::Broken).await;
    assert_eq!(kind(messages.nack(&FULFIL, &held(), Delay::NONE).await), Some(ErrorKind::Indeterminate));
    assert_eq!(methods(&asked), ["ModifyAckDeadline"; 3]);
    asked.lock().unwrap().clear();
    assert_eq!(kind(publish(&messages).await), Some(ErrorKind::Indeterminate));
    assert_eq!(methods(&asked), ["Publish"; 3]);
}

#[tokio::test]
async fn a_pull_that_finds_nothing_in_time_is_no_error() {
    let (messages, _) = pubsub(|method| match method {
        "Pull" => Reply::Silence,
        _ => Reply::empty(),
    })
    .await;
    // Looked for what is due is not before the next half second: the pull for that would be silent as well.
    messages.0.looked().insert(FULFIL, Instant::now());
    let waiting = once().waiting(Duration::from_millis(300));
    assert!(messages.receive(&FULFIL, waiting).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_dead_letter_is_held_written_and_only_then_removed() {
    let (messages, asked) = pubsub(|_| Reply::empty()).await;
    messages.dead_letter(&FULFIL, &held(), "why").await.unwrap();
    assert_eq!(methods(&asked), ["ModifyAckDeadline", "Publish", "Acknowledge"]);
    let written: proto::PublishRequest = first(&asked, "Publish");
    assert_eq!(written.topic, "projects/shop/topics/orders.fulfil.dead");
    assert_eq!(written.messages[0].data, event().to_cloud_event().into_bytes());
    assert_eq!(written.messages[0].attributes["anyport-reason"], "why");
}

#[tokio::test]
async fn a_stale_receipt_settles_nothing_and_writes_no_dead_letter() {
    let (messages, asked) = pubsub(|_| Reply::Refusal(stale())).await;
    assert_eq!(kind(messages.dead_letter(&FULFIL, &held(), "why").await), None);
    assert_eq!(methods(&asked), ["ModifyAckDeadline"]);
    let long = Delay::new(Duration::from_mins(15)).unwrap();
    assert_eq!(kind(messages.nack(&FULFIL, &held(), long).await), None);
    assert_eq!(methods(&asked), ["ModifyAckDeadline"; 2]);
    let results = messages.ack(&FULFIL, &Batch::one(held())).await.unwrap();
    assert_eq!(results.into_iter().map(kind).collect::<Vec<_>>(), [None]);
}

#[tokio::test]
async fn each_receipt_has_its_own_result() {
    let (messages, asked) = pubsub(|_| Reply::Refusal(stale())).await;
    let other = receipt::receipt("other", 1, None, "{}");
    let results = messages.ack(&FULFIL, &Batch::new([held(), other]).unwrap()).await.unwrap();
    assert_eq!(results.into_iter().map(kind).collect::<Vec<_>>(), [None, None], "the one is stale, the other done");
    assert_eq!(methods(&asked), ["Acknowledge"]);
}

#[tokio::test]
async fn what_is_half_done_is_not_said_to_be_undone() {
    let busy = || Reply::Refusal(Status::resource_exhausted("slow down"));
    let (messages, _) = pubsub(move |method| if method == "Acknowledge" { busy() } else { Reply::empty() }).await;
    assert_eq!(kind(messages.dead_letter(&FULFIL, &held(), "why").await), Some(ErrorKind::Indeterminate));
    // Taken, and not held.
    let (messages, _) = pubsub(move |method| if method == "Pull" { received("{}", 1) } else { busy() }).await;
    messages.0.looked().insert(FULFIL, Instant::now());
    let error = messages.receive(&FULFIL, once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error:?}");
}

#[tokio::test]
async fn a_receipt_without_the_message_settles_it_but_cannot_give_it_up() {
    let (messages, asked) = pubsub(|_| Reply::empty()).await;
    let bare = Receipt::new("ack");
    messages.nack(&FULFIL, &bare, Delay::NONE).await.unwrap();
    assert_eq!(kind(messages.dead_letter(&FULFIL, &bare, "why").await), Some(ErrorKind::Internal));
    assert_eq!(methods(&asked), ["ModifyAckDeadline"]);
}

#[tokio::test]
async fn what_is_given_back_for_longer_than_pubsub_holds_waits_elsewhere_and_goes_on_counting() {
    let (messages, asked) = pubsub(|_| Reply::empty()).await;
    let third = receipt::receipt("ack", 3, None, &event().to_cloud_event());
    messages.nack(&FULFIL, &third, Delay::new(Duration::from_secs(601)).unwrap()).await.unwrap();
    assert_eq!(methods(&asked), ["ModifyAckDeadline", "Publish", "Acknowledge"]);
    let written: proto::PublishRequest = first(&asked, "Publish");
    let attributes = &written.messages[0].attributes;
    assert_eq!(written.topic, "projects/shop/topics/orders");
    assert_eq!((attributes[wire::ONLY].as_str(), attributes[wire::DELAY].as_str()), ("fulfil", "601000"));
    assert_eq!(wire::attempts_before(&written.messages[0]), 3);
}

#[tokio::test]
async fn a_dead_letter_that_is_put_off_keeps_its_reason_and_is_not_early() {
    let (messages, asked) = pubsub(|method| match method {
        "Pull" => {
            let letter = wire::Letter::of(event().to_cloud_event()).delayed(Duration::from_mins(11));
            let message = proto::PubsubMessage {
                data: letter.data,
                attributes: letter.attributes,
                publish_time: Some(std::time::SystemTime::now().into()),
                ..Default::default()
            };
            let received = proto::ReceivedMessage { message: Some(message), ..Default::default() };
            Reply::of(&proto::PullResponse { received_messages: vec![received] })
        }
        _ => Reply::empty(),
    })
    .await;
    let letters = FULFIL.dead_letters();
    let held = receipt::receipt("ack", 1, Some("why"), &event().to_cloud_event());
    messages.nack(&letters, &held, Delay::new(Duration::from_mins(11)).unwrap()).await.unwrap();
    let written: proto::PublishRequest = first(&asked, "Publish");
    assert_eq!(written.topic, "projects/shop/topics/orders.fulfil.dead");
    assert_eq!(wire::reason(&written.messages[0]), "why");
    asked.lock().unwrap().clear();
    assert!(messages.receive(&letters, once()).await.unwrap().is_empty());
    let put_off: proto::ModifyAckDeadlineRequest = first(&asked, "ModifyAckDeadline");
    assert_eq!(put_off.ack_deadline_seconds, 600);
}

#[tokio::test]
async fn what_cannot_be_delivered_goes_to_the_dead_letters() {
    for (data, attempt, delivered, reason) in [
        (b"hello".to_vec(), 3, true, ""),
        (vec![b'x'; MAX_MESSAGE_BYTES], 1, false, "it cannot be delivered"),
        (event().to_cloud_event().into_bytes(), 4, false, "attempts exhausted"),
    ] {
        let (messages, asked) = pubsub(move |method| match method {
            "Pull" => received(data.clone(), attempt),
            _ => Reply::empty(),
        })
        .await;
        messages.0.looked().insert(FULFIL, Instant::now());
        let deliveries = messages.receive(&FULFIL, once()).await.unwrap();
        assert_eq!(!deliveries.is_empty(), delivered, "{reason}");
        let held = ["GetSubscription", "Pull", "ModifyAckDeadline"];
        if delivered {
            assert_eq!((deliveries[0].message.kind(), deliveries[0].attempt), (super::FOREIGN_MESSAGE, 3));
            assert_eq!(methods(&asked), held);
        } else {
            assert_eq!(methods(&asked), [&held[..], &["Publish", "Acknowledge"]].concat());
            let written: proto::PublishRequest = first(&asked, "Publish");
            assert!(wire::reason(&written.messages[0]).starts_with(reason));
        }
    }
}

#[tokio::test]
async fn a_subscription_that_stands_in_another_form_is_a_conflict() {
    let (settings, _) = double::start(|method| match method {
        "GET orders.fulfil.dead" => Reply::Json(200, r#"{"name": "n", "topic": "projects/shop/topics/other"}"#),
        _ => Reply::Json(409, r#"{"error": {"code": 409, "message": "there", "status": "ALREADY_EXISTS"}}"#),
    })
    .await;
    let messages = PubSubMessages::connect(&settings).await.unwrap();
    let spec = SubscriptionSpec { topic: ORDERS, name: "fulfil".to_owned(), max_attempts: 3 };
    let resources = Resources { subscriptions: vec![spec], ..Resources::default() };
    let error = messages.provision(&resources).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.to_string().contains("with another topic"), "{error}");
}
