//! What failures on the way are made into, and how often a request is made for it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyport_ports::documents::{Body, Condition, Documents as _, Key, Partition, Put, Transaction, Version};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{CollectionName, Error, ErrorKind};
use serde_json::{Value, json};

use super::DynamoDocuments;
use crate::connection::Aws;
use crate::double::{Double, Reply, SECRET, aws_at};

const USERS: CollectionName = CollectionName::from_static("users");

fn key() -> Key {
    Key::new("u1", "profile").unwrap()
}

fn put(condition: Condition) -> Put {
    Put::new(Body::of(&json!({"name": "a body that no error shows"})).unwrap()).when(condition)
}

fn under_version() -> Put {
    put(Condition::Version(Version::new("earlier")))
}

fn documents(aws: &Aws) -> DynamoDocuments {
    aws.documents().declaring(&[CollectionSpec::new(USERS, Vec::new())])
}

fn refusal(code: &str) -> Reply {
    let message = "as the service says it";
    Reply::Json(400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message}))
}

/// The refusal of a condition by the item of this version.
fn condition_failed(version: &str) -> Reply {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    Reply::Json(400, json!({"__type": kind, "message": "The conditional request failed", "Item": item(version)}))
}

fn item(version: &str) -> Value {
    json!({"partition": {"S": "u1"}, "sort": {"S": "profile"}, "version": {"S": version}, "body": {"M": {}}})
}

/// The version that a request writes.
fn written(body: &Value) -> &str {
    body["Item"]["version"]["S"].as_str().unwrap()
}

