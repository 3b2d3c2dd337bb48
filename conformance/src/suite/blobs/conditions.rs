//! Create-only and compare-and-swap.

use std::sync::Arc;

use anyport_ports::ErrorKind;
use anyport_ports::blobs::{BlobCondition, Etag};
use tokio::sync::Barrier;

use super::shelf::Shelf;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq, expect_error};
use crate::subject::BlobStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-PUT-2" => create_only_never_replaces,
        "BLB-PUT-3" => compare_and_swap_replaces_only_what_it_names,
    ]
}

const WRITERS: usize = 8;

/// Lets many handles write at once under one condition; who succeeded, and what they wrote. Whoever does not must be
/// refused with this kind.
async fn race(cx: &Context<BlobStore>, when: BlobCondition, refused: ErrorKind) -> Result<Vec<String>, Violation> {
    let barrier = Arc::new(Barrier::new(WRITERS));
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let (shelf, barrier, when) = (Shelf::of(cx).await?, Arc::clone(&barrier), when.clone());
        writers.push(tokio::spawn(async move {
            let body = format!("written by {number}");
            barrier.wait().await;
            (shelf.put_when("contested", body.clone(), when).await, body)
        }));
    }
    let mut winners = Vec::new();
    for writer in writers {
        let (result, body) = writer.await.map_err(|panic| Violation::new(format!("a writer panicked: {panic}")))?;
        cx.note(format!("{body}: {result:?}"));
        match result {
            Ok(_) => winners.push(body),
            lost => expect_error(lost, refused, "a writer that lost the race")?,
        }
    }
    Ok(winners)
}

async fn create_only_never_replaces(cx: Context<BlobStore>) -> Verdict {
    let shelf = Shelf::of(&cx).await?;
    let winners = race(&cx, BlobCondition::Absent, ErrorKind::Conflict).await?;
    ensure_eq!(winners.len(), 1, "creators of {WRITERS} that succeeded");
    shelf.expect("contested", winners[0].as_bytes(), "the blob after all tried to create it").await?;

    let again = shelf.put_when("contested", "usurper", BlobCondition::Absent).await;
    expect_error(again, ErrorKind::Conflict, "creating a blob that exists")?;
    shelf.expect("contested", winners[0].as_bytes(), "the blob after a creation was refused").await?;
    shelf.delete("contested").await?;
    shelf.put_when("contested", "created anew", BlobCondition::Absent).await?;
    shelf.expect("contested", b"created anew", "a blob created again after it was deleted").await
}

async fn compare_and_swap_replaces_only_what_it_names(cx: Context<BlobStore>) -> Verdict {
    let shelf = Shelf::of(&cx).await?;
    let first = shelf.put("contested", "first").await?;
    let winners = race(&cx, BlobCondition::Matches(first.clone()), ErrorKind::PreconditionFailed).await?;
    ensure_eq!(winners.len(), 1, "writers of {WRITERS} under one etag that succeeded");
    shelf.expect("contested", winners[0].as_bytes(), "the blob after all tried to replace it").await?;

    let refuse = |result, what| expect_error(result, ErrorKind::PreconditionFailed, what);
    let matches = |etag: &Etag| BlobCondition::Matches(etag.clone());
    refuse(shelf.put_when("contested", "x", matches(&first)).await, "replacing under an outdated etag")?;
    let garbage = Etag::new("0123456789abcdef");
    refuse(shelf.put_when("contested", "x", matches(&garbage)).await, "replacing under an etag never given")?;
    shelf.expect("contested", winners[0].as_bytes(), "the blob after writes were refused").await?;

    let current = shelf.head("contested").await?.etag;
    let next = shelf.put_when("contested", "next", matches(&current)).await?;
    shelf.put_when("contested", "last", matches(&next)).await?;
    shelf.expect("contested", b"last", "the blob replaced twice under its own etag").await?;

    let last = shelf.head("contested").await?.etag;
    shelf.delete("contested").await?;
    refuse(shelf.put_when("contested", "x", matches(&last)).await, "replacing what was deleted")?;
    refuse(shelf.put_when("never-there", "x", matches(&last)).await, "replacing what never was")?;
    shelf.expect_absent("contested", "after replacing it was refused").await?;
    shelf.expect_absent("never-there", "after replacing it was refused").await
}
