//! Copying within a bucket.

use anyport_ports::ErrorKind;

use super::shelf::{Shelf, noise, text};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::subject::BlobStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources; "BLB-CPY-1" => a_copy_has_all_of_its_source_which_stays]
}

async fn a_copy_has_all_of_its_source_which_stays(cx: Context<BlobStore>) -> Verdict {
    let (shelf, reader) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    let body = noise(100_000, 1);
    let mut put = text(body.clone())?.with_metadata("made_by", "Ada Lovelace")?;
    "text/csv; charset=utf-8".clone_into(&mut put.content_type);
    let source_etag = shelf.put_as("folder/source é+%41", &put).await?;
    shelf.put_as("over", &text("what was there")?.with_metadata("old", "gone")?).await?;
    for target in ["new", "over"] {
        let etag = shelf.copy("folder/source é+%41", target).await?;
        reader.expect(target, &body, &format!("the copy {target:?}")).await?;
        let info = reader.head(target).await?;
        ensure_eq!(info.etag, etag, "the etag of the copy {target:?}");
        ensure_eq!(info.name.as_str(), target, "the name of the copy");
        let (content_type, metadata) = (&info.content_type, &info.metadata);
        ensure_eq!((content_type, metadata), (&put.content_type, &put.metadata), "what describes the copy {target:?}");
    }
    reader.expect("folder/source é+%41", &body, "the source after it was copied").await?;
    ensure_eq!(reader.head("folder/source é+%41").await?.etag, source_etag, "the etag of the source");

    // Two blobs from then on.
    shelf.put("folder/source é+%41", "changed").await?;
    reader.expect("new", &body, "the copy after its source changed").await?;
    let absent = shelf.copy("absent", "over").await;
    expect_error(absent, ErrorKind::NotFound, "copying what is absent")?;
    reader.expect("over", &body, "the target after a copy of what is absent").await?;
    ensure!(shelf.copy("absent", "nowhere").await.is_err(), "copying what is absent to a new name");
    reader.expect_absent("nowhere", "the target of a copy of what is absent").await
}
