//! What failures on the way are made into, in which order a message changes its queue, and how often is asked for it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyport_ports::messages::{
    Batch, Delay, MAX_MESSAGE_BYTES, Message, Messages as _, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use serde_json::{Value, json};

use super::{SqsMessages, receipt};
use crate::double::{Double, Reply, SECRET, aws_at};

const ORDERS: TopicName = TopicName::from_static("orders");
const FULFIL: Subscription = Subscription::from_static(ORDERS, "fulfil");

/// What was asked, in order: the operation in small letters, and the request.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// SQS that finds every queue, and answers anything else by `reply`.
async fn queues(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (SqsMessages, Asked) {
    let asked = Asked::default();
    let record = Arc::clone(&asked);
    let double = Double::start(move |operation, body, _| {
        let operation = operation.to_lowercase();
        record.lock().unwrap().push((operation.clone(), body.clone()));
        if operation == "getqueueurl" {
            let name = body["QueueName"].as_str().unwrap();
            return Reply::Json(200, json!({"QueueUrl": format!("http://sqs/{name}")}));
        }
        reply(&operation)
    });
    (double.await.aws.messages(), asked)
}

/// The operations that were asked, but for those that look up a queue.
fn operations(asked: &Asked) -> Vec<String> {
    let asked = asked.lock().unwrap();
    asked.iter().map(|(operation, _)| operation.clone()).filter(|operation| operation != "getqueueurl").collect()
}

fn done() -> Reply {
    Reply::Json(200, json!({}))
}

fn refusal(code: &str, message: &str) -> Reply {
    Reply::Json(400, json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message}))
}

fn event() -> Message {
    Message::new("1", "test", "t").unwrap()
}

fn held() -> Receipt {
    receipt::receipt("handle", &event().to_cloud_event())
}

fn once() -> Receive {
    Receive::new(10, Duration::from_secs(30)).unwrap()
}

