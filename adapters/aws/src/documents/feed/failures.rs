//! Shards that end, iterators that expire, records that are gone: what no emulator shows.

use anyport_ports::documents::{Changes as _, FeedPage, FeedPosition, FeedQuery};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};
use anyport_ports::{CollectionName, ErrorKind};
use serde_json::{Value, json};

use super::place::{Place, Position};
use crate::double::{Double, Reply};

const USERS: CollectionName = CollectionName::from_static("users");

/// The second that the tests' clock shows.
const NOW: i64 = 1000;

/// Two shards of which one is the other's child, and how each iterator is answered.
fn service(records: impl Fn(&str) -> Reply + Send + Sync + 'static) -> impl Fn(&str, &Value, usize) -> Reply {
    move |operation, body, _| match operation {
        "DescribeTable" => Reply::Json(
            200,
            json!({"Table": {
                "TableName": "users",
                "LatestStreamArn": "arn:aws:dynamodb:eu-test-1:1:table/users/stream/2026",
                "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
            }}),
        ),
        "DescribeStream" => Reply::Json(
            200,
            json!({"StreamDescription": {"Shards": [
                {"ShardId": "shardId-child", "ParentShardId": "shardId-parent"},
                {"ShardId": "shardId-parent", "ParentShardId": "shardId-long-gone"},
            ]}}),
        ),
        "GetShardIterator" => {
            let kind = body["ShardIteratorType"].as_str().unwrap();
            let number = body["SequenceNumber"].as_str().unwrap_or_default();
            if number.starts_with("trimmed") {
                return refusal("TrimmedDataAccessException");
            }
            let iterator = format!("{} {kind} {number}", body["ShardId"].as_str().unwrap());
            Reply::Json(200, json!({"ShardIterator": iterator.trim_end()}))
        }
        _ => records(body["ShardIterator"].as_str().unwrap()),
    }
}

fn refusal(code: &str) -> Reply {
    Reply::Json(400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no"}))
}

fn record(key: &str, number: &str, made: i64) -> Value {
    json!({"eventName": "REMOVE", "dynamodb": {
        "Keys": {"partition": {"S": key}, "sort": {"S": "s"}},
        "SequenceNumber": number, "StreamViewType": "NEW_IMAGE", "ApproximateCreationDateTime": made,
    }})
}

fn found(records: &[Value], next: Option<&str>) -> Reply {
    Reply::Json(200, json!({"Records": records, "NextShardIterator": next}))
}

fn at(shards: &[(&str, Place)]) -> FeedPosition {
    let shards = shards.iter().map(|(id, place)| (format!("shardId-{id}"), place.clone())).collect();
    Position { given: NOW, turn: None, shards }.text(&USERS)
}

fn after(number: &str) -> Place {
    Place { after: Some(number.to_owned()), ..Place::default() }
}

async fn read(double: &Double, from: FeedPosition) -> anyport_ports::Result<FeedPage> {
    double.aws.changes().read(&USERS, &FeedQuery::from(from)).await
}

fn keys(page: &FeedPage) -> Vec<&str> {
    page.changes.iter().map(|change| change.key.partition().as_str()).collect()
}

#[tokio::test]
async fn a_shard_that_ended_is_followed_by_its_child_also_on_another_handle() {
    let double = Double::start(service(|iterator| match iterator {
        "shardId-parent TRIM_HORIZON" => found(&[record("a", "n1", NOW), record("b", "n2", NOW)], None),
        "shardId-child TRIM_HORIZON" => found(&[record("a", "n3", NOW)], Some("more")),
        "more" => found(&[], Some("still more")),
        other => panic!("{other}"),
    }))
    .await;
    let page = double.aws.changes().read(&USERS, &FeedQuery::oldest()).await.unwrap();
    assert_eq!(keys(&page), ["a", "b"]);
    let page = read(&double, page.next).await.unwrap();
    assert_eq!(keys(&page), ["a"]);
    let page = read(&double, page.next).await.unwrap();
    assert!(page.changes.is_empty());
    assert_eq!(double.count("GetShardIterator"), 2, "the position carries the iterator on");
}

#[tokio::test]
async fn an_iterator_that_has_expired_is_replaced_by_the_number_that_was_read_last() {
    let double = Double::start(service(|iterator| match iterator {
        "old" => refusal("ExpiredIteratorException"),
        "shardId-child AFTER_SEQUENCE_NUMBER n1" => found(&[record("b", "n2", NOW)], Some("more")),
        other => panic!("{other}"),
    }))
    .await;
    let place = Place { iterator: Some("old".to_owned()), ..after("n1") };
    let page = read(&double, at(&[("parent", Place::done()), ("child", place)])).await.unwrap();
    assert_eq!(keys(&page), ["b"]);
}

#[tokio::test]
async fn records_that_are_gone_are_an_error_unless_nothing_followed_the_one_read_last() {
    let double = Double::start(service(|iterator| match iterator {
        "shardId-child TRIM_HORIZON" => found(&[record("b", "n2", NOW)], Some("more")),
        other => panic!("{other}"),
    }))
    .await;
    let child = |place| at(&[("parent", Place::done()), ("child", place)]);
    let error = read(&double, child(after("trimmed"))).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::PreconditionFailed, "changes.read"));
    let page = read(&double, child(Place { quiet: true, ..after("trimmed") })).await.unwrap();
    assert_eq!(keys(&page), ["b"]);
}