fn is_discreet(error: &Error) {
    let told = format!("{error} {error:?}");
    assert!(!told.contains(SECRET) && !told.contains("a body that no error shows"), "{told}");
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    for (code, kind, words) in [
        ("UnrecognizedClientException", ErrorKind::Unauthenticated, "AWS_ACCESS_KEY_ID"),
        ("AccessDeniedException", ErrorKind::PermissionDenied, "policies"),
        ("ResourceNotFoundException", ErrorKind::NotFound, "the table users does not exist in eu-test-1"),
        ("ValidationException", ErrorKind::Internal, "refused"),
    ] {
        let double = Double::start(move |_, _, _| refusal(code)).await;
        let documents = documents(&double.aws);
        let started = Instant::now();
        for (operation, error) in [
            ("GetItem", documents.get(&USERS, &key()).await.unwrap_err()),
            ("PutItem", documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap_err()),
            ("DeleteItem", documents.delete(&USERS, &key(), &Condition::Always).await.unwrap_err()),
        ] {
            assert_eq!((error.kind(), double.count(operation)), (kind, 1), "{code}: {error:?}");
            assert!(error.to_string().contains(words), "{error}");
            is_discreet(&error);
        }
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn nobody_listening_is_unavailable_for_writes_too_and_soon() {
    let address: SocketAddr = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let documents = documents(&aws_at(address));
    let started = Instant::now();
    for error in [
        documents.get(&USERS, &key()).await.unwrap_err(),
        documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap_err(),
        documents.delete(&USERS, &key(), &Condition::Always).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("check the region, the endpoint"), "{error}");
        is_discreet(&error);
    }
    assert!(started.elapsed() < Duration::from_secs(6), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn throttling_is_tried_three_times_and_nothing_was_written() {
    let double = Double::start(|_, _, _| refusal("ThrottlingException")).await;
    let documents = documents(&double.aws);
    let error = documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap_err();
    assert_eq!((error.kind(), double.count("PutItem")), (ErrorKind::Throttled, 3), "{error:?}");
    let error = documents.get(&USERS, &key()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("GetItem")), (ErrorKind::Throttled, 3), "{error:?}");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_made_again_unless_that_is_harmless() {
    for (request, times) in
        [(put(Condition::Always), 1), (put(Condition::Absent), 1), (put(Condition::Present), 1), (under_version(), 3)]
    {
        for lost in [Reply::Hangup, Reply::Json(500, json!({}))] {
            let double = Double::start(move |_, _, _| lost.clone()).await;
            let error = documents(&double.aws).put(&USERS, &key(), &request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error:?}");
            assert_eq!(double.count("PutItem"), times, "{:?}", request.condition);
            is_discreet(&error);
        }
    }
    let double = Double::start(|_, _, _| Reply::Hangup).await;
    let documents = documents(&double.aws);
    let error = documents.delete(&USERS, &key(), &Condition::Always).await.unwrap_err();
    assert_eq!((error.kind(), double.count("DeleteItem")), (ErrorKind::Indeterminate, 1));
    let error = documents.get(&USERS, &key()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "a read has done nothing");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_recognised_where_it_stands() {
    let standing = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let double = Double::start(move |operation, body, _| {
        if operation == "GetItem" {
            return Reply::Json(200, json!({"Item": item(&standing.lock().unwrap())}));
        }
        written(body).clone_into(&mut standing.lock().unwrap());
        Reply::Hangup
    })
    .await;
    documents(&double.aws).put(&USERS, &key(), &put(Condition::Always)).await.unwrap();
    assert_eq!(double.count("PutItem"), 1);
}

#[tokio::test]
async fn a_write_that_was_overwritten_since_stays_in_doubt() {
    let double = Double::start(|operation, _, _| match operation {
        "GetItem" => Reply::Json(200, json!({"Item": item("somebody else's")})),
        _ => Reply::Hangup,
    })
    .await;
    let error = documents(&double.aws).put(&USERS, &key(), &put(Condition::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
}

#[tokio::test]
async fn a_repeated_write_does_not_conflict_with_itself() {
    let lost_then_refused = |whose: fn(&Value) -> &str| {
        move |operation: &str, body: &Value, before: usize| match (operation, before) {
            ("PutItem", 0) => Reply::Hangup,
            ("PutItem", _) => condition_failed(whose(body)),
            _ => Reply::Json(200, json!({"Item": item("somebody else's")})),
        }
    };
    let double = Double::start(lost_then_refused(written)).await;
    documents(&double.aws).put(&USERS, &key(), &under_version()).await.unwrap();
    assert_eq!(double.count("PutItem"), 2);

    let double = Double::start(lost_then_refused(|_| "somebody else's")).await;
    let error = documents(&double.aws).put(&USERS, &key(), &under_version()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "it may have stood in between: {error:?}");

    let double = Double::start(|_, _, _| condition_failed("somebody else's")).await;
    let error = documents(&double.aws).put(&USERS, &key(), &under_version()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "no answer was lost: {error:?}");
}

#[tokio::test]
async fn an_attempt_in_doubt_is_not_forgotten_over_a_later_refusal() {
    let double = Double::start(|operation, _, before| match (operation, before) {
        ("PutItem", 0) => Reply::Hangup,
        _ => refusal("ThrottlingException"),
    })
    .await;
    let error = documents(&double.aws).put(&USERS, &key(), &under_version()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("PutItem")), (ErrorKind::Indeterminate, 3), "{error:?}");
}

#[tokio::test]
async fn a_transaction_is_made_again_under_its_token_and_gives_way_to_others_within_bounds() {
    let transaction =
        || Transaction::in_partition(Partition::new("u1").unwrap()).put("profile", put(Condition::Always)).unwrap();
    let double =
        Double::start(|_, _, before| if before == 0 { Reply::Hangup } else { Reply::Json(200, json!({})) }).await;
    documents(&double.aws).transact(&USERS, &transaction()).await.unwrap();
    assert_eq!(double.count("TransactWriteItems"), 2);

    let cancelled = || {
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        let reasons = json!([{"Code": "TransactionConflict", "Message": "another transaction is ongoing"}]);
        Reply::Json(400, json!({"__type": kind, "Message": "cancelled", "CancellationReasons": reasons}))
    };
    let double = Double::start(move |_, _, _| cancelled()).await;
    let error = documents(&double.aws).transact(&USERS, &transaction()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("TransactWriteItems")), (ErrorKind::Throttled, 8), "{error:?}");

    let double = Double::start(|_, _, _| Reply::Hangup).await;
    let error = documents(&double.aws).transact(&USERS, &transaction()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("TransactWriteItems")), (ErrorKind::Indeterminate, 3), "{error:?}");
}
