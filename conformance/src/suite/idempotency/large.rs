//! Answers that no document holds.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::blobs::{Blobs, ListBlobs};
use anyport_ports::documents::MAX_BODY_BYTES;
use anyport_ports::idempotency::{Completion, StoredBody, StoredResponse};
use anyport_ports::resources::{Provision as _, Resources};

use super::{Bench, LEASE, acquire, claim, ensure_is, ensure_replays, resources};
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq};
use crate::suite::FILES;

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-DONE-2" => a_large_body_is_kept_elsewhere_or_known_to_be_lost]
}

/// The names of all blobs.
async fn names(blobs: &dyn Blobs) -> Result<Vec<anyport_ports::blobs::BlobName>, Violation> {
    Ok(blobs.list(&FILES, &ListBlobs::prefix("")).await?.blobs.into_iter().map(|blob| blob.name).collect())
}

async fn a_large_body_is_kept_elsewhere_or_known_to_be_lost(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let blobs = Arc::new(MemoryStore::new(bench.clock()).handle());
    blobs.provision(&Resources { buckets: vec![FILES], ..Resources::default() }).await?;
    let spill = Some((Arc::clone(&blobs) as Arc<dyn Blobs>, FILES));
    let spilling = || bench.handle.over(Parts { spill: spill.clone(), ..bench.below() });
    let (process, other, bare) = (spilling(), spilling(), bench.process().await?);
    let bodies = [
        ("text", "large ".repeat(MAX_BODY_BYTES / 6).into_bytes()),
        ("bytes", (0..=u8::MAX).collect::<Vec<u8>>().repeat(MAX_BODY_BYTES / 256)),
    ];
    for (kind, body) in bodies {
        let (kept, length) = (StoredResponse::new(200, body.clone()), body.len() as u64);
        let mut lost = kept.clone();
        lost.body = StoredBody::Lost { length };

        let claim = claim(&format!("{kind} with a bucket"))?;
        let paused = acquire(&*other, &claim, kind).await?;
        bench.pass(LEASE);
        let owner = acquire(&*process, &claim, kind).await?;
        ensure_is(&process.complete(&owner, &kept).await?, &Completion::Completed, kind)?;
        ensure_replays(&*other, &claim, &kept, &format!("large {kind} with a bucket")).await?;
        ensure_replays(&*bare, &claim, &lost, &format!("large {kind} in a bucket that nobody can look into")).await?;
        let late = other.complete(&paused, &kept).await?;
        ensure_is(&late, &Completion::Fenced(Some(kept.clone())), &format!("a late completion with large {kind}"))?;
        let found = names(&*blobs).await?;
        ensure_eq!(found.len(), 1, "blobs after one completion and one that was fenced, with large {kind}");
        for name in &found {
            blobs.delete(&FILES, name).await?;
        }
        ensure_replays(&*process, &claim, &lost, &format!("large {kind} whose blob is gone")).await?;

        let claim = super::claim(&format!("{kind} without a bucket"))?;
        let owner = acquire(&*bare, &claim, kind).await?;
        ensure_is(&bare.complete(&owner, &kept).await?, &Completion::Completed, kind)?;
        bench.pass(LEASE * 2);
        ensure_replays(&*process, &claim, &lost, &format!("large {kind} without a bucket")).await?;
    }
    Ok(())
}
