//! How long changes are kept, and what a reader that comes too late is told.

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Changes, Documents as _, FeedPosition, FeedQuery};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};

use crate::server::Server;
use crate::{ORDERS, key, put};

const DAY: i64 = 24 * 3_600_000;

#[tokio::test]
async fn changes_are_kept_for_a_day_and_their_loss_is_told() {
    let server = Server::start("");
    let store = server.connect().await;
    let collections = vec![CollectionSpec::new(ORDERS, Vec::new()).with_feed()];
    store.provision(&Resources { collections, ..Resources::default() }).await.unwrap();
    store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();
    let changes = server.ask::<Vec<String>>(redis::cmd("KEYS").arg("anyport:changes:*")).pop().unwrap();
    let left: i64 = server.ask(redis::cmd("PTTL").arg(&changes));
    assert!((DAY..=DAY + DAY / 24).contains(&left), "{left} ms after its last change, a stream goes");

    // As if they had been written long ago.
    server.ask::<()>(redis::cmd("DEL").arg(&changes));
    for n in 1..=500 {
        let mut add = redis::cmd("XADD");
        add.arg(&changes).arg(format!("{n}-0")).arg("partition").arg("p").arg("sort").arg("old").arg("record").arg("");
        server.ask::<String>(&add);
    }
    store.put(&ORDERS, &key("b"), &put("open", "1")).await.unwrap();
    let kept: usize = server.ask(redis::cmd("XLEN").arg(&changes));
    assert!(kept < 150, "{kept} changes are kept, whole nodes of which go");

    let shards = |since: u64| serde_json::json!({ "first": 0, "shards": vec![("0-0", since); 32] });
    let late = FeedQuery::from(FeedPosition::at(&ORDERS, &shards(1)));
    let error = Changes::read(&store, &ORDERS, &late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
    let in_time = FeedQuery::from(FeedPosition::at(&ORDERS, &shards(u64::MAX)));
    assert!(!Changes::read(&store, &ORDERS, &in_time).await.unwrap().changes.is_empty());
}
