//! Documents that boto3 reads and writes, as other programs and people at the console do.
//!
//! The environment leads to a DynamoDB emulator and to a Python interpreter that has boto3 (`ANYPORT_BOTO3_PYTHON`):
//! `cargo xtask test` sees to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what surrounds the tests may fail them too")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyport_aws::{Aws, AwsSettings, DynamoDocuments};
use anyport_ports::documents::{Body, Condition, Documents as _, Index, IndexQuery, Key, Put};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};
use anyport_ports::{Clock, CollectionName, ErrorKind, IndexName, Timestamp};
use serde_json::{Value, json};

const USERS: CollectionName = CollectionName::from_static("users");

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
    }
}

struct Table {
    documents: DynamoDocuments,
    name: String,
}

fn by_team() -> Index {
    Index::new(IndexName::from_static("by-team"), "team", "name")
}

fn users(indexes: Vec<Index>) -> Resources {
    Resources { collections: vec![CollectionSpec::new(USERS, indexes)], ..Resources::default() }
}

async fn fresh() -> Table {
    assert!(
        std::env::var("AWS_ENDPOINT_URL_DYNAMODB").is_ok(),
        "AWS_ENDPOINT_URL_DYNAMODB names no emulator: run the tests with `cargo xtask test`"
    );
    let prefix = format!("b{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let settings = AwsSettings { prefix: prefix.clone(), ..AwsSettings::default() };
    let documents = Aws::connect(&settings, Arc::new(WallClock)).await.unwrap().documents();
    documents.provision(&users(vec![by_team()])).await.unwrap();
    Table { documents, name: format!("{prefix}users") }
}

/// Runs a program on the table, and gives back what it prints as JSON.
fn boto3(table: &Table, program: &str) -> Value {
    let python = std::env::var("ANYPORT_BOTO3_PYTHON").expect("ANYPORT_BOTO3_PYTHON: run with `cargo xtask test`");
    let mut child = Command::new(python)
        .arg("-")
        .arg(&table.name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let program = format!("{}\n{program}\n", include_str!("prelude.py"));
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn boto3_reads_a_document_as_native_attributes() {
    let table = fresh().await;
    let body = json!({
        "name": "Ada", "team": "engines", "age": 36, "score": 0.5, "whole": 2.0, "tags": ["a", null, true],
        "address": {"city": "London"},
    });
    let key = Key::new("u1", "profile").unwrap();
    let put = Put::new(Body::of(&body).unwrap()).expires_at(Timestamp::from_millis(4_102_444_800_500));
    let version = table.documents.put(&USERS, &key, &put).await.unwrap();
    let item = boto3(&table, "show(table.get_item(Key={'partition': 'u1', 'sort': 'profile'})['Item'])");
    let expected = json!({
        "partition": "u1", "sort": "profile", "version": version.as_str(),
        "expires_at": 4_102_444_801_i64, "expires_at_ms": 4_102_444_800_500_i64,
        "by-team:p:team": "engines", "by-team:s:name": "Ada\u{0}\u{0}u1\u{0}\u{0}profile",
        "body": {
            "name": "Ada", "team": "engines", "age": 36, "score": 0.5, "whole": {"$number": "2.0"},
            "tags": ["a", null, true], "address": {"city": "London"},
        },
    });
    assert_eq!(item, expected);
}

#[tokio::test]
async fn a_document_that_boto3_wrote_is_read_and_changed_under_its_version() {
    let table = fresh().await;
    let write = "table.put_item(Item={'partition': 'u2', 'sort': 'profile', 'body': {
        'name': 'Grace', 'age': 85, 'ratio': Decimal('0.25'), 'roles': {'admiral'}, 'address': {'city': 'New York'}}})
show(None)";
    boto3(&table, write);
    let key = Key::new("u2", "profile").unwrap();
    let found = table.documents.get(&USERS, &key).await.unwrap().unwrap();
    let body =
        json!({"name": "Grace", "age": 85, "ratio": 0.25, "roles": ["admiral"], "address": {"city": "New York"}});
    assert_eq!(found.body, Body::of(&body).unwrap());
    assert_eq!(found.expires_at, None);

    let change = Put::new(Body::of(&json!({"name": "Grace Hopper"})).unwrap());
    let stale = change.clone().when(Condition::Version(found.version.clone()));
    boto3(&table, &write.replace("85", "86"));
    let error = table.documents.put(&USERS, &key, &stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "boto3 changed it meanwhile: {error:?}");
    let error = table.documents.put(&USERS, &key, &change.clone().when(Condition::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);

    let standing = table.documents.get(&USERS, &key).await.unwrap().unwrap();
    assert_ne!(standing.version, found.version);
    let current = change.when(Condition::Version(standing.version.clone()));
    let written = table.documents.put(&USERS, &key, &current).await.unwrap();
    let error = table.documents.put(&USERS, &key, &current).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "that version is gone: {error:?}");
    let condition = Condition::Version(written);
    table.documents.delete(&USERS, &key, &condition).await.unwrap();
}

#[tokio::test]
async fn an_index_that_is_added_later_holds_the_documents_that_were_there() {
    let table = fresh().await;
    let write = "table.put_item(Item={'partition': 'u3', 'sort': 'profile', 'body': {'state': 'open', 'name': 'Joan'}})
show(None)";
    boto3(&table, write);
    let key = Key::new("u4", "profile").unwrap();
    let put = Put::new(Body::of(&json!({"state": "open", "name": "Ada"})).unwrap());
    let version = table.documents.put(&USERS, &key, &put).await.unwrap();

    let by_state = Index::new(IndexName::from_static("by-state"), "state", "name");
    table.documents.provision(&users(vec![by_team(), by_state])).await.unwrap();
    let query = IndexQuery::new(IndexName::from_static("by-state"), "open");
    let page = table.documents.query_index(&USERS, &query).await.unwrap();
    let names: Vec<_> = page.documents.iter().filter_map(|document| document.body.text("name")).collect();
    assert_eq!(names, ["Ada", "Joan"]);
    assert_eq!(page.documents[0].version, version, "building an index is no write of a document");

    let other = Index::new(IndexName::from_static("by-state"), "state", "city");
    let error = table.documents.provision(&users(vec![other])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
}
