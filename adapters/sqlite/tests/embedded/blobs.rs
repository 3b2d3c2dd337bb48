use std::fs;
use std::path::Path;

use anyport_ports::ErrorKind;
use anyport_ports::blobs::{
    Blob, BlobCondition, BlobName, BlobRange, Blobs, ListBlobs, MIN_PART_BYTES, NewUpload, PartNumber, PutBlob,
    UploadId,
};
use anyport_sqlite::SqliteStore;
use bytes::Bytes;

use super::{FILES, open, provisioned};

fn name(name: &str) -> BlobName {
    BlobName::new(name).unwrap()
}

fn text(bytes: impl Into<Bytes>) -> PutBlob {
    PutBlob::new("text/plain", bytes).unwrap()
}

async fn whole(store: &SqliteStore, of: &str) -> Bytes {
    bytes(store.get(&FILES, &name(of), BlobRange::All).await.unwrap()).await
}

async fn bytes(blob: Blob) -> Bytes {
    blob.bytes(usize::MAX).await.unwrap()
}

/// How many files hold bytes.
fn objects(path: &Path) -> usize {
    let shards = fs::read_dir(path.with_file_name("data.db-blobs")).unwrap();
    shards.map(|shard| fs::read_dir(shard.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn nothing_is_left_of_what_was_replaced_refused_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = provisioned(&path).await;
    let etag = store.put(&FILES, &name("a"), &text("one")).await.unwrap();
    let put = text("one").when(BlobCondition::Matches(etag.clone()));
    let next = store.put(&FILES, &name("a"), &put).await.unwrap();
    assert_ne!(etag, next, "the same bytes written again are another write");
    assert_eq!(store.put(&FILES, &name("a"), &put).await.unwrap_err().kind(), ErrorKind::PreconditionFailed);
    let create = text("other").when(BlobCondition::Absent);
    assert_eq!(store.put(&FILES, &name("a"), &create).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(objects(&path), 1);

    store.copy(&FILES, &name("a"), &name("b")).await.unwrap();
    store.copy(&FILES, &name("b"), &name("b")).await.unwrap();
    store.delete(&FILES, &name("a")).await.unwrap();
    assert_eq!(whole(&store, "b").await, "one", "the copy outlives its source");
    store.delete(&FILES, &name("b")).await.unwrap();
    store.delete(&FILES, &name("b")).await.unwrap();
    assert_eq!(objects(&path), 0);
}

#[tokio::test]
async fn a_read_that_has_begun_is_not_disturbed_by_a_replacement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let (store, other) = (provisioned(&path).await, open(&path));
    let old = Bytes::from(vec![b'o'; 1_000_000]);
    store.put(&FILES, &name("a"), &text(old.clone())).await.unwrap();
    let reading = store.get(&FILES, &name("a"), BlobRange::From(1)).await.unwrap();
    other.put(&FILES, &name("a"), &text("new")).await.unwrap();
    assert_eq!(bytes(reading).await, old.slice(1..));
    assert_eq!(whole(&store, "a").await, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_never_fail_while_a_blob_is_replaced_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let (reader, writer) = (provisioned(&path).await, open(&path));
    writer.put(&FILES, &name("a"), &text("0")).await.unwrap();
    let writing = tokio::spawn(async move {
        for n in 1..60 {
            writer.put(&FILES, &name("a"), &text(n.to_string().repeat(n))).await.unwrap();
        }
    });
    while !writing.is_finished() {
        whole(&reader, "a").await;
    }
    writing.await.unwrap();
}

#[tokio::test]
async fn an_upload_is_one_blob_of_the_parts_sent_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = provisioned(&path).await;
    let put = NewUpload::new("text/plain").unwrap().with_metadata("by", "ada").unwrap();
    let upload = store.begin_upload(&FILES, &name("big"), &put).await.unwrap();
    let part = |number| PartNumber::new(number).unwrap();
    let first = Bytes::from(vec![1; MIN_PART_BYTES]);
    for (number, bytes) in [(2, "old end".into()), (1, first.clone()), (2, Bytes::from("end")), (3, "more".into())] {
        store.put_part(&upload, part(number), bytes).await.unwrap();
    }
    for count in [0, 3, 4] {
        let error = store.complete_upload(&upload, count).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{count}: {error}");
    }
    assert!(store.head(&FILES, &name("big")).await.is_err(), "nothing is seen of it yet");
    store.complete_upload(&upload, 2).await.unwrap();
    assert_eq!(objects(&path), 1);
    let info = store.head(&FILES, &name("big")).await.unwrap();
    assert_eq!((info.length, info.metadata["by"].as_str()), (MIN_PART_BYTES as u64 + 3, "ada"));
    assert_eq!(whole(&store, "big").await, [first, "end".into()].concat());

    let again = store.begin_upload(&FILES, &name("big"), &put).await.unwrap();
    store.put_part(&again, part(1), "x".into()).await.unwrap();
    store.abort_upload(&again).await.unwrap();
    assert_eq!(objects(&path), 1);
    for gone in [upload, again, UploadId::new("unknown")] {
        let error = store.put_part(&gone, part(1), "x".into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(store.complete_upload(&gone, 1).await.unwrap_err().kind(), ErrorKind::NotFound);
        store.abort_upload(&gone).await.unwrap();
    }
}

#[tokio::test]
async fn listings_fold_and_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = provisioned(&folder.path().join("data.db")).await;
    for blob in ["a", "a/1", "a/2", "a/3", "a0", "b/\u{10FFFF}", "b/x/y", "ä", "!"] {
        store.put(&FILES, &name(blob), &text("x")).await.unwrap();
    }
    for limit in 1..=9 {
        let mut listed = Vec::new();
        let mut next = None;
        loop {
            let list = ListBlobs::prefix("").delimiter('/').limit(limit).unwrap().after(next.as_ref()).unwrap();
            let page = store.list(&FILES, &list).await.unwrap();
            listed.extend(page.names().map(|name| name.as_str().to_owned()));
            listed.extend(page.prefixes);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        listed.sort();
        assert_eq!(listed, ["!", "a", "a/", "a0", "b/", "ä"], "{limit} a page");
    }
}