#[tokio::test]
async fn a_position_of_the_day_before_yesterday_or_of_a_shard_that_is_gone_unread_is_refused() {
    let double = Double::start(service(|iterator| panic!("{iterator}"))).await;
    let old = Position { given: NOW - 86_401, ..Position::default() }.text(&USERS);
    for position in [old, at(&[("unknown", after("n1"))])] {
        assert_eq!(read(&double, position).await.unwrap_err().kind(), ErrorKind::PreconditionFailed);
    }
}

#[tokio::test]
async fn latest_stays_where_it_was_when_its_iterators_are_too_old() {
    let double = Double::start(service(|iterator| match iterator {
        "shardId-child LATEST" => refusal("ExpiredIteratorException"),
        "shardId-child TRIM_HORIZON" => {
            let records = [("a", "n1", NOW - 3), ("b", "n2", NOW - 2), ("c", "n3", NOW - 1), ("d", "n4", NOW - 5)];
            found(&records.map(|(key, number, made)| record(key, number, made)), Some("more"))
        }
        other => panic!("{other}"),
    }))
    .await;
    let latest = double.aws.changes().latest(&USERS).await.unwrap();
    let page = read(&double, latest).await.unwrap();
    assert_eq!(keys(&page), ["c", "d"], "the order of what follows is not doubted for its instants");
}

#[tokio::test]
async fn a_table_without_a_stream_has_no_feed_and_one_that_shows_keys_only_is_not_taken_for_deletions() {
    let double = Double::start(|_, _, _| Reply::Json(200, json!({"Table": {"TableName": "users"}}))).await;
    assert_eq!(double.aws.changes().latest(&USERS).await.unwrap_err().kind(), ErrorKind::NotFound);

    let mut keys_only = record("a", "n1", NOW);
    keys_only["dynamodb"]["StreamViewType"] = json!("KEYS_ONLY");
    let double = Double::start(service(move |_| found(&[keys_only.clone()], None))).await;
    let error = double.aws.changes().read(&USERS, &FeedQuery::oldest()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("KEYS_ONLY"), "{error}");
}

#[tokio::test]
async fn a_failure_of_one_shard_fails_the_page_and_nothing_is_passed_over() {
    let double = Double::start(service(|_| refusal("ThrottlingException"))).await;
    let error = double.aws.changes().read(&USERS, &FeedQuery::oldest()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("GetRecords")), (ErrorKind::Throttled, 3));
    let double = Double::start(service(|_| Reply::Hangup)).await;
    let error = double.aws.changes().read(&USERS, &FeedQuery::oldest()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

/// A table that stands, with a stream that shows this, or without.
async fn standing(view: Option<&'static str>) -> Double {
    Double::start(move |operation, _, _| match operation {
        "DescribeTable" => {
            let key = |name, kind| json!({"AttributeName": name, "KeyType": kind});
            let text = |name| json!({"AttributeName": name, "AttributeType": "S"});
            let mut table = json!({
                "TableName": "users", "TableStatus": "ACTIVE",
                "KeySchema": [key("partition", "HASH"), key("sort", "RANGE")],
                "AttributeDefinitions": [text("partition"), text("sort")],
            });
            if let Some(view) = view {
                table["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": view});
            }
            Reply::Json(200, json!({"Table": table}))
        }
        "DescribeTimeToLive" => {
            let expiry = json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"});
            Reply::Json(200, json!({"TimeToLiveDescription": expiry}))
        }
        _ => Reply::Json(200, json!({})),
    })
    .await
}

#[tokio::test]
async fn a_standing_table_is_given_a_stream_once_and_one_that_shows_too_little_is_told() {
    let collections = vec![CollectionSpec::new(USERS, Vec::new()).with_feed()];
    let resources = Resources { collections, ..Resources::default() };
    let double = standing(None).await;
    double.aws.documents().provision(&resources).await.unwrap();
    let asked = double.bodies("UpdateTable");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["StreamSpecification"], json!({"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}));

    for view in ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"] {
        let double = standing(Some(view)).await;
        double.aws.documents().provision(&resources).await.unwrap();
        assert_eq!(double.count("UpdateTable"), 0, "{view}");
    }
    let error = standing(Some("KEYS_ONLY")).await.aws.documents().provision(&resources).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}
