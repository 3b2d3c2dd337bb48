//! What happens when the store is not itself.

use std::fmt::Debug;

use anyport_ports::blobs::{BlobCondition, BlobRange, ListBlobs};
use anyport_ports::{Error, ErrorKind, Result, Retry};

use super::shelf::Shelf;
use crate::check::{Check, Context, Verdict, checks, ensure, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::BlobStore;
use crate::suite::{FILES, resources};

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources; "BLB-ERR-1" => what_fails_is_told_as_not_done_or_as_unknown]
}

async fn what_fails_is_told_as_not_done_or_as_unknown(cx: Context<BlobStore>) -> Verdict {
    let faults = Faults::none();
    let shaky = Shelf::in_store(cx.connect_through(&faults).await?, FILES);
    let sound = Shelf::of(&cx).await?;
    sound.put("standing", "stays").await?;
    for (fault, kind) in [(Fault::Throttle, ErrorKind::Throttled), (Fault::DropBefore, ErrorKind::Unavailable)] {
        reads_are_refused(&shaky, &faults, fault, kind).await?;
        writes_are_refused(&shaky, &sound, &faults, fault, kind).await?;
    }
    lost_answers_are_in_doubt(&shaky, &sound, &faults).await
}

fn refused<T: Debug>(result: Result<T>, kind: ErrorKind, operation: &str) -> Verdict {
    let retry = result.as_ref().err().map(Error::retry);
    expect_error(result, kind, operation)?;
    let retryable = matches!(retry, Some(Retry::Backoff | Retry::After(_)));
    ensure!(retryable, "{operation}: {kind} must tell to retry, found {retry:?}");
    Ok(())
}

async fn reads_are_refused(shaky: &Shelf, faults: &Faults, fault: Fault, kind: ErrorKind) -> Verdict {
    faults.inject(fault);
    refused(shaky.get("standing", BlobRange::All).await, kind, "get")?;
    faults.inject(fault);
    refused(shaky.head("standing").await, kind, "head")?;
    faults.inject(fault);
    refused(shaky.head("absent").await, kind, "head of what is absent")?;
    faults.inject(fault);
    refused(shaky.store.blobs.list(&FILES, &ListBlobs::prefix("")).await, kind, "list")
}

async fn writes_are_refused(shaky: &Shelf, sound: &Shelf, faults: &Faults, fault: Fault, kind: ErrorKind) -> Verdict {
    let what = format!("after a write was refused as {kind}");
    faults.inject(fault);
    refused(shaky.put("standing", "changed").await, kind, "put")?;
    faults.inject(fault);
    refused(shaky.put_when("new", "created", BlobCondition::Absent).await, kind, "put if absent")?;
    faults.inject(fault);
    refused(shaky.copy("standing", "new").await, kind, "copy")?;
    faults.inject(fault);
    refused(shaky.delete("standing").await, kind, "delete")?;
    faults.inject(fault);
    refused(shaky.begin("new", BlobCondition::Always).await, kind, "begin_upload")?;

    let upload = shaky.begin("new", BlobCondition::Always).await?;
    faults.inject(fault);
    refused(shaky.part(&upload, 1, "part").await, kind, "put_part")?;
    shaky.part(&upload, 1, "part").await?;
    faults.inject(fault);
    refused(shaky.complete(&upload, 1).await, kind, "complete_upload")?;
    sound.expect_absent("new", &what).await?;
    faults.inject(fault);
    refused(shaky.store.blobs.abort_upload(&upload).await, kind, "abort_upload")?;
    // As told: nothing was done, and trying again helps.
    shaky.complete(&upload, 1).await?;
    sound.expect("new", b"part", "after completing again").await?;
    sound.delete("new").await?;
    sound.expect("standing", b"stays", &what).await
}

async fn lost_answers_are_in_doubt(shaky: &Shelf, sound: &Shelf, faults: &Faults) -> Verdict {
    let in_doubt = |result: Result<()>, operation: &str| {
        expect_error(result, ErrorKind::Indeterminate, &format!("{operation} whose answer was lost"))
    };
    let lose = || faults.inject(Fault::DropAfter);
    lose();
    in_doubt(shaky.put("put", "landed").await.map(drop), "a put")?;
    shaky.put("put", "landed").await?;
    sound.expect("put", b"landed", "a put done again").await?;
    lose();
    in_doubt(shaky.put_when("created", "landed", BlobCondition::Absent).await.map(drop), "a create")?;
    // Safe to repeat: whether it landed or not, there is one blob of these bytes.
    match shaky.put_when("created", "landed", BlobCondition::Absent).await {
        Ok(_) => {}
        repeated => expect_error(repeated, ErrorKind::Conflict, "a create done again")?,
    }
    sound.expect("created", b"landed", "a create done again").await?;
    lose();
    in_doubt(shaky.copy("put", "copy").await.map(drop), "a copy")?;
    lose();
    in_doubt(shaky.delete("put").await, "a delete")?;
    shaky.delete("put").await?;
    sound.expect_absent("put", "after a delete done again").await?;
    let upload = shaky.begin("uploaded", BlobCondition::Always).await?;
    shaky.part(&upload, 1, "landed").await?;
    lose();
    in_doubt(shaky.complete(&upload, 1).await.map(drop), "completing an upload")
}
