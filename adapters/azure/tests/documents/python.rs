//! Documents that Microsoft's client for Python reads and writes, as other programs and people at the console do.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyport_ports::documents::{
    Body, Condition, Documents as _, Index, IndexQuery, Put, Scan as _, ScanQuery, Segment,
};
use anyport_ports::resources::Provision as _;
use anyport_ports::{ErrorKind, IndexName, Timestamp};
use serde_json::{Value, json};

use crate::{Container, USERS, by_team, key, provisioned, users};

/// Runs a program on the container, and gives back what it prints as JSON.
fn python(container: &Container, program: &str) -> Value {
    let python = std::env::var("ANYPORT_AZURE_PYTHON").expect("ANYPORT_AZURE_PYTHON: run with `cargo xtask test`");
    let mut child = Command::new(python)
        .arg("-")
        .arg(&container.name)
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
async fn python_reads_a_document_as_it_looks() {
    let container = provisioned(&users(vec![by_team()])).await;
    let body = json!({
        "name": "Ada", "team": "engines", "age": 36, "score": 0.5, "whole": 2.0, "large": 9_007_199_254_740_993_u64,
        "tags": ["a", null, true], "address": {"city": "London"},
    });
    let put = Put::new(Body::of(&body).unwrap()).expires_at(Timestamp::from_millis(2_208_988_800_500));
    let version = container.documents.put(&USERS, &key("u/1", "profile.new"), &put).await.unwrap();
    let item = python(&container, "show(own(container.read_item('profile.2Enew', 'u/1')))");
    let (operation, _) = version.as_str().split_once('.').unwrap();
    assert!(item["ttl"].as_i64() > Some(0), "{item}");
    let expected = json!({
        "id": "profile.2Enew", "pk": "u/1", "operation": operation, "expiresAt": 2_208_988_800_500_i64, "ttl": item["ttl"],
        "ix": {"by_2Dteam__team__name": "engines Ada u.2F1 profile.2Enew"},
        "body": {
            "name": "Ada", "team": "engines", "age": 36, "score": 0.5, "whole": {"$number": "2.0"},
            "large": {"$number": "9007199254740993"}, "tags": ["a", null, true], "address": {"city": "London"},
        },
    });
    assert_eq!(item, expected);
    let listed = "show([i['body']['name'] for i in container.query_items('SELECT * FROM c', partition_key='u/1')])";
    assert_eq!(python(&container, listed), json!(["Ada"]));
}

#[tokio::test]
async fn a_document_that_python_wrote_is_read_and_changed_under_its_version() {
    let container = provisioned(&users(Vec::new())).await;
    let write = "container.upsert_item({'id': 'profile', 'pk': 'u2', 'body': {
        'name': 'Grace', 'age': 85, 'ratio': 0.25, 'roles': ['admiral'], 'address': {'city': 'New York'}}})
show(None)";
    python(&container, write);
    let (documents, key) = (&container.documents, key("u2", "profile"));
    let found = documents.get(&USERS, &key).await.unwrap().unwrap();
    let body =
        json!({"name": "Grace", "age": 85, "ratio": 0.25, "roles": ["admiral"], "address": {"city": "New York"}});
    assert_eq!((found.body, found.expires_at), (Body::of(&body).unwrap(), None));
    let scanned = documents.scan(&USERS, &ScanQuery::segment(Segment::whole())).await.unwrap();
    assert_eq!(scanned.documents.len(), 1, "it is in the collection");

    let change = Put::new(Body::of(&json!({"name": "Grace Hopper"})).unwrap());
    let stale = change.clone().when(Condition::Version(found.version.clone()));
    python(&container, &write.replace("85", "86"));
    let error = documents.put(&USERS, &key, &stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "Python changed it meanwhile: {error:?}");
    let error = documents.put(&USERS, &key, &change.clone().when(Condition::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);

    let standing = documents.get(&USERS, &key).await.unwrap().unwrap();
    assert_ne!(standing.version, found.version);
    let current = change.when(Condition::Version(standing.version));
    let written = documents.put(&USERS, &key, &current).await.unwrap();
    let error = documents.put(&USERS, &key, &current).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "that version is gone: {error:?}");
    documents.delete(&USERS, &key, &Condition::Version(written)).await.unwrap();
    assert_eq!(python(&container, "show(len(list(container.read_all_items())))"), json!(0));
}

#[tokio::test]
async fn an_index_that_is_added_later_holds_the_documents_that_were_there() {
    let container = provisioned(&users(vec![by_team()])).await;
    let documents = &container.documents;
    python(
        &container,
        "container.upsert_item({'id': 'profile', 'pk': 'u3', 'body': {'state': 'open', 'name': 'Joan'}})\nshow(None)",
    );
    let put = Put::new(Body::of(&json!({"state": "open", "name": "Ada", "team": "engines"})).unwrap());
    let version = documents.put(&USERS, &key("u4", "profile"), &put).await.unwrap();

    let by_state = Index::new(IndexName::from_static("by-state"), "state", "name");
    documents.provision(&users(vec![by_team(), by_state])).await.unwrap();
    let listed = |index| async move {
        let page = documents.query_index(&USERS, &index).await.unwrap();
        page.documents.iter().filter_map(|document| document.body.text("name").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(listed(IndexQuery::new(IndexName::from_static("by-state"), "open")).await, ["Ada", "Joan"]);
    assert_eq!(listed(IndexQuery::new(IndexName::from_static("by-team"), "engines")).await, ["Ada"]);
    let change = Put::new(Body::of(&json!({"name": "Ada"})).unwrap()).when(Condition::Version(version));
    documents.put(&USERS, &key("u4", "profile"), &change).await.expect("building an index is no write of a document");

    let other = Index::new(IndexName::from_static("by-state"), "state", "city");
    let error = documents.provision(&users(vec![other])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
}
