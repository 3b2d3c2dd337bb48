//! Functions called by changes of documents.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::documents::{Condition, Documents as _, Key, Partition, Query};
use anyport_ports::handles::{Collection, Writer};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use anyport_runtimes::server::{listen, start};
use anyport_runtimes::{DocumentChanged, Function, Limits, RUNTIME_COLLECTION, Surroundings, Trigger, Workload};
use serde::{Deserialize, Serialize};

use crate::client::eventually;
use crate::site::Site;

struct Things;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Thing {
    id: String,
    /// What the function does with it.
    how: String,
}

impl Collection for Things {
    const NAME: CollectionName = CollectionName::from_static("things");
    type Item = Thing;

    fn key(item: &Thing) -> Result<Key> {
        Key::new("things", item.id.as_str())
    }
}

/// What the function was called with, in order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    async fn reach(&self, expected: &[&str]) {
        eventually("the calls expected", async || (self.all().len() >= expected.len()).then_some(())).await;
        assert_eq!(self.all(), expected);
    }
}

fn workload(calls: &Calls) -> Workload {
    let calls = calls.clone();
    let changed = move |change: DocumentChanged<Things>| {
        let how = change.after.map_or_else(|| "deleted".to_owned(), |thing| thing.item.how);
        let call = format!("{} {how}", change.key.sort());
        let mut calls = calls.0.lock().unwrap();
        calls.push(call.clone());
        let time = calls.iter().filter(|other| **other == call).count();
        async move {
            match (how.as_str(), time) {
                ("once", 1) | ("retry", _) => Err(Error::new(ErrorKind::Unavailable, "not now")),
                ("wrong", _) => Err(Error::invalid("cannot ever be done")),
                ("panic", 1) => panic!("as asked"),
                ("hang", 1) => std::future::pending().await,
                _ => Ok(()),
            }
        }
    };
    let limits = Limits { timeout: Duration::from_mins(1), ..Limits::default() };
    Workload::new("things").function(Function::document_changed::<Things, _, _>("changed", changed).limits(limits))
}

async fn put(site: &Site, id: &str, how: &str) {
    let thing = Thing { id: id.to_owned(), how: how.to_owned() };
    Writer::<Things>::new(site.ports().documents).put(&thing, Condition::Always).await.unwrap();
}

async fn delete(site: &Site, id: &str) {
    let key = Key::new("things", id).unwrap();
    Writer::<Things>::new(site.ports().documents).delete(&key, &Condition::Always).await.unwrap();
}

/// The sort key and the code of each change that was given up.
async fn given_up(site: &Site) -> Vec<(String, String)> {
    let query = Query::partition(Partition::new("change/changed").unwrap()).prefix("given-up/");
    let page = site.handle().query(&RUNTIME_COLLECTION, &query).await.unwrap();
    let text = |body: &anyport_ports::documents::Body, field: &str| body.text(field).unwrap().to_owned();
    let mut all: Vec<_> =
        page.documents.iter().map(|found| (text(&found.body, "sort"), text(&found.body, "code"))).collect();
    all.sort();
    all
}