fn kind(result: Result<()>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    for (code, kind, words) in [
        ("UnrecognizedClientException", ErrorKind::Unauthenticated, "AWS_ACCESS_KEY_ID"),
        ("AccessDeniedException", ErrorKind::PermissionDenied, "policies"),
        ("QueueDoesNotExist", ErrorKind::NotFound, "provision it"),
    ] {
        let double = Double::start(move |_, _, before| {
            assert_eq!(before, 0, "asked again");
            refusal(code, "as the service says it")
        });
        let error = double.await.aws.messages().receive(&FULFIL, once()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        let told = format!("{error} {error:?}");
        assert!(told.contains("messages.receive orders/fulfil") && told.contains(words), "{told}");
        assert!(!told.contains(SECRET), "{told}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_in_time() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address: SocketAddr = closed.local_addr().unwrap();
    drop(closed);
    let messages = aws_at(address).messages();
    let started = Instant::now();
    let errors: [Error; 3] = [
        messages.publish(&ORDERS, &Batch::one(Outgoing::from(event()))).await.unwrap_err(),
        messages.receive(&FULFIL, once()).await.unwrap_err(),
        messages.dead_letter(&FULFIL, &held(), "why").await.unwrap_err(),
    ];
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("the endpoint and the network"), "{error}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_three_times_and_then_in_doubt() {
    let (messages, asked) = queues(|_| Reply::Hangup).await;
    assert_eq!(kind(messages.nack(&FULFIL, &held(), Delay::NONE).await), Some(ErrorKind::Indeterminate));
    assert_eq!(operations(&asked), ["changemessagevisibility"; 3]);
}

#[tokio::test]
async fn each_receipt_has_its_own_result_and_a_stale_one_is_no_error() {
    let failed = |id: &str, code: &str, sender: bool| json!({"Id": id, "Code": code, "SenderFault": sender});
    let (messages, _) = queues(move |_| {
        let failures = [failed("1", "ReceiptHandleIsInvalid", true), failed("2", "InternalError", false)];
        Reply::Json(200, json!({"Successful": [{"Id": "0"}], "Failed": failures}))
    })
    .await;
    let receipts = Batch::new([held(), held(), held()]).unwrap();
    let results = messages.ack(&FULFIL, &receipts).await.unwrap();
    assert_eq!(results.into_iter().map(kind).collect::<Vec<_>>(), [None, None, Some(ErrorKind::Indeterminate)]);
}

#[tokio::test]
async fn a_dead_letter_is_held_written_and_only_then_deleted() {
    let (messages, asked) = queues(|_| done()).await;
    messages.dead_letter(&FULFIL, &held(), "why").await.unwrap();
    assert_eq!(operations(&asked), ["changemessagevisibility", "sendmessage", "deletemessage"]);
    let asked = asked.lock().unwrap();
    let (_, letter) = asked.iter().find(|(operation, _)| operation == "sendmessage").unwrap();
    assert_eq!(letter["QueueUrl"], "http://sqs/orders_fulfil_dead");
    assert_eq!(letter["MessageBody"], event().to_cloud_event());
    assert_eq!(letter["MessageAttributes"]["dead-letter-reason"]["StringValue"], "why");
}

#[tokio::test]
async fn a_stale_receipt_writes_no_dead_letter() {
    let stale = "Value handle for parameter ReceiptHandle is invalid. Reason: Message does not exist";
    let (messages, asked) = queues(move |_| refusal("InvalidParameterValue", stale)).await;
    assert_eq!(kind(messages.dead_letter(&FULFIL, &held(), "why").await), None);
    assert_eq!(operations(&asked), ["changemessagevisibility"]);
}

#[tokio::test]
async fn a_dead_letter_that_is_written_is_not_said_to_be_undone() {
    let (messages, _) = queues(|operation| match operation {
        "deletemessage" => refusal("RequestThrottled", "slow down"),
        _ => done(),
    })
    .await;
    assert_eq!(kind(messages.dead_letter(&FULFIL, &held(), "why").await), Some(ErrorKind::Indeterminate));
}

#[tokio::test]
async fn a_receipt_without_the_message_settles_it_but_cannot_give_it_up() {
    let (messages, asked) = queues(|_| done()).await;
    let bare = Receipt::new("handle");
    messages.nack(&FULFIL, &bare, Delay::NONE).await.unwrap();
    assert_eq!(kind(messages.dead_letter(&FULFIL, &bare, "why").await), Some(ErrorKind::Internal));
    assert_eq!(operations(&asked), ["changemessagevisibility"]);
}

#[tokio::test]
async fn what_cannot_be_delivered_goes_to_the_dead_letters_and_holds_up_nothing() {
    let (messages, asked) = queues(|operation| match operation {
        "receivemessage" => {
            let body = |body: String| json!({"MessageId": "m", "ReceiptHandle": "handle", "Body": body});
            let bodies =
                [body("x".repeat(MAX_MESSAGE_BYTES)), body("hello".to_owned()), body(event().to_cloud_event())];
            Reply::Json(200, json!({"Messages": bodies}))
        }
        _ => done(),
    })
    .await;
    let deliveries = messages.receive(&FULFIL, once()).await.unwrap();
    let kinds: Vec<&str> = deliveries.iter().map(|delivery| delivery.message.kind()).collect();
    assert_eq!(kinds, [super::FOREIGN_MESSAGE, "t"]);
    assert_eq!(operations(&asked), ["receivemessage", "sendmessage", "deletemessage"]);
}

#[tokio::test]
async fn letters_that_were_put_back_are_counted_and_the_others_let_go() {
    let rounds = Arc::new(Mutex::new(0));
    let (messages, asked) = queues(move |operation| match operation {
        "receivemessage" => {
            *rounds.lock().unwrap() += 1;
            let letter = json!({"MessageId": "m", "ReceiptHandle": "handle", "Body": event().to_cloud_event()});
            let letters = if *rounds.lock().unwrap() == 1 { vec![letter.clone(), letter] } else { vec![] };
            Reply::Json(200, json!({"Messages": letters}))
        }
        "sendmessagebatch" => {
            let accepted = json!({"Id": "1", "MessageId": "n", "MD5OfMessageBody": ""});
            let failed = json!({"Id": "0", "Code": "InternalError", "SenderFault": false});
            Reply::Json(200, json!({"Successful": [accepted], "Failed": [failed]}))
        }
        _ => Reply::Json(200, json!({"Successful": [], "Failed": []})),
    })
    .await;
    assert_eq!(messages.redrive(&FULFIL, 10).await.unwrap(), 1);
    let expected = ["receivemessage", "sendmessagebatch", "deletemessagebatch", "changemessagevisibilitybatch"];
    assert_eq!(operations(&asked), expected);
}
