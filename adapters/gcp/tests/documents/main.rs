//! Documents that Google's own client for Python reads and writes, as other programs and people at the console do.
//!
//! The environment leads to a Firestore emulator and to a Python interpreter that has `google-cloud-firestore`
//! (`ANYPORT_GCP_PYTHON`): `cargo xtask test` sees to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what surrounds the tests may fail them too")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyport_gcp::{FirestoreDocuments, FirestoreSettings};
use anyport_ports::documents::{
    Body, Changes as _, Condition, Documents as _, FeedQuery, Index, IndexQuery, Key, Partition, Put, Query, Scan as _,
    ScanQuery, Segment,
};
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

struct Namespace {
    documents: FirestoreDocuments,
    prefix: String,
}

fn by_team() -> Index {
    Index::new(IndexName::from_static("by-team"), "team", "name")
}

fn users(spec: CollectionSpec) -> Resources {
    Resources { collections: vec![spec], ..Resources::default() }
}

async fn fresh(spec: CollectionSpec) -> Namespace {
    assert!(
        std::env::var("FIRESTORE_EMULATOR_HOST").is_ok(),
        "FIRESTORE_EMULATOR_HOST names no emulator: run the tests with `cargo xtask test`"
    );
    let prefix = format!("p{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let settings = FirestoreSettings { prefix: prefix.clone(), ..FirestoreSettings::default() };
    let documents = FirestoreDocuments::connect(&settings, Arc::new(WallClock)).await.unwrap();
    documents.provision(&users(spec)).await.unwrap();
    Namespace { documents, prefix }
}

/// Runs a program in the namespace, and gives back what it prints as JSON.
fn python(namespace: &Namespace, program: &str) -> Value {
    let python = std::env::var("ANYPORT_GCP_PYTHON").expect("ANYPORT_GCP_PYTHON: run with `cargo xtask test`");
    let mut child = Command::new(python)
        .arg("-")
        .arg(&namespace.prefix)
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

fn put(body: &Value) -> Put {
    Put::new(Body::of(body).unwrap())
}

#[tokio::test]
async fn python_reads_a_document_as_native_fields() {
    let namespace = fresh(CollectionSpec::new(USERS, vec![by_team()])).await;
    let body = json!({
        "name": "Ada", "team": "engines", "age": 36, "score": 0.5, "whole": 2.0, "tags": ["a", null, true],
        "address": {"city": "London", "grid": [[1, 2], [3]]}, "large": u64::MAX, "__kept__": 1,
    });
    let key = Key::new("u1", "profile/main").unwrap();
    let put = put(&body).expires_at(Timestamp::from_millis(4_102_444_800_500));
    let version = namespace.documents.put(&USERS, &key, &put).await.unwrap();
    let stored = python(&namespace, "show(collection.document('u1|profile~1main').get().to_dict())");
    let expected = json!({
        "partition": "u1", "sort": "profile/main", "version": version.as_str(),
        "expires_at": "2100-01-01T00:00:00.500000+00:00",
        "index": {"by-team": {"equals": "engines", "order": "Ada"}},
        "body": {
            "name": "Ada", "team": "engines", "age": 36, "score": 0.5, "whole": 2.0, "tags": ["a", null, true],
            "address": {"city": "London", "grid": [{"$array": [1, 2]}, {"$array": [3]}]},
            "large": {"$number": "18446744073709551615"}, "$__kept__": 1,
        },
    });
    assert_eq!(stored, expected);
    let found = python(
        &namespace,
        "query = collection.where(filter=firestore.FieldFilter('body.team', '==', 'engines'))
show([found.id for found in query.stream()])",
    );
    assert_eq!(found, json!(["u1|profile~1main"]));
}

#[tokio::test]
async fn a_document_that_python_wrote_is_read_and_changed_under_its_version() {
    let namespace = fresh(CollectionSpec::new(USERS, Vec::new())).await;
    let documents = &namespace.documents;
    let write = "collection.document('u2|profile').set({'partition': 'u2', 'sort': 'profile', 'body': {
        'name': 'Grace', 'age': 85, 'ratio': 0.25, 'photo': b'\\x01\\x02\\x03', 'address': {'city': 'New York'},
        'born': datetime.datetime(1906, 12, 9, tzinfo=datetime.timezone.utc), 'rank': None}})
show(None)";
    python(&namespace, write);
    let key = Key::new("u2", "profile").unwrap();
    let found = documents.get(&USERS, &key).await.unwrap().unwrap();
    let body = json!({
        "name": "Grace", "age": 85, "ratio": 0.25, "photo": "AQID", "address": {"city": "New York"},
        "born": "1906-12-09T00:00:00.000Z", "rank": null,
    });
    assert_eq!(found.body, Body::of(&body).unwrap());
    assert_eq!(found.expires_at, None);
    let listed = documents.query(&USERS, &Query::partition(Partition::new("u2").unwrap())).await.unwrap();
    assert_eq!(listed.documents, std::slice::from_ref(&found));
    let scanned = documents.scan(&USERS, &ScanQuery::segment(Segment::whole())).await.unwrap();
    assert_eq!(scanned.documents, std::slice::from_ref(&found));

    let change = put(&json!({"name": "Grace Hopper"}));
    let stale = change.clone().when(Condition::Version(found.version.clone()));
    python(&namespace, &write.replace("85", "86"));
    let error = documents.put(&USERS, &key, &stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "python changed it meanwhile: {error:?}");
    let error = documents.put(&USERS, &key, &change.clone().when(Condition::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);

    let standing = documents.get(&USERS, &key).await.unwrap().unwrap();
    assert_ne!(standing.version, found.version);
    let current = change.when(Condition::Version(standing.version.clone()));
    let written = documents.put(&USERS, &key, &current).await.unwrap();
    let error = documents.put(&USERS, &key, &current).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "that version is gone: {error:?}");
    documents.delete(&USERS, &key, &Condition::Version(written)).await.unwrap();
}

