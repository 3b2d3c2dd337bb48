use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{
    Condition, Documents, Index, IndexQuery, Partition, Put, Query, Scan, ScanQuery, Segment,
};
use anyport_ports::resources::{CollectionSpec, Provision, Resources};
use anyport_ports::{Clock, ErrorKind};
use anyport_sqlite::SqliteStore;
use rusqlite::Connection;

use super::{BY_CITY, TestClock, USERS, body, key, open, provisioned, resources};

#[tokio::test(flavor = "multi_thread")]
async fn stores_on_one_file_compete_and_no_increment_is_lost() {
    const STORES: usize = 2;
    const WRITERS: usize = 4;
    const INCREMENTS: u64 = 10;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let first = provisioned(&path).await;
    first.put(&USERS, &key("counter"), &Put::new(body(r#"{"n":0}"#))).await.unwrap();
    let mut writers = Vec::new();
    for _ in 0..STORES {
        let store = open(&path);
        for _ in 0..WRITERS {
            let store = store.clone();
            writers.push(tokio::spawn(async move {
                let mut done = 0;
                while done < INCREMENTS {
                    let standing = store.get(&USERS, &key("counter")).await.unwrap().unwrap();
                    let n = standing.body.fields()["n"].as_u64().unwrap() + 1;
                    let put = Put::new(body(&format!(r#"{{"n":{n}}}"#))).when(Condition::Version(standing.version));
                    match store.put(&USERS, &key("counter"), &put).await {
                        Ok(_) => done += 1,
                        Err(error) => assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}"),
                    }
                }
            }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let counter = first.get(&USERS, &key("counter")).await.unwrap().unwrap();
    assert_eq!(counter.body, body(&format!(r#"{{"n":{}}}"#, (STORES * WRITERS) as u64 * INCREMENTS)));
}

#[tokio::test]
async fn a_write_is_seen_by_other_stores_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let (first, second) = (provisioned(&path).await, open(&path));
    for n in 0..50 {
        let written = body(&format!(r#"{{"n":{n}}}"#));
        let (writer, reader) = if n % 2 == 0 { (&first, &second) } else { (&second, &first) };
        writer.put(&USERS, &key("a"), &Put::new(written.clone())).await.unwrap();
        assert_eq!(reader.get(&USERS, &key("a")).await.unwrap().unwrap().body, written);
    }
}

#[tokio::test]
async fn a_restart_keeps_everything_and_no_version_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let mut versions = BTreeSet::new();
    for run in 0..5 {
        let store = if run == 0 { provisioned(&path).await } else { open(&path) };
        let at = Partition::new("p").unwrap();
        let listed = store.query(&USERS, &Query::partition(at)).await.unwrap().documents;
        assert_eq!(listed.len(), run);
        let put = Put::new(body(r#"{"city":"Ulm","name":"Ada"}"#)).when(Condition::Absent);
        let version = store.put(&USERS, &key("again"), &put).await.unwrap();
        assert!(versions.insert(version.as_str().to_owned()), "{version:?} was there before");
        store.delete(&USERS, &key("again"), &Condition::Version(version)).await.unwrap();
        store.put(&USERS, &key(&format!("kept-{run}")), &put).await.unwrap();
        let indexed = store.query_index(&USERS, &IndexQuery::new(BY_CITY, "Ulm")).await.unwrap();
        assert_eq!(indexed.documents.len(), run + 1);
    }
}

#[tokio::test]
async fn a_file_locked_for_too_long_is_unavailable_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = provisioned(&path).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.put(&USERS, &key("a"), &Put::new(body("{}"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.get(&USERS, &key("a")).await.unwrap().is_none());
    store.put(&USERS, &key("a"), &Put::new(body("{}"))).await.unwrap();
}

#[tokio::test]
async fn a_new_index_is_built_and_another_under_its_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    let collection =
        |indexes| Resources { collections: vec![CollectionSpec::new(USERS, indexes)], ..Resources::default() };
    store.provision(&collection(Vec::new())).await.unwrap();
    for (sort, json) in [("1", r#"{"city":"Ulm","name":"b"}"#), ("2", r#"{"city":"Ulm","name":"a"}"#), ("3", "{}")] {
        store.put(&USERS, &key(sort), &Put::new(body(json))).await.unwrap();
    }
    let query = IndexQuery::new(BY_CITY, "Ulm");
    assert_eq!(store.query_index(&USERS, &query).await.unwrap_err().kind(), ErrorKind::NotFound);
    store.provision(&resources()).await.unwrap();
    store.provision(&resources()).await.unwrap();
    let listed = store.query_index(&USERS, &query).await.unwrap().documents;
    assert_eq!(listed.iter().map(|document| document.key.sort()).collect::<Vec<_>>(), ["2", "1"]);

    let other = collection(vec![Index::new(BY_CITY, "city", "age")]);
    let error = store.provision(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("by-city"), "{error}");

    for (attempts, kind) in [(0, ErrorKind::InvalidInput), (7, ErrorKind::Conflict)] {
        let mut other = resources();
        other.subscriptions[0].max_attempts = attempts;
        assert_eq!(store.provision(&other).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn segments_of_any_page_size_list_each_live_document_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::default());
    let shared: Arc<dyn Clock> = clock.clone();
    let store = SqliteStore::open(&folder.path().join("data.db"), shared).unwrap();
    store.provision(&resources()).await.unwrap();
    for n in 0..30 {
        let put = Put::new(body("{}")).expires_at((n % 3 == 0).then(|| clock.now().plus(Duration::from_secs(1))));
        let key = anyport_ports::documents::Key::new(format!("p{n}\0"), "\0").unwrap();
        store.put(&USERS, &key, &put).await.unwrap();
    }
    clock.advance(Duration::from_secs(1));
    for limit in [1, 3, 100] {
        let mut listed = Vec::new();
        for segment in 0..4 {
            let mut next = None;
            loop {
                let scan = ScanQuery::segment(Segment::new(segment, 4).unwrap()).limit(limit).unwrap();
                let page = store.scan(&USERS, &scan.after(next.as_ref()).unwrap()).await.unwrap();
                listed.extend(page.documents.into_iter().map(|document| document.key));
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
        }
        assert_eq!(listed.len(), 20);
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>().len(), 20);
    }
}
