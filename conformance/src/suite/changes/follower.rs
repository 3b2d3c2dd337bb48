//! Following a feed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_ports::documents::{DocumentChange, FeedPosition, FeedQuery, Key, Keys, MAX_PAGE};
use anyport_ports::{Error, Result};

use super::last;
use crate::check::{Context, Verdict, Violation};
use crate::subject::ChangeStore;
use crate::suite::THINGS;

/// How long a change may take to come.
const PATIENCE: Duration = Duration::from_secs(15);

/// Between two looks at a feed in which there was nothing new.
const PAUSE: Duration = Duration::from_millis(50);

/// A feed that has more pages than this has no end.
const MOST_PAGES: usize = 2_000;

/// Empty pages in a row after which no more is expected.
const QUIET_PAGES: usize = 3;

/// A reader of a feed that keeps its place and what it has seen.
pub(super) struct Follower {
    store: ChangeStore,
    next: Option<FeedPosition>,
    limit: usize,
    /// What was read, in order.
    pub(super) seen: Vec<DocumentChange>,
}

impl Follower {
    /// From the oldest change on.
    pub(super) fn from_oldest(store: &ChangeStore) -> Self {
        Self { store: store.clone(), next: None, limit: MAX_PAGE, seen: Vec::new() }
    }

    /// From this position on.
    pub(super) fn from(store: &ChangeStore, position: FeedPosition) -> Self {
        Self { next: Some(position), ..Self::from_oldest(store) }
    }

    /// By pages of this size.
    pub(super) fn paged(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Where it stands, as text that was kept.
    pub(super) fn position(&self) -> Result<FeedPosition, Violation> {
        let kept = self.next.as_ref().map(|position| FeedPosition::from_text(position.as_str()));
        kept.ok_or_else(|| Violation::new("nothing was read yet"))
    }

    /// Reads a page; returns how many changes it holds.
    pub(super) async fn page(&mut self) -> Result<usize, Error> {
        let query = self.next.clone().map_or_else(FeedQuery::oldest, FeedQuery::from).limit(self.limit)?;
        let page = self.store.changes.read(&THINGS, &query).await?;
        let found = page.changes.len();
        self.seen.extend(page.changes);
        self.next = Some(page.next);
        Ok(found)
    }

    /// Reads on until this holds of what was seen.
    pub(super) async fn until(
        &mut self,
        cx: &Context<ChangeStore>,
        what: &str,
        done: impl Fn(&[DocumentChange]) -> bool,
    ) -> Verdict {
        let clock = cx.clock();
        let deadline = clock.now().plus(PATIENCE);
        for _ in 0..MOST_PAGES {
            let found = self.page().await?;
            if done(&self.seen) {
                return Ok(());
            }
            if found == 0 {
                if clock.now() >= deadline {
                    break;
                }
                clock.pass(PAUSE).await;
            }
        }
        Err(Violation::new(format!("{what}: not seen after {PATIENCE:?}; {}", self.shown())))
    }

    /// Reads on for as long as others write. How long that takes is not a matter of the adapter's time.
    pub(super) async fn meanwhile(&mut self, writing: &AtomicUsize) -> Verdict {
        while writing.load(Ordering::Acquire) > 0 {
            self.page().await?;
            // A store in memory answers without a pause, in which nobody else of this thread would get a turn.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Reads on until all of these documents have been seen, whatever of them.
    pub(super) async fn until_all(&mut self, cx: &Context<ChangeStore>, what: &str, keys: &[Key]) -> Verdict {
        self.until(cx, what, |seen| keys.iter().all(|key| last(seen, key).is_some())).await
    }

    /// Reads on until the last change of each of these documents is how it stands.
    pub(super) async fn until_it_stands(&mut self, cx: &Context<ChangeStore>, what: &str, keys: &[Key]) -> Verdict {
        let clock = cx.clock();
        let deadline = clock.now().plus(PATIENCE);
        let asked = Keys::new(keys.iter().cloned())?;
        loop {
            self.rest(cx).await?;
            // A write whose outcome is not known may come as late as this.
            let standing = self.store.documents.get_many(&THINGS, &asked).await?;
            let differs = keys.iter().zip(&standing).find(|(key, standing)| {
                let last = last(&self.seen, key).and_then(|change| change.document.as_ref());
                last != standing.as_ref()
            });
            let Some((key, standing)) = differs else { return Ok(()) };
            if clock.now() >= deadline {
                let last = last(&self.seen, key);
                return Err(Violation::new(format!("{what}: {key} stands as {standing:?}, last seen as {last:?}")));
            }
            clock.pass(PAUSE).await;
        }
    }

    /// Reads on until nothing more comes.
    pub(super) async fn rest(&mut self, cx: &Context<ChangeStore>) -> Verdict {
        let mut quiet = 0;
        for _ in 0..MOST_PAGES {
            quiet = if self.page().await? == 0 { quiet + 1 } else { 0 };
            if quiet == QUIET_PAGES {
                return Ok(());
            }
            if quiet > 0 {
                cx.pass(PAUSE / 5).await;
            }
        }
        Err(Violation::new(format!("the feed does not end after {MOST_PAGES} pages; {}", self.shown())))
    }

    fn shown(&self) -> String {
        let of = |change: &DocumentChange| match &change.document {
            Some(document) => format!("{} {:.60}", change.key, document.body.to_json()),
            None => format!("{} deleted", change.key),
        };
        let latest: Vec<_> = self.seen.iter().rev().take(10).map(of).collect();
        format!("{} changes were, the last of them first: {latest:#?}", self.seen.len())
    }
}
