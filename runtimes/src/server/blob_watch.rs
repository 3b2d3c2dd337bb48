//! Calls functions for blobs that were written, by looking through their bucket.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{BlobInfo, Blobs, ListBlobs};
use anyport_ports::documents::Key;
use anyport_ports::{BucketName, Clock as _, Result, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::claimed::{Ended, Worker};
use super::claims::Claimed;
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

/// A digest of a blob's name and etag.
type State = [u8; 32];

/// What is known of the states of blobs.
struct Known {
    settled: HashSet<State>,
    /// When to look again at those that are not settled.
    open: HashMap<State, Timestamp>,
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
        ended: &mpsc::UnboundedSender<Ended<State>>,
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
                let state = digest(&blob);
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
        state: State,
        blob: BlobInfo,
        ended: &mpsc::UnboundedSender<Ended<State>>,
    ) -> Result<bool> {
        let sort = state.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let key = Key::new(format!("blob/{}", self.worker.function.name()), sort)?;
        match self.worker.claims.claim(&key, blob.name.as_str(), self.worker.lease()).await? {
            Claimed::Here(claim) => {
                known.note(state, Some(self.worker.clock.now().plus(self.worker.lease())));
                let input = CreatedBlob { name: blob.name, etag: blob.etag };
                self.worker.spawn(tasks, state, claim, input, ended.clone());
                return Ok(true);
            }
            Claimed::Elsewhere(until) => known.note(state, Some(until)),
            Claimed::Settled => known.note(state, None),
        }
        Ok(false)
    }
}

impl Known {
    fn is_due(&self, state: &State, now: Timestamp) -> bool {
        !self.settled.contains(state) && self.open.get(state).is_none_or(|at| *at <= now)
    }

    fn note(&mut self, state: State, again: Option<Timestamp>) {
        if let Some(at) = again {
            self.open.insert(state, at);
        } else {
            self.open.remove(&state);
            self.settled.insert(state);
        }
    }

    fn forget_all_but(&mut self, seen: &HashSet<State>) {
        self.settled.retain(|state| seen.contains(state));
        self.open.retain(|state, _| seen.contains(state));
    }
}

fn digest(blob: &BlobInfo) -> State {
    let mut digest = Sha256::new();
    // The length keeps name and etag apart, whatever they hold.
    digest.update((blob.name.as_str().len() as u64).to_le_bytes());
    digest.update(blob.name.as_str());
    digest.update(blob.etag.as_str());
    digest.finalize().into()
}
