//! What others put into a bucket, by a client of their own and under names that no blob has.
//!
//! The environment leads to a server that stands for Cloud Storage: `cargo xtask test` sees to it.

use anyport_blobs::ObjectBlobs;
use anyport_blobs::gcs::GcsSettings;
use anyport_ports::blobs::{BlobRange, Blobs as _, ListBlobs, PutBlob};
use anyport_ports::resources::{Provision as _, Resources};

use crate::{PHOTOS, name};

/// Puts an object by the JSON interface, with no regard for what a blob may be called.
async fn insert(host: &str, bucket: &str, object: &str) {
    let url = format!("{host}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={object}");
    let request = reqwest::Client::new().post(url).header("content-type", "text/csv").body("foreign");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_another_client_wrote_is_read_and_listed_like_any_other() {
    let host = std::env::var("STORAGE_EMULATOR_HOST");
    let host = host.expect("STORAGE_EMULATOR_HOST names no server: run the tests with `cargo xtask test`");
    let prefix = format!("f{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let blobs = ObjectBlobs::gcs(&GcsSettings::new().with_prefix(&prefix)).unwrap();
    blobs.provision(&Resources { buckets: vec![PHOTOS], ..Resources::default() }).await.unwrap();
    let bucket = format!("{prefix}photos");
    for foreign in ["folder%2F", "folder%2Finner%2F", "a.", "z%2F%2Ftwice", "caf%C3%A9"] {
        insert(&host, &bucket, foreign).await;
    }
    let put = PutBlob::new("text/plain", "ours").unwrap();
    for ours in ["a", "folder/b", "zz"] {
        blobs.put(&PHOTOS, &name(ours), &put).await.unwrap();
    }
    let read = blobs.get(&PHOTOS, &name("café"), BlobRange::All).await.unwrap();
    assert_eq!((read.info.length, read.info.content_type.as_str()), (7, "text/csv"));
    let names = ["a", "café", "folder/b", "zz"];
    for limit in [1, 2, 100] {
        let mut listed = Vec::new();
        let mut cursor = None;
        loop {
            let list = ListBlobs::prefix("").limit(limit).unwrap().after(cursor.as_ref()).unwrap();
            let page = blobs.list(&PHOTOS, &list).await.unwrap();
            listed.extend(page.names().map(ToString::to_string));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            assert!(listed.len() <= names.len(), "it goes on: {listed:?}");
        }
        assert_eq!(listed, names, "{limit} on a page");
    }
    // And back: what was written here is read there.
    let there = reqwest::get(format!("{host}/storage/v1/b/{bucket}/o/folder%2Fb?alt=media")).await.unwrap();
    assert_eq!(there.headers()["content-type"], "text/plain");
    assert_eq!(there.text().await.unwrap(), "ours");
}
