//! Calls functions for blobs that were written, by looking through their bucket.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{BlobInfo, Blobs, ListBlobs};
use anyport_ports::{BucketName, Clock as _, Result, Timestamp};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::claimed::{Ended, spawn};
use crate::backoff::Backoff;
use crate::claims::{self, BlobState, Claimed, Worker};
use crate::function::kind::CreatedBlob;

/// One blob-triggered function on one replica.
///
/// Each state of a blob's bytes is claimed by name and etag, and the function called at least once for it, also for blobs
/// that were there before it. After five failures the record says `failed`, with the code. A blob that is replaced between
/// two looks is seen in its last state only.
///
/// A look lists the whole prefix: keep it short, by deleting or moving what is done with. Records stay as long as the
/// collection does, since a blob without one is a new one.
pub(super) struct BlobWatch {
    pub(super) worker: Worker<CreatedBlob>,
    pub(super) blobs: Arc<dyn Blobs>,
    pub(super) bucket: BucketName,
    pub(super) prefix: String,
    pub(super) interval: Duration,
}

/// What is known of the states of blobs.
struct Known {
    settled: HashSet<BlobState>,
    /// When to look again at those that are not settled.
    open: HashMap<BlobState, Timestamp>,
}

impl BlobWatch {
    /// Runs until told to stop, and then until what was begun is done.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        self.watch(&mut tasks, &stop).await;
        while tasks.join_next().await.is_some() {}
    }

    /// It is stopped between two blobs and not while one is claimed, lest it be claimed and then dropped.
    async fn watch(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        let (ended, mut endings) = mpsc::unbounded_channel();
        let mut known = Known { settled: HashSet::new(), open: HashMap::new() };
        let permits = usize::try_from(self.worker.function.limits().concurrency).unwrap_or(usize::MAX);
        let permits = Semaphore::new(permits.min(Semaphore::MAX_PERMITS));
        let mut backoff = Backoff::default();
        loop {
            while tasks.try_join_next().is_some() {}
            while let Ok((state, again)) = endings.try_recv() {
                known.note(state, again);
                permits.add_permits(1);
            }
            let pause = match self.look(tasks, &mut known, &permits, &ended, stop).await {
                Ok(()) => {
                    backoff.succeeded();
                    self.interval
                }
                Err(error) => {
                    tracing::warn!(function = self.worker.function.name(), %error, "the bucket could not be looked through");
                    backoff.failed(&error).max(self.interval)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One look through the bucket. What is over the concurrency limit is left to the next.
    async fn look(
        &self,
        tasks: &mut JoinSet<()>,
        known: &mut Known,
        permits: &Semaphore,
        ended: &mpsc::UnboundedSender<Ended<BlobState>>,
        stop: &CancellationToken,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        let mut cursor = None;
        loop {
            let list = ListBlobs::prefix(self.prefix.as_str()).after(cursor.as_ref())?;
            let page = self.blobs.list(&self.bucket, &list).await?;
            for blob in page.blobs {
                if stop.is_cancelled() {
                    return Ok(());
                }
                let state = claims::blob_state(&blob.name, &blob.etag);
                seen.insert(state);
                if !known.is_due(&state, self.worker.clock.now()) {
                    continue;
                }
                let Ok(permit) = permits.try_acquire() else { continue };
                if self.begin(tasks, known, state, blob, ended).await? {
                    // It comes back when the end is told.
                    permit.forget();
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        known.forget_all_but(&seen);
        Ok(())
    }

    /// Claims a blob and calls the function for it; whether it did.
    async fn begin(
        &self,
        tasks: &mut JoinSet<()>,
        known: &mut Known,
        state: BlobState,
        blob: BlobInfo,
        ended: &mpsc::UnboundedSender<Ended<BlobState>>,
    ) -> Result<bool> {
        let key = claims::of_blob(self.worker.function.name(), &state)?;
        match self.worker.claims.claim(&key, blob.name.as_str(), self.worker.lease()).await? {
            Claimed::Here(claim) => {
                known.note(state, Some(self.worker.clock.now().plus(self.worker.lease())));
                let input = CreatedBlob { bucket: self.bucket.clone(), name: blob.name, etag: blob.etag };
                spawn(&self.worker, tasks, state, claim, input, ended.clone());
                return Ok(true);
            }
            Claimed::Elsewhere(until) => known.note(state, Some(until)),
            Claimed::Settled => known.note(state, None),
        }
        Ok(false)
    }
}

impl Known {
    fn is_due(&self, state: &BlobState, now: Timestamp) -> bool {
        !self.settled.contains(state) && self.open.get(state).is_none_or(|at| *at <= now)
    }

    fn note(&mut self, state: BlobState, again: Option<Timestamp>) {
        if let Some(at) = again {
            self.open.insert(state, at);
        } else {
            self.open.remove(&state);
            self.settled.insert(state);
        }
    }

    fn forget_all_but(&mut self, seen: &HashSet<BlobState>) {
        self.settled.retain(|state| seen.contains(state));
        self.open.retain(|state, _| seen.contains(state));
    }
}
