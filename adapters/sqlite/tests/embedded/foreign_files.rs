use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Documents, Put};
use anyport_sqlite::SqliteStore;
use rusqlite::Connection;

use super::{TestClock, USERS, body, key, open, provisioned};

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Opening must fail like this, say this, and leave the folder as it is: same files, same bytes.
fn assert_refused(path: &Path, kind: ErrorKind, says: &str) {
    let before = files(path.parent().unwrap());
    let error = SqliteStore::open(path, Arc::new(TestClock::default())).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert!(files(path.parent().unwrap()) == before, "the folder changed");
}

fn assert_not_a_store(content: &[u8], says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    fs::write(&path, content).unwrap();
    assert_refused(&path, ErrorKind::InvalidInput, says);
}

#[test]
fn what_is_not_sqlite_is_refused() {
    assert_not_a_store(b"", "too short");
    assert_not_a_store(b"SQLite format 3\0", "too short");
    assert_not_a_store("name,e-mail\n".repeat(1_000).as_bytes(), "not a SQLite database");
}

#[test]
fn a_database_of_another_application_is_refused() {
    for settings in ["", "PRAGMA journal_mode = WAL;", "PRAGMA application_id = 7;"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.db");
        let theirs = Connection::open(&path).unwrap();
        theirs
            .execute_batch(&format!("{settings} CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('x')"))
            .unwrap();
        theirs.close().unwrap();
        assert_refused(&path, ErrorKind::InvalidInput, "another application");
    }
}

/// A closed store with some documents: one file, whole in itself.
async fn closed_store(path: &Path) {
    let store = provisioned(path).await;
    for n in 0..200 {
        let filling = format!(r#"{{"text":"{}"}}"#, "x".repeat(1_000));
        store.put(&USERS, &key(&n.to_string()), &Put::new(body(&filling))).await.unwrap();
    }
    drop(store);
    fold(path);
    fs::remove_dir(path.with_file_name("data.db-blobs")).unwrap();
}

/// Waits until the dropped store has closed its connections, and folds the log into the file.
fn fold(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    // Leaving WAL needs every other connection closed.
    while connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).is_err() {
        assert!(std::time::Instant::now() < deadline, "the store did not close");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    connection.close().unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    closed_store(&path).await;
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 1_000).unwrap();
    newer.close().unwrap();
    assert_refused(&path, ErrorKind::InvalidInput, "a newer release");
}

#[tokio::test]
async fn a_newer_schema_is_refused_while_only_the_log_tells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    closed_store(&path).await;
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 1_000).unwrap();
    assert_eq!(fs::read(&path).unwrap()[63], 3, "the file itself still tells of the old one");
    let file = fs::read(&path).unwrap();
    let error = SqliteStore::open(&path, Arc::new(TestClock::default())).unwrap_err();
    assert!(error.to_string().contains("a newer release"), "{error}");
    assert!(fs::read(&path).unwrap() == file);
}

#[tokio::test]
async fn a_damaged_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    closed_store(&path).await;
    let whole = fs::read(&path).unwrap();

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_refused(&path, ErrorKind::Internal, "damaged");

    let mut garbled = whole.clone();
    let middle = garbled.len() / 2 / 4096 * 4096;
    garbled[middle..middle + 3 * 4096].fill(0xa5);
    fs::write(&path, &garbled).unwrap();
    assert_refused(&path, ErrorKind::Internal, "damaged");

    fs::write(&path, &whole).unwrap();
    assert!(open(&path).get(&USERS, &key("7")).await.unwrap().is_some(), "the whole one opens");
}

#[test]
fn a_store_is_made_whole_with_its_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/data.db");
    let stores: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(stores.len(), 8, "all of those who make it at once open it");
    let connection = Connection::open(&path).unwrap();
    let keys: i64 = connection.query_row("SELECT count(*) FROM settings", [], |row| row.get(0)).unwrap();
    assert_eq!(keys, 1);
    let left: Vec<_> =
        fs::read_dir(folder.path().join("a/b")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_str().unwrap().starts_with("data.db")), "{left:?}");
}