#[tokio::test]
async fn each_change_is_seen_once_across_replicas_in_order_and_from_the_first_start_on() {
    let (site, calls) = (Site::new(), Calls::default());
    let earlier = site.start(
        Workload::new("things")
            .function(Function::document_changed::<Things, _, _>("another", async |_: DocumentChanged<Things>| {
                Ok::<(), Error>(())
            })),
    );
    let earlier = earlier.await;
    put(&site, "before", "fine").await;
    let servers = [site.start(workload(&calls)).await, site.start(workload(&calls)).await];
    put(&site, "a", "fine").await;
    put(&site, "a", "better").await;
    delete(&site, "a").await;
    put(&site, "a", "again").await;
    calls.reach(&["a fine", "a better", "a deleted", "a again"]).await;
    for server in servers {
        server.shutdown().await;
    }
    put(&site, "b", "while nobody listened").await;
    let server = site.start(workload(&calls)).await;
    calls.reach(&["a fine", "a better", "a deleted", "a again", "b while nobody listened"]).await;
    server.shutdown().await;
    earlier.shutdown().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_before_later_changes_of_its_document_and_given_up_in_the_end() {
    let (site, calls) = (Site::new(), Calls::default());
    let server = site.start(workload(&calls)).await;
    for (id, how) in [("a", "once"), ("a", "fine"), ("b", "retry"), ("c", "wrong"), ("d", "panic"), ("b", "later")] {
        put(&site, id, how).await;
    }
    let of = |id: &str| calls.all().into_iter().filter(|call| call.starts_with(id)).collect::<Vec<_>>();
    eventually("all are done with", async || of("b").contains(&"b later".to_owned()).then_some(())).await;
    server.shutdown().await;
    assert_eq!(of("a"), ["a once", "a once", "a fine"]);
    assert_eq!(of("b"), [&["b retry"; 5][..], &["b later"]].concat());
    assert_eq!(of("c"), ["c wrong"]);
    assert_eq!(of("d"), ["d panic", "d panic"]);
    let told = |id: &str, code: &str| (id.to_owned(), code.to_owned());
    assert_eq!(given_up(&site).await, [told("b", "unavailable"), told("c", "invalid_input")]);
}

#[tokio::test]
async fn another_replica_goes_on_where_one_died() {
    let clock = Arc::new(ManualClock::new());
    let (site, calls) = (Site::on(clock.clone()), Calls::default());
    let first = site.start(workload(&calls)).await;
    put(&site, "a", "fine").await;
    calls.reach(&["a fine"]).await;
    put(&site, "b", "hang").await;
    calls.reach(&["a fine", "b hang"]).await;
    let second = site.start(workload(&calls)).await;
    drop(first);
    clock.advance(Duration::from_mins(2));
    put(&site, "c", "fine").await;
    calls.reach(&["a fine", "b hang", "b hang", "c fine"]).await;
    second.shutdown().await;
}

#[tokio::test]
async fn a_place_that_is_lost_is_told_and_what_is_kept_is_read() {
    let clock = Arc::new(ManualClock::new());
    let (site, calls) = (Site::on(clock.clone()), Calls::default());
    site.start(workload(&calls)).await.shutdown().await;
    put(&site, "a", "fine").await;
    clock.advance(Duration::from_hours(30));
    put(&site, "b", "fine").await;
    let server = site.start(workload(&calls)).await;
    calls.reach(&["b fine"]).await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_workload_that_listens_where_nothing_is_told_does_not_start() {
    let site = Site::new();
    let surroundings = Surroundings::none().provisioned_by(Arc::new(site.handle()));
    let listener = listen(&site.settings).await.unwrap();
    let refused = start(listener, workload(&Calls::default()), site.ports(), surroundings, site.settings.clone()).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("changed: it is called by changes of documents"), "{told}");
}

#[test]
fn the_manifest_asks_for_the_feed_and_for_what_following_it_takes() {
    let workload = workload(&Calls::default());
    let manifest = workload.manifest();
    assert_eq!(manifest.functions[0].trigger, Trigger::DocumentChanged { collection: Things::NAME });
    let resources = workload.resources().collections;
    let needed: Vec<_> = resources.iter().map(|spec| (spec.name.as_str(), spec.feed)).collect();
    assert_eq!(needed, [("things", true), ("anyport-runtime", false), ("anyport-leases", false)]);
}

#[test]
fn the_runtimes_own_collection_calls_no_function() {
    struct Own;
    impl Collection for Own {
        const NAME: CollectionName = RUNTIME_COLLECTION;
        type Item = Thing;

        fn key(item: &Thing) -> Result<Key> {
            Things::key(item)
        }
    }
    let listening = Function::document_changed::<Own, _, _>("own", async |_: DocumentChanged<Own>| Ok::<(), Error>(()));
    let told = Workload::new("things").function(listening).validate().unwrap_err().to_string();
    assert!(told.contains("own: anyport-runtime is the runtime's own collection"), "{told}");
}