#[tokio::test]
async fn what_is_no_document_of_its_key_is_not_listed() {
    let namespace = fresh(CollectionSpec::new(USERS, Vec::new())).await;
    let write = "collection.document('elsewhere').set({'partition': 'u1', 'sort': 'profile', 'body': {}})
collection.document('none').set({'partition': 'u1', 'text': 'of another kind'})
collection.document('u1|real').set({'partition': 'u1', 'sort': 'real', 'body': {}})
show(None)";
    python(&namespace, write);
    let real = [Key::new("u1", "real").unwrap()];
    let listed = namespace.documents.query(&USERS, &Query::partition(Partition::new("u1").unwrap())).await.unwrap();
    assert_eq!(listed.documents.iter().map(|found| found.key.clone()).collect::<Vec<_>>(), real);
    let first = ScanQuery::segment(Segment::whole()).limit(1).unwrap();
    let scanned = namespace.documents.scan(&USERS, &first).await.unwrap();
    assert_eq!(scanned.documents.iter().map(|found| found.key.clone()).collect::<Vec<_>>(), real);
}

#[tokio::test]
async fn an_index_and_a_feed_that_are_added_later_hold_what_they_should() {
    let namespace = fresh(CollectionSpec::new(USERS, vec![by_team()])).await;
    let documents = &namespace.documents;
    let write = "collection.document('u3|profile').set(
        {'partition': 'u3', 'sort': 'profile', 'body': {'state': 'open', 'name': 'Joan'}})
show(None)";
    python(&namespace, write);
    let key = Key::new("u4", "profile").unwrap();
    let version = documents.put(&USERS, &key, &put(&json!({"state": "open", "name": "Ada"}))).await.unwrap();
    let error = documents.latest(&USERS).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");

    let by_state = Index::new(IndexName::from_static("by-state"), "state", "name");
    let joined = CollectionSpec::new(USERS, vec![by_team(), by_state]).with_feed();
    documents.provision(&users(joined)).await.unwrap();
    let query = IndexQuery::new(IndexName::from_static("by-state"), "open");
    let page = documents.query_index(&USERS, &query).await.unwrap();
    let names: Vec<_> = page.documents.iter().filter_map(|document| document.body.text("name")).collect();
    assert_eq!(names, ["Ada", "Joan"]);
    assert_eq!(page.documents[0].version, version, "building an index is no write of a document");
    documents.put(&USERS, &key, &put(&json!({"state": "open"}))).await.unwrap();
    let told = documents.read(&USERS, &FeedQuery::oldest()).await.unwrap().changes;
    assert_eq!(told.iter().map(|change| &change.key).collect::<Vec<_>>(), [&key]);

    let other = Index::new(IndexName::from_static("by-state"), "state", "city");
    let error = documents.provision(&users(CollectionSpec::new(USERS, vec![other]))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
}

#[tokio::test]
async fn a_position_whose_changes_are_gone_is_refused_and_the_oldest_goes_on() {
    let namespace = fresh(CollectionSpec::new(USERS, Vec::new()).with_feed()).await;
    let documents = &namespace.documents;
    let key = |sort: &str| Key::new("u1", sort).unwrap();
    let before = documents.latest(&USERS).await.unwrap();
    for sort in ["a", "b", "c"] {
        documents.put(&USERS, &key(sort), &put(&json!({}))).await.unwrap();
    }
    let read = documents.read(&USERS, &FeedQuery::from(before.clone())).await.unwrap();
    assert_eq!(read.changes.len(), 3);

    // As the TTL policy does, which keeps no order.
    let remove = "shards = db.collection(prefix + 'anyport_collections').document('users').collection('shards')
entries = [e for s in shards.stream() for e in s.reference.collection(prefix + 'anyport_changes').stream()]
for entry in entries[:2]:
    entry.reference.delete()
show(len(entries))";
    assert_eq!(python(&namespace, remove), json!(3));
    let error = documents.read(&USERS, &FeedQuery::from(before)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error:?}");
    let kept = documents.read(&USERS, &FeedQuery::oldest()).await.unwrap();
    assert_eq!(kept.changes.iter().map(|change| change.key.clone()).collect::<Vec<_>>(), [key("c")]);
    assert!(documents.read(&USERS, &FeedQuery::from(read.next)).await.unwrap().changes.is_empty());
}
