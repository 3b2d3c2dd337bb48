//! Documents of Firestore, as Eventarc tells of them: at least once, and in no order.

use anyport_conformance::hosts::cloud_run::firestore::{Told, encode};
use anyport_conformance::hosts::cloud_run::{Change, ChangeData, PROJECT};
use serde_json::json;

use crate::site::Site;
use crate::workload::{Calls, workload};

fn change(key: &str, second: u32, how: Option<&str>) -> Change {
    let document = format!("things/{key}");
    let after = how.map(|how| json!({ "how": how }).as_object().cloned().unwrap());
    let data = ChangeData::Protobuf(encode(&Told { document: document.clone(), after }));
    Change { document, time: format!("2026-01-01T00:00:{second:02}.000001Z"), data }
}

async fn status(site: &Site, change: &Change) -> u16 {
    site.service.document_changed("thing", change).await.status()
}

#[tokio::test]
async fn a_change_is_read_by_the_stores_own_decoder_from_protobuf_and_from_json() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    assert_eq!(status(&site, &change("a", 1, Some("fine"))).await, 204);
    assert_eq!(status(&site, &change("a", 2, None)).await, 204);
    let name = format!("projects/{PROJECT}/databases/(default)/documents/things/b");
    let json = json!({ "value": { "name": name, "fields": { "how": { "stringValue": "fine" } } }, "updateMask": {} });
    let told = Change { data: ChangeData::Json(json), ..change("b", 1, None) };
    assert_eq!(status(&site, &told).await, 204);
    assert_eq!(calls.all(), ["thing a fine", "thing a deleted", "thing b fine"]);
}

#[tokio::test]
async fn a_change_that_comes_again_or_late_is_passed_over() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    for (key, second, how) in [("a", 2, "two"), ("a", 2, "two"), ("a", 1, "one"), ("b", 1, "one"), ("a", 3, "three")] {
        assert_eq!(status(&site, &change(key, second, Some(how))).await, 204, "{key} {second}");
    }
    assert_eq!(calls.all(), ["thing a two", "thing b one", "thing a three"], "the last one stands in the end");
}

#[tokio::test]
async fn a_change_that_failed_comes_again_and_one_that_can_never_be_done_is_given_up() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let once = change("a", 1, Some("once"));
    assert_eq!([status(&site, &once).await, status(&site, &once).await, status(&site, &once).await], [503, 204, 204]);
    assert_eq!(status(&site, &change("b", 1, Some("wrong"))).await, 204);
    assert_eq!(calls.all(), ["thing a once", "thing a once", "thing b wrong"]);
    let given_up = site.records("change/thing").await;
    assert!(given_up.iter().any(|record| record["sort"] == "b" && record["code"] == "invalid_input"), "{given_up:?}");
}

#[tokio::test]
async fn two_changes_of_a_document_never_run_at_once() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    let (slow, next) = (change("a", 1, Some("never")), change("a", 2, Some("fine")));
    let (first, meanwhile) = tokio::join!(status(&site, &slow), async {
        while calls.all().is_empty() {
            tokio::task::yield_now().await;
        }
        status(&site, &next).await
    });
    assert_eq!((first, meanwhile), (503, 503), "the one timed out, the other had to wait");
    assert_eq!(status(&site, &next).await, 204);
    assert_eq!(calls.all(), ["thing a never", "thing a fine"]);
}

#[tokio::test]
async fn what_is_no_change_is_kept() {
    let calls = Calls::default();
    let site = Site::new(workload(&calls)).await;
    for data in [&b""[..], b"\xff\xff", b"{}"] {
        let broken = Change { data: ChangeData::Protobuf(data.to_vec()), ..change("a", 1, None) };
        assert_eq!(status(&site, &broken).await, 204);
    }
    assert!(site.service.blob_created("thing", "test-uploads", "imports/a").await.is_acknowledged());
    assert!(site.service.schedule("thing", None).await.is_acknowledged());
    assert!(calls.all().is_empty());
    let kept = site.records("push/thing").await;
    assert!(kept.iter().any(|record| record["code"] == "malformed_push"), "{kept:?}");
    assert!(kept.iter().any(|record| record["code"] == "not_for_this_function"), "{kept:?}");
}
