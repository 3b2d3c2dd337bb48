//! Faults in the order of changes, and of readers that read while others write.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::documents::{DocumentChange, FeedPage, FeedQuery};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use super::tamper::{Pages, Tamper, mutant, per_handle, shared};
use crate::mutants::Mutant;
use crate::subject::ChangeStore;

pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    vec![
        mutant("newest_first", "CHG-ORD-1", "A page is listed from the newest change to the oldest.", |_| {
            shared(Pages(|_, mut page| {
                page.changes.reverse();
                page
            }))
        }),
        mutant(
            "old_state_after_new",
            "CHG-ORD-1",
            "The first change of a page is told once more, with the next page, after newer ones.",
            |_| per_handle(ToldAgain::default),
        ),
        mutant("deletions_last", "CHG-ORD-2", "A page lists deletions after everything else.", |_| {
            shared(Pages(|_, mut page| {
                page.changes.sort_by_key(|change| change.document.is_none());
                page
            }))
        }),
        mutant("deletions_first", "CHG-ORD-2", "A page lists deletions before everything else.", |_| {
            shared(Pages(|_, mut page| {
                page.changes.sort_by_key(|change| change.document.is_some());
                page
            }))
        }),
        mutant(
            "position_by_the_clock",
            "CHG-CON-1",
            "A reader goes on from the time at which its page was ready, not from the last change in it.",
            |_| shared(ByTheClock),
        ),
    ]
}

#[derive(Default)]
struct ToldAgain(Mutex<Option<DocumentChange>>);

#[async_trait]
impl Tamper for ToldAgain {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let again = std::mem::replace(&mut *first, page.changes.first().cloned());
        page.changes.extend(again);
        Ok(page)
    }
}

struct ByTheClock;

#[async_trait]
impl Tamper for ByTheClock {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        if page.changes.len() < query.page_limit() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            page.next = sound.changes.latest(collection).await?;
        }
        Ok(page)
    }
}
