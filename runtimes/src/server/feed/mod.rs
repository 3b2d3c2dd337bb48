//! Calls functions for the changes of documents, by reading the collection's feed.

mod checkpoint;
mod page;

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Changes, DocumentChange, Documents, FeedPage, FeedQuery, Key};
use anyport_ports::leases::{Held, LeaseName, LeaseTtl, Leases};
use anyport_ports::{Clock, CollectionName, ErrorKind, Result};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::checkpoint::{Checkpoint, Saved};
use crate::backoff::Backoff;
use crate::claims::LEASE_MARGIN;
use crate::events::EventFunction;

/// Most changes that are read, and in a bad end read again, at once.
const PAGE: usize = 50;

/// How often the checkpoint is written while nothing changes: a position is good for a day.
const SAVE_IDLE: Duration = Duration::from_mins(10);

/// How often writing the checkpoint is tried while the store fails; after that the changes are read again.
const SAVE_ATTEMPTS: u32 = 5;

/// One change-triggered function on one replica.
///
/// One replica at a time follows the feed, by a lease; another goes on when it stops or dies. Its checkpoint is moved under a
/// condition, so that a replica which was paused past its lease cannot move it back. A function begins where the feed stands
/// when it is first started.
///
/// Changes of one document are done one after another, those of different documents side by side, up to the function's
/// concurrency. One that fails is tried again with growing pauses, and holds up the later changes of its document, and the
/// next page, until it is done or given up: after five attempts, or at once if it can never be done. What was given up is
/// logged as an error and put on record.
///
/// If replicas die over it, the feed is followed one change at a time, and after five deaths in a row the one they died over is
/// given up.
pub(super) struct Feed {
    pub(super) function: EventFunction<DocumentChange>,
    pub(super) collection: CollectionName,
    pub(super) changes: Arc<dyn Changes>,
    pub(super) documents: Arc<dyn Documents>,
    pub(super) leases: Arc<dyn Leases>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) interval: Duration,
    pub(super) retry_base: Duration,
}

/// Why following a feed ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The server stops.
    Stopped,
    /// Another replica follows it.
    Superseded,
}

impl Feed {
    /// Makes sure that the function has a place in the feed, from which nothing is missed. A failure is left for [`Feed::run`]
    /// to get over.
    pub(super) async fn register(&self) {
        if let Err(error) = self.registered().await {
            tracing::warn!(function = self.function.name(), %error, "the feed is not registered with yet");
        }
    }

    async fn registered(&self) -> Result<Key> {
        let key = checkpoint::address(self.function.name(), &self.collection)?;
        checkpoint::register(&*self.documents, &*self.changes, &self.collection, &key).await?;
        Ok(key)
    }

    /// Runs until told to stop, and then until what was begun is done.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        while !stop.is_cancelled() {
            let pause = match self.turn(&stop).await {
                Ok(()) => {
                    backoff.succeeded();
                    self.interval
                }
                Err(error) => {
                    tracing::warn!(function = self.function.name(), %error, "the feed cannot be followed yet");
                    backoff.failed(&error)
                }
            };
            sleep(pause, &stop).await;
        }
    }

    /// Follows the feed if nobody else does, until it is stopped or superseded.
    async fn turn(&self, stop: &CancellationToken) -> Result<()> {
        let name = LeaseName::new(format!("change/{}", self.function.name()))?;
        let ttl = LeaseTtl::new((self.function.limits().timeout + LEASE_MARGIN).min(Duration::from_hours(24)))?;
        let Some(held) = self.leases.acquire(&name, ttl).await? else { return Ok(()) };
        let followed = tokio::select! {
            followed = self.follow(&held, stop) => followed,
            () = self.keep(&held, ttl) => {
                tracing::warn!(function = self.function.name(), "the lease was lost: another replica goes on");
                return Ok(());
            }
        };
        // Unreleased, it is free when its time is over.
        if let Err(error) = self.leases.release(&held).await {
            tracing::warn!(function = self.function.name(), %error, "the lease could not be released");
        }
        followed.map(drop)
    }

    /// Keeps the lease for as long as it is this replica's.
    async fn keep(&self, held: &Held, ttl: LeaseTtl) {
        let mut held = held.clone();
        loop {
            tokio::time::sleep(held.left(self.clock.now()) / 3).await;
            match self.leases.renew(&held, ttl).await {
                Ok(Some(renewed)) => held = renewed,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(function = self.function.name(), %error, "the lease could not be renewed yet");
                    if held.left(self.clock.now()).is_zero() {
                        return;
                    }
                    tokio::time::sleep(LEASE_MARGIN / 20).await;
                }
            }
        }
    }

    async fn follow(&self, held: &Held, stop: &CancellationToken) -> Result<Ended> {
        let key = self.registered().await?;
        let Some(mut checkpoint) = Checkpoint::take(&*self.documents, &key, held.token).await? else {
            return Ok(Ended::Superseded);
        };
        let (mut backoff, mut saved) = (Backoff::default(), Instant::now());
        while !stop.is_cancelled() {
            let page = match self.read(&mut checkpoint).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(function = self.function.name(), %error, "the feed could not be read");
                    sleep(backoff.failed(&error), stop).await;
                    continue;
                }
            };
            backoff.succeeded();
            let is_empty = page.changes.is_empty();
            if !self.handle(page.changes, checkpoint.deaths(), stop).await {
                break;
            }
            checkpoint.move_to(Some(page.next));
            if !is_empty || checkpoint.deaths() > 0 || saved.elapsed() >= SAVE_IDLE {
                if self.save(&mut checkpoint).await? == Saved::Superseded {
                    return Ok(Ended::Superseded);
                }
                saved = Instant::now();
            }
            if is_empty {
                sleep(self.interval, stop).await;
            }
        }
        self.save(&mut checkpoint).await.map(|_| Ended::Stopped)
    }

    /// The next page. If the place is lost, what is still kept is read from its beginning.
    async fn read(&self, checkpoint: &mut Checkpoint) -> Result<FeedPage> {
        let query = checkpoint.position().map_or_else(FeedQuery::oldest, |at| FeedQuery::from(at.clone()));
        // If replicas die over a change, it is to be known over which.
        let query = query.limit(if checkpoint.deaths() > 0 { 1 } else { PAGE })?;
        let page = self.changes.read(&self.collection, &query).await;
        if let Err(error) = &page
            && matches!(error.kind(), ErrorKind::PreconditionFailed | ErrorKind::InvalidInput)
            && checkpoint.position().is_some()
        {
            tracing::error!(
                function = self.function.name(), collection = %self.collection, %error,
                "changes were missed: going on from the oldest one that is kept"
            );
            checkpoint.move_to(None);
        }
        page
    }

    async fn save(&self, checkpoint: &mut Checkpoint) -> Result<Saved> {
        let mut backoff = Backoff::default();
        let mut attempt = 1;
        loop {
            match checkpoint.save(&*self.documents).await {
                Err(error) if attempt < SAVE_ATTEMPTS => {
                    tracing::warn!(function = self.function.name(), %error, "the place in the feed could not be saved yet");
                    tokio::time::sleep(backoff.failed(&error)).await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }
}

/// Sleeps, or until the server stops.
async fn sleep(pause: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
