//! What is left behind, and what becomes of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyport_ports::documents::{Condition, Documents as _, Key, Scan as _, ScanQuery, Segment};
use anyport_ports::resources::Provision as _;
use anyport_ports::{ErrorKind, Timestamp};

use crate::server::Server;
use crate::{ORDERS, by_state, key, open, provisioned, put, resources, until};

const INDEX: &str = "anyport:index:{orders/by-state/open}";

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An entry of the document `sort` that a process left behind at this time.
fn entry(sort: &str, made_at: u64) -> String {
    format!("1\0p\0{sort}\0{}{made_at}", "0123456789abcdef".repeat(2))
}

fn entries(server: &Server) -> usize {
    server.ask(redis::cmd("ZCARD").arg(INDEX))
}

#[tokio::test]
async fn an_entry_left_behind_is_never_listed_and_goes_once_its_write_cannot_come() {
    let server = Server::start("");
    let store = provisioned(&server).await;
    store.put(&ORDERS, &key("stands"), &put("open", "1")).await.unwrap();
    for (sort, age) in [("young", Duration::from_mins(4)), ("old", Duration::from_mins(6))] {
        let left = entry(sort, now() - u64::try_from(age.as_millis()).unwrap());
        server.ask::<()>(redis::cmd("ZADD").arg(INDEX).arg(0).arg(left));
    }
    assert_eq!(entries(&server), 3);
    assert_eq!(open(&store).await, ["stands"]);
    until("the old entry is taken out", async || entries(&server) == 2).await;
    assert_eq!(open(&store).await, ["stands"]);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(entries(&server), 2, "the young one stays: its write may be on its way");
}

#[tokio::test]
async fn a_document_has_one_entry_however_often_it_is_written() {
    let server = Server::start("");
    let store = provisioned(&server).await;
    for rank in ["1", "2", "2", "3"] {
        store.put(&ORDERS, &key("a"), &put("open", rank)).await.unwrap();
    }
    until("the entries of earlier versions are taken out", async || entries(&server) == 1).await;
    store.put(&ORDERS, &key("a"), &put("open", "4").when(Condition::Absent)).await.unwrap_err();
    until("the entry of a refused write is taken out", async || entries(&server) == 1).await;
    assert_eq!(open(&store).await, ["a"]);
    store.delete(&ORDERS, &key("a"), &Condition::Always).await.unwrap();
    until("the entry of a deleted document is taken out", async || entries(&server) == 0).await;
}

#[tokio::test]
async fn expired_documents_go_with_later_writes_or_with_their_partition() {
    let server = Server::start("");
    let store = provisioned(&server).await;
    let soon = Timestamp::from_millis(i64::try_from(now()).unwrap()).plus(Duration::from_millis(300));
    let documents = |partition: &str| {
        let pattern = format!("anyport:documents:{{orders/*}}:{partition}");
        server.ask::<Vec<String>>(redis::cmd("KEYS").arg(pattern)).pop().unwrap_or_else(|| "gone".to_owned())
    };
    let count = |partition: &str| server.ask::<usize>(redis::cmd("HLEN").arg(documents(partition)));
    for partition in ["mixed", "expires"] {
        for sort in ["a", "b"] {
            let key = Key::new(partition, sort).unwrap();
            store.put(&ORDERS, &key, &put("open", "1").expires_at(soon)).await.unwrap();
        }
    }
    store.put(&ORDERS, &Key::new("mixed", "stands").unwrap(), &put("open", "1")).await.unwrap();
    until("the partition that expires is gone", async || count("expires") == 0).await;
    assert_eq!(count("mixed"), 3, "nobody has written there since");
    store.put(&ORDERS, &Key::new("mixed", "another").unwrap(), &put("open", "1")).await.unwrap();
    assert_eq!(count("mixed"), 2);
    assert_eq!(server.ask::<i64>(redis::cmd("PTTL").arg(documents("mixed"))), -1);

    // A document without an expiry keeps its partition from going.
    let (expires, stays) = (Key::new("later", "a").unwrap(), Key::new("later", "b").unwrap());
    let later = soon.plus(Duration::from_hours(1));
    store.put(&ORDERS, &expires, &put("open", "1").expires_at(later)).await.unwrap();
    assert!(server.ask::<i64>(redis::cmd("PTTL").arg(documents("later"))) > 3_000_000);
    store.put(&ORDERS, &stays, &put("open", "1")).await.unwrap();
    assert_eq!(server.ask::<i64>(redis::cmd("PTTL").arg(documents("later"))), -1);
    store.put(&ORDERS, &expires, &put("open", "1")).await.unwrap();
    assert_eq!(store.get(&ORDERS, &expires).await.unwrap().unwrap().expires_at, None);
}

#[tokio::test]
async fn a_partition_without_documents_is_forgotten_once_no_write_can_come_and_is_scanned_when_it_has_some_again() {
    let server = Server::start("");
    let store = provisioned(&server).await;
    let listed = || {
        let parts = 0..16;
        parts
            .map(|part| server.ask::<usize>(redis::cmd("ZCARD").arg(format!("anyport:partitions:{{orders/{part}}}"))))
            .sum::<usize>()
    };
    let scanned = async || store.scan(&ORDERS, &ScanQuery::segment(Segment::whole())).await.unwrap().documents.len();
    store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();
    store.delete(&ORDERS, &key("a"), &Condition::Always).await.unwrap();
    assert_eq!((scanned().await, listed()), (0, 1), "it was needed just now");
    for part in 0..16 {
        let since = format!("anyport:partitions-since:{{orders/{part}}}");
        if server.ask(redis::cmd("HEXISTS").arg(&since).arg("p")) {
            server.ask::<()>(redis::cmd("HSET").arg(&since).arg("p").arg(now() - 360_000));
        }
    }
    assert_eq!(scanned().await, 0);
    until("the partition is forgotten", async || listed() == 0).await;
    store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();
    assert_eq!((scanned().await, listed()), (1, 1));
}

#[tokio::test]
async fn an_index_added_later_lists_the_documents_there_were() {
    let server = Server::start("");
    let store = server.connect().await;
    store.provision(&resources(Vec::new())).await.unwrap();
    for sort in ["a", "b"] {
        store.put(&ORDERS, &key(sort), &put("open", sort)).await.unwrap();
    }
    // Another handle learns of the index in time, and writes for it.
    let other = server.connect().await;
    let adding = server.connect().await;
    let adding = tokio::spawn(async move { adding.provision(&resources(vec![by_state()])).await });
    tokio::time::sleep(Duration::from_secs(11)).await;
    other.put(&ORDERS, &key("c"), &put("open", "c")).await.unwrap();
    adding.await.unwrap().unwrap();
    assert_eq!(open(&other).await, ["a", "b", "c"]);

    let fields = vec![anyport_ports::documents::Index::new(crate::BY_STATE, "state", "other")];
    assert_eq!(store.provision(&resources(fields)).await.unwrap_err().kind(), ErrorKind::Conflict);
}
