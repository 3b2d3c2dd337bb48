//! Servers that are not there, refuse, or go away.

use std::time::{Duration, Instant};

use anyport_ports::documents::Documents as _;
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Retry};
use anyport_redis::{RedisSettings, RedisStore};

use crate::server::Server;
use crate::{ORDERS, key, provisioned, put};

/// The error that this ends in, within a few seconds.
async fn error_of<T>(attempt: impl Future<Output = Result<T>>) -> Error {
    let began = Instant::now();
    let error = attempt.await.err().unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{error}: after {:?}", began.elapsed());
    error
}

#[tokio::test]
async fn a_wrong_password_is_told_once_and_not_shown() {
    let server = Server::start("right");
    let before = server.connections_so_far();
    for (password, kind) in [("s3cret", ErrorKind::Unauthenticated), ("", ErrorKind::Unauthenticated)] {
        let settings = RedisSettings::at(server.url(password));
        let error = error_of(RedisStore::connect(&settings)).await;
        assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    // One each, and the one that asks.
    assert_eq!(server.connections_so_far() - before, 3, "connections for two attempts");
    server.connect().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_unavailable_and_served_again_once_it_is_up() {
    let mut server = Server::start("");
    let store = provisioned(&server).await;
    let version = store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();

    server.stop();
    for _ in 0..3 {
        let read = error_of(store.get(&ORDERS, &key("a"))).await;
        assert_eq!((read.kind(), read.retry()), (ErrorKind::Unavailable, Retry::Backoff), "{read:?}");
        let write = error_of(store.put(&ORDERS, &key("a"), &put("open", "2"))).await;
        assert_eq!(write.kind(), ErrorKind::Unavailable, "{write:?}");
    }
    assert_eq!(error_of(RedisStore::connect(&server.settings())).await.kind(), ErrorKind::Unavailable);

    // The same handle, on a server that has forgotten the scripts and kept the documents.
    server.start_again();
    let found = store.get(&ORDERS, &key("a")).await.unwrap().unwrap();
    assert_eq!(found.version, version);
    let version = store.put(&ORDERS, &key("a"), &put("open", "3")).await.unwrap();
    assert_eq!(server.connect().await.get(&ORDERS, &key("a")).await.unwrap().unwrap().version, version);
}

#[tokio::test]
async fn an_absent_collection_is_not_found_until_another_process_makes_it() {
    let server = Server::start("");
    let store = server.connect().await;
    let error = error_of(store.get(&ORDERS, &key("a"))).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::NotFound, Retry::Never));
    assert!(error.to_string().contains("orders/p/a") && error.to_string().contains("provision"), "{error}");
    let elsewhere = CollectionName::from_static("elsewhere");
    assert_eq!(error_of(store.put(&elsewhere, &key("a"), &put("open", "1"))).await.kind(), ErrorKind::NotFound);

    provisioned(&server).await;
    store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();
}

#[tokio::test]
async fn a_full_memory_refuses_the_write_whole_and_still_reads_and_deletes() {
    let server = Server::start("");
    let store = provisioned(&server).await;
    store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();
    server.ask::<()>(redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(1));
    let error = error_of(store.put(&ORDERS, &key("b"), &put("open", "2"))).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Throttled, Retry::Backoff), "{error:?}");
    assert!(store.get(&ORDERS, &key("b")).await.unwrap().is_none());
    assert!(store.get(&ORDERS, &key("a")).await.unwrap().is_some());
    store.delete(&ORDERS, &key("a"), &anyport_ports::documents::Condition::Always).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_there_is_the_urls_mistake() {
    let server = Server::start("");
    let settings = RedisSettings::at(format!("{}/99", server.url("")));
    assert_eq!(error_of(RedisStore::connect(&settings)).await.kind(), ErrorKind::InvalidInput);
}
