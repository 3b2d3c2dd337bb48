//! Uploads in parts.

use anyport_ports::ErrorKind;
use anyport_ports::blobs::{BlobName, MAX_PUT_BYTES, MIN_PART_BYTES, NewUpload, UploadId};

use super::shelf::{Shelf, noise};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq, expect_error};
use crate::subject::BlobStore;
use crate::suite::{FILES, resources};

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-UPL-1" => parts_make_the_blob_in_the_order_of_their_numbers,
        "BLB-UPL-2" => nothing_is_seen_before_completion_nor_after_an_abort,
        "BLB-UPL-3" => an_upload_that_cannot_be_completed_writes_nothing,
    ]
}

async fn parts_make_the_blob_in_the_order_of_their_numbers(cx: Context<BlobStore>) -> Verdict {
    let (shelf, other) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    let (first, second) = (noise(MIN_PART_BYTES, 1), noise(MIN_PART_BYTES + 1, 2));
    let put = NewUpload::new("text/csv")?.with_metadata("made_of", "parts")?;
    let upload = shelf.store.blobs.begin_upload(&FILES, &BlobName::new("joined")?, &put).await?;
    // The last first, one of them twice, two at once and from another handle.
    shelf.part(&upload, 3, "the end, at first").await?;
    let sent = tokio::join!(
        shelf.part(&upload, 2, second.clone()),
        other.part(&upload, 1, first.clone()),
        shelf.part(&upload, 3, "the end"),
    );
    sent.0?;
    sent.1?;
    sent.2?;
    let etag = other.complete(&upload, 3).await?;
    let whole = [&first[..], &second[..], b"the end"].concat();
    shelf.expect("joined", &whole, "the blob made of its parts").await?;
    let info = shelf.head("joined").await?;
    ensure_eq!(info.etag, etag, "the etag of the blob made of parts");
    ensure_eq!(info.length, whole.len() as u64, "its length");
    ensure_eq!((&info.content_type, &info.metadata), (&put.content_type, &put.metadata), "what describes it");

    // Parts beyond those it is completed with are none of it.
    let upload = shelf.begin("short").await?;
    shelf.part(&upload, 2, "beyond").await?;
    shelf.part(&upload, 1, "all of it").await?;
    shelf.complete(&upload, 1).await?;
    shelf.expect("short", b"all of it", "a blob completed with its first part").await
}

async fn nothing_is_seen_before_completion_nor_after_an_abort(cx: Context<BlobStore>) -> Verdict {
    let (shelf, other) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    shelf.put("standing", "what was there").await?;
    for (name, fate) in [("standing", "completed"), ("new", "aborted"), ("standing", "aborted")] {
        let before = other.read(name).await.ok();
        let upload = shelf.begin(name).await?;
        shelf.part(&upload, 1, format!("{fate} upload")).await?;
        let unseen = |what: &str| format!("{name:?} {what} of an upload to be {fate}");
        let seen = before.clone();
        let still = async |what: String| match &seen {
            Some(bytes) => other.expect(name, bytes, &what).await,
            None => other.expect_absent(name, &what).await,
        };
        still(unseen("before the end")).await?;
        let listed = other.names().await?;
        if fate == "completed" {
            shelf.complete(&upload, 1).await?;
            other.expect(name, b"completed upload", "the blob after the upload was completed").await?;
            continue;
        }
        shelf.store.blobs.abort_upload(&upload).await?;
        still(unseen("after the end")).await?;
        ensure_eq!(other.names().await?, listed, "names listed after an abort");
        shelf.store.blobs.abort_upload(&upload).await?;
    }
    shelf.store.blobs.abort_upload(&UploadId::new("never-begun")).await?;

    // A client that goes away in the middle of a write has written all of it or nothing.
    let body = noise(MAX_PUT_BYTES, 3);
    let (writer, cut) = (Shelf::of(&cx).await?, body.clone());
    let writing = tokio::spawn(async move { writer.put("cut-off", cut).await });
    tokio::task::yield_now().await;
    writing.abort();
    match writing.await {
        Err(cancelled) if cancelled.is_panic() => return Err(Violation::new("a write that was cut off panicked")),
        Err(_) => match other.read("cut-off").await {
            Ok(bytes) => ensure_eq!(bytes.len(), body.len(), "length of a blob whose write was cut off"),
            Err(error) => expect_error(Err::<(), _>(error), ErrorKind::NotFound, "a blob whose write was cut off")?,
        },
        Ok(written) => drop(written?),
    }
    Ok(())
}

async fn an_upload_that_cannot_be_completed_writes_nothing(cx: Context<BlobStore>) -> Verdict {
    let shelf = Shelf::of(&cx).await?;
    let upload = shelf.begin("gap").await?;
    let refuse = |result, kind, what| expect_error(result, kind, what);
    refuse(shelf.complete(&upload, 1).await, ErrorKind::InvalidInput, "completing without any part")?;
    shelf.part(&upload, 1, noise(MIN_PART_BYTES, 1)).await?;
    shelf.part(&upload, 3, "the end").await?;
    refuse(shelf.complete(&upload, 3).await, ErrorKind::InvalidInput, "completing with part 2 missing")?;
    shelf.expect_absent("gap", "after a part was missing").await?;
    shelf.part(&upload, 2, "too short").await?;
    let short = shelf.complete(&upload, 3).await;
    refuse(short, ErrorKind::InvalidInput, "completing with a part, not the last, under 5 MiB")?;
    shelf.expect_absent("gap", "after a part was too short").await?;
    let large = shelf.part(&upload, 2, noise(MAX_PUT_BYTES + 1, 2)).await;
    expect_error(large, ErrorKind::TooLarge, "a part of over 8 MiB")?;
    shelf.store.blobs.abort_upload(&upload).await?;

    let completed = shelf.begin("completed").await?;
    shelf.part(&completed, 1, "once").await?;
    shelf.complete(&completed, 1).await?;
    for (gone, what) in [(upload, "aborted"), (completed, "completed"), (UploadId::new("never-begun"), "unknown")] {
        let part = shelf.part(&gone, 1, "late").await;
        expect_error(part, ErrorKind::NotFound, &format!("a part of an upload that is {what}"))?;
        let again = shelf.complete(&gone, 1).await;
        expect_error(again, ErrorKind::NotFound, &format!("completing an upload that is {what}"))?;
    }
    shelf.expect_absent("gap", "after an upload that was aborted").await?;
    shelf.expect("completed", b"once", "after an upload was completed again").await
}
