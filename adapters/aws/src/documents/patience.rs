//! How long the adapter waits for a service that is not there or does not answer, and what it asks for again.

use std::time::{Duration, Instant};

use anyport_ports::documents::{Body, Condition, Documents as _, Key, Keys, Put, Version};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{CollectionName, ErrorKind};
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value, json};

use super::DynamoDocuments;
use crate::connection::{Aws, timeouts};
use crate::double::{Double, Reply, aws_within};

const USERS: CollectionName = CollectionName::from_static("users");

/// In the proportions of what users get, a twentieth of it.
const ATTEMPT: Duration = Duration::from_millis(250);
const OPERATION: Duration = Duration::from_millis(600);

/// What a slow machine may add.
const SLACK: Duration = Duration::from_secs(2);

fn hasty() -> TimeoutConfig {
    timeouts().into_builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}

fn documents(aws: &Aws) -> DynamoDocuments {
    aws.documents().declaring(&[CollectionSpec::new(USERS, Vec::new())])
}

fn key(sort: &str) -> Key {
    Key::new("u1", sort).unwrap()
}

fn put(condition: Condition) -> Put {
    Put::new(Body::of(&json!({"name": "Ann"})).unwrap()).when(condition)
}

fn item(sort: &str) -> Value {
    json!({"partition": {"S": "u1"}, "sort": {"S": sort}, "version": {"S": "v"}, "body": {"M": {}}})
}

fn asked_for(sort: &str) -> Value {
    json!({"partition": {"S": "u1"}, "sort": {"S": sort}})
}

#[tokio::test]
async fn a_region_that_is_none_has_no_address_and_so_nothing_was_written() {
    // No resolver looks for a name with a part of more than 63 bytes.
    let region = "no-such-region-".repeat(5);
    let documents = documents(&aws_within(timeouts(), &format!("http://dynamodb.{region}1.amazonaws.com")));
    let started = Instant::now();
    for error in [
        documents.get(&USERS, &key("a")).await.unwrap_err(),
        documents.put(&USERS, &key("a"), &put(Condition::Always)).await.unwrap_err(),
        documents.delete(&USERS, &key("a"), &Condition::Always).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("check the region"), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(6), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn a_service_that_never_answers_is_waited_for_no_longer_than_documented() {
    let double = Double::start_within(hasty(), |_, _, _| Reply::Silence).await;
    let documents = documents(&double.aws);

    let started = Instant::now();
    let error = documents.get(&USERS, &key("a")).await.unwrap_err();
    assert!(started.elapsed() < OPERATION + SLACK, "took {:?}", started.elapsed());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.to_string().contains("did not answer in time"), "{error}");
    assert!((2..=3).contains(&double.count("GetItem")), "asked {} times", double.count("GetItem"));

    for (condition, times) in [(Condition::Always, 1..=1), (Condition::Version(Version::new("earlier")), 2..=3)] {
        let (before, started) = (double.count("PutItem"), Instant::now());
        let error = documents.put(&USERS, &key("a"), &put(condition)).await.unwrap_err();
        // The write, and the reading that looks for it.
        assert!(started.elapsed() < OPERATION * 2 + SLACK, "took {:?}", started.elapsed());
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error:?}");
        assert!(
            times.contains(&(double.count("PutItem") - before)),
            "asked {} times",
            double.count("PutItem") - before
        );
    }
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_asked_for_again_and_nothing_else() {
    let double = Double::start(|_, body, before| {
        let keys = body["RequestItems"]["users"]["Keys"].as_array().unwrap();
        let left = |keys: &[Value]| json!({"users": {"Keys": keys, "ConsistentRead": true}});
        Reply::Json(
            200,
            match before {
                0 => json!({"Responses": {"users": [item("a")]}, "UnprocessedKeys": left(&keys[1..])}),
                // Once nothing at all.
                1 => json!({"Responses": {}, "UnprocessedKeys": left(keys)}),
                _ => json!({"Responses": {"users": [item("b")]}, "UnprocessedKeys": {}}),
            },
        )
    })
    .await;
    let keys = Keys::new([key("a"), key("b"), key("c")]).unwrap();
    let found = documents(&double.aws).get_many(&USERS, &keys).await.unwrap();
    let found: Vec<_> = found.iter().map(|found| found.as_ref().map(|document| document.key.sort())).collect();
    assert_eq!(found, [Some("a"), Some("b"), None]);

    let asked: Vec<Value> =
        double.bodies("BatchGetItem").iter().map(|body| body["RequestItems"]["users"].clone()).collect();
    let all = json!([asked_for("a"), asked_for("b"), asked_for("c")]);
    let rest = json!([asked_for("b"), asked_for("c")]);
    assert_eq!(asked.iter().map(|batch| &batch["Keys"]).collect::<Vec<_>>(), [&all, &rest, &rest]);
    assert!(asked.iter().all(|batch| batch["ConsistentRead"] == true), "{asked:?}");
}
