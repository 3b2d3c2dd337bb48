//! What happens when the store is not itself.

use std::fmt::Debug;

use anyport_ports::blobs::{BlobCondition, BlobRange, ListBlobs};
use anyport_ports::{ErrorKind, Result};
use tokio::join;

use super::shelf::Shelf;
use crate::check::{Check, Context, Verdict, checks, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::BlobStore;
use crate::suite::outage::Outage;
use crate::suite::{FILES, resources};

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources; "BLB-ERR-1" => what_fails_is_told_as_not_done_or_as_unknown]
}

async fn what_fails_is_told_as_not_done_or_as_unknown(cx: Context<BlobStore>) -> Verdict {
    let faults = Faults::none();
    let shaky = Shelf::in_store(cx.connect_through(&faults).await?, FILES);
    let sound = Shelf::of(&cx).await?;
    sound.put("standing", "stays").await?;
    for outage in Outage::ALL {
        cx.note(format!("every call meets {outage:?}"));
        calls_are_refused(&shaky, &sound, &faults, outage).await?;
        uploads_are_refused(&shaky, &sound, &faults, outage).await?;
    }
    for fault in Fault::IN_DOUBT {
        cx.note(format!("every call meets {fault:?}"));
        reads_fail(&shaky, &faults, fault).await?;
        writes_are_in_doubt(&shaky, &sound, &faults, fault).await?;
    }
    Ok(())
}

async fn calls_are_refused(shaky: &Shelf, sound: &Shelf, faults: &Faults, outage: Outage) -> Verdict {
    let (bucket, listing) = (FILES, ListBlobs::prefix(""));
    outage.begin(faults).await;
    let (got, seen, absent, listed, put, created, copied, deleted, begun) = join!(
        shaky.get("standing", BlobRange::All),
        shaky.head("standing"),
        shaky.head("absent"),
        shaky.store.blobs.list(&bucket, &listing),
        shaky.put("standing", "changed"),
        shaky.put_when("new", "created", BlobCondition::Absent),
        shaky.copy("standing", "new"),
        shaky.delete("standing"),
        shaky.begin("new"),
    );
    outage.end(faults).await;
    outage.expect(got, "get")?;
    outage.expect(seen, "head")?;
    outage.expect(absent, "head of what is absent")?;
    outage.expect(listed, "list")?;
    outage.expect(put, "put")?;
    outage.expect(created, "put if absent")?;
    outage.expect(copied, "copy")?;
    outage.expect(deleted, "delete")?;
    outage.expect(begun, "begin_upload")?;
    sound.expect_absent("new", &format!("after every call met {outage:?}")).await?;
    sound.expect("standing", b"stays", &format!("after every call met {outage:?}")).await
}

async fn uploads_are_refused(shaky: &Shelf, sound: &Shelf, faults: &Faults, outage: Outage) -> Verdict {
    let upload = shaky.begin("new").await?;
    outage.begin(faults).await;
    outage.expect(shaky.part(&upload, 1, "part").await, "put_part")?;
    outage.end(faults).await;
    shaky.part(&upload, 1, "part").await?;
    outage.begin(faults).await;
    outage.expect(shaky.complete(&upload, 1).await, "complete_upload")?;
    outage.expect(shaky.store.blobs.abort_upload(&upload).await, "abort_upload")?;
    outage.end(faults).await;
    sound.expect_absent("new", &format!("after its completion met {outage:?}")).await?;
    // As told: nothing was done, and trying again helps.
    shaky.complete(&upload, 1).await?;
    sound.expect("new", b"part", "after completing again").await?;
    Ok(sound.delete("new").await?)
}

async fn reads_fail(shaky: &Shelf, faults: &Faults, fault: Fault) -> Verdict {
    let (bucket, listing) = (FILES, ListBlobs::prefix(""));
    faults.persist(fault);
    let (got, seen, listed) =
        join!(shaky.read("standing"), shaky.head("standing"), shaky.store.blobs.list(&bucket, &listing));
    faults.persist(Fault::None);
    expect_error(got, ErrorKind::Unavailable, &format!("a get that met {fault:?}"))?;
    expect_error(seen, ErrorKind::Unavailable, &format!("a head that met {fault:?}"))?;
    expect_error(listed, ErrorKind::Unavailable, &format!("a list that met {fault:?}"))
}

async fn writes_are_in_doubt(shaky: &Shelf, sound: &Shelf, faults: &Faults, fault: Fault) -> Verdict {
    let name = |what: &str| format!("{what} {fault:?}");
    let (put, created, copied, deleted, uploaded) =
        (name("put"), name("created"), name("copied"), name("deleted"), name("uploaded"));
    sound.put(&deleted, "stands").await?;
    let upload = shaky.begin(&uploaded).await?;
    shaky.part(&upload, 1, "landed").await?;
    faults.persist(fault);
    let answers = join!(
        shaky.put(&put, "landed"),
        shaky.put_when(&created, "landed", BlobCondition::Absent),
        shaky.copy("standing", &copied),
        shaky.delete(&deleted),
        shaky.complete(&upload, 1),
    );
    faults.persist(Fault::None);
    in_doubt(answers.0, "a put", fault)?;
    in_doubt(answers.1, "a create", fault)?;
    in_doubt(answers.2, "a copy", fault)?;
    in_doubt(answers.3, "a delete", fault)?;
    in_doubt(answers.4, "completing an upload", fault)?;

    // Safe to repeat: whether they landed or not, the end is the same.
    shaky.put(&put, "landed").await?;
    sound.expect(&put, b"landed", "a put done again").await?;
    match shaky.put_when(&created, "landed", BlobCondition::Absent).await {
        Ok(_) => {}
        repeated => expect_error(repeated, ErrorKind::Conflict, "a create done again")?,
    }
    sound.expect(&created, b"landed", "a create done again").await?;
    shaky.copy("standing", &copied).await?;
    sound.expect(&copied, b"stays", "a copy done again").await?;
    shaky.delete(&deleted).await?;
    sound.expect_absent(&deleted, "after a delete done again").await
}

fn in_doubt<T: Debug>(result: Result<T>, operation: &str, fault: Fault) -> Verdict {
    expect_error(result, ErrorKind::Indeterminate, &format!("{operation} that met {fault:?}"))
}
