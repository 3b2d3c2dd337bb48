//! Changes of documents.

use anyport_conformance::hosts::azure_functions::Outcome;
use anyport_ports::documents::{Documents as _, Partition, Query};
use anyport_runtimes::{RUNTIME_COLLECTION, Surroundings};
use serde_json::{Value, json};

use crate::site::{Setup, Site};
use crate::workload::{Calls, workload};

const CONTAINER: &str = "test-things";

fn page(documents: &[(&str, &str)]) -> Vec<Value> {
    documents.iter().map(|(id, how)| json!({ "id": id, "how": how, "_ts": 1, "_etag": "\"x\"" })).collect()
}

#[tokio::test]
async fn each_change_calls_the_function_in_order() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let changes = page(&[("a", "fine"), ("b", "good"), ("a", "better"), ("b", "gone")]);
    assert!(site.host.documents_changed(CONTAINER, &changes).await.unwrap().is_success());
    assert_eq!(calls.all(), ["thing a fine", "thing b good", "thing a better", "thing b deleted"]);
    assert!(site.host.documents_changed(CONTAINER, &[]).await.unwrap().is_success());
    assert_eq!(site.host.documents_changed("things", &changes).await, None);
}

#[tokio::test]
async fn a_page_that_failed_comes_again_from_its_beginning() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let changes = page(&[("a", "fine"), ("b", "once"), ("c", "good")]);
    assert!(site.host.documents_changed(CONTAINER, &changes).await.unwrap().is_success());
    let all = ["thing a fine", "thing b once", "thing a fine", "thing b once", "thing c good"];
    assert_eq!(calls.all(), all, "nothing overtakes what failed");
}

#[tokio::test]
async fn what_can_never_be_done_is_given_up_on_record_and_holds_up_nothing() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let mut changes = page(&[("a", "wrong"), ("b", "fine")]);
    changes.insert(1, json!({ "id": 7 }));
    assert!(site.host.documents_changed(CONTAINER, &changes).await.unwrap().is_success());
    assert_eq!(calls.all(), ["thing a wrong", "thing b fine"]);
    let query = Query::partition(Partition::new("change/thing").unwrap());
    let records = site.handle().query(&RUNTIME_COLLECTION, &query).await.unwrap();
    assert_eq!(records.documents.len(), 1, "{records:?}");
}

#[tokio::test]
async fn without_a_reader_of_documents_it_is_told() {
    let setup = Setup { surroundings: Surroundings::none(), ..Setup::default() };
    let site = Site::with(&workload(&Calls::default()), setup).await;
    let outcome = site.host.documents_changed(CONTAINER, &page(&[("a", "fine")])).await.unwrap();
    assert!(matches!(&outcome, Outcome::Failed(problem) if problem.contains("Anyport.NoDecoder")), "{outcome:?}");
}
