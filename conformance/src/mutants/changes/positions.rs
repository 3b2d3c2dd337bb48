//! Faults in positions and pages.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyport_ports::documents::{DocumentChange, FeedPage, FeedPosition, FeedQuery};
use anyport_ports::{CollectionName, ErrorKind, Result};
use async_trait::async_trait;

use super::tamper::{Pages, Tamper, mutant, per_handle, shared};
use crate::mutants::Mutant;
use crate::subject::ChangeStore;

pub(super) fn mutants() -> Vec<Mutant<ChangeStore>> {
    vec![
        mutant(
            "full_page_drops_its_last",
            "CHG-POS-1",
            "A full page leaves out its last change and goes on after it.",
            |_| {
                shared(Pages(|query, mut page| {
                    if page.changes.len() == query.page_limit() {
                        page.changes.pop();
                    }
                    page
                }))
            },
        ),
        mutant(
            "position_ignored",
            "CHG-POS-2",
            "The store keeps the place of its reader, and goes on there whatever position is given.",
            |_| shared(KeepsThePlace::default()),
        ),
        mutant(
            "position_dies_with_its_handle",
            "CHG-POS-2",
            "A position is a number within the handle that gave it; one that another gave is taken for the present.",
            |_| per_handle(OfThisHandle::default),
        ),
        mutant(
            "garbage_is_the_beginning",
            "CHG-POS-3",
            "A position that is garbage is taken for the beginning.",
            |_| shared(Forgiving(|query| query.position().is_some_and(|position| position.as_str().len() < 8))),
        ),
        mutant(
            "others_position_accepted",
            "CHG-POS-3",
            "A position of the feed of another collection is read from.",
            |_| {
                shared(Forgiving(|query| {
                    let of_others = |position: &FeedPosition| {
                        position.place::<serde_json::Value>(&crate::suite::OTHER_THINGS).is_ok()
                    };
                    query.position().is_some_and(of_others)
                }))
            },
        ),
        mutant("limit_ignored", "CHG-PAGE-1", "A page holds all there is, up to a hundred changes.", |_| {
            shared(LimitIgnored)
        }),
        mutant("limit_off_by_one", "CHG-PAGE-1", "A page holds one change more than its limit.", |_| shared(OneMore)),
        mutant("told_for_ever", "CHG-END-1", "The last change is told again by every page.", |_| {
            per_handle(ToldForEver::default)
        }),
        mutant("latest_is_found_late", "CHG-LATE-1", "What `latest` is shows only when it is first read from.", |_| {
            shared(Latest { oldest: false })
        }),
        mutant("latest_is_the_oldest", "CHG-LATE-2", "`latest` is before everything that is kept.", |_| {
            shared(Latest { oldest: true })
        }),
    ]
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The query, from this position.
fn from(position: FeedPosition, query: &FeedQuery) -> Result<FeedQuery> {
    FeedQuery::from(position).limit(query.page_limit())
}

#[derive(Default)]
struct KeepsThePlace(Mutex<HashMap<CollectionName, FeedPosition>>);

#[async_trait]
impl Tamper for KeepsThePlace {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let kept = locked(&self.0).get(collection).cloned();
        let page = match kept.filter(|_| query.position().is_some()) {
            Some(place) => sound.changes.read(collection, &from(place, query)?).await?,
            None => sound.changes.read(collection, query).await?,
        };
        locked(&self.0).insert(collection.clone(), page.next.clone());
        Ok(page)
    }
}

/// The positions that were given.
#[derive(Default)]
struct OfThisHandle(Mutex<Vec<FeedPosition>>);

impl OfThisHandle {
    fn give(&self, position: FeedPosition) -> FeedPosition {
        let mut given = locked(&self.0);
        given.push(position);
        FeedPosition::from_text(format!("{}", given.len() - 1))
    }
}

#[async_trait]
impl Tamper for OfThisHandle {
    async fn latest(&self, sound: &ChangeStore, collection: &CollectionName) -> Result<FeedPosition> {
        Ok(self.give(sound.changes.latest(collection).await?))
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let own = match query.position().map(|position| position.as_str().parse::<usize>()) {
            Some(Ok(number)) => locked(&self.0).get(number).cloned(),
            _ => None,
        };
        let query = match (query.position(), own) {
            (None, _) => query.clone(),
            (Some(_), Some(own)) => from(own, query)?,
            (Some(_), None) => from(sound.changes.latest(collection).await?, query)?,
        };
        let FeedPage { changes, next } = sound.changes.read(collection, &query).await?;
        Ok(FeedPage { changes, next: self.give(next) })
    }
}

/// Takes some positions that are refused for the beginning.
struct Forgiving(fn(&FeedQuery) -> bool);

#[async_trait]
impl Tamper for Forgiving {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        match sound.changes.read(collection, query).await {
            Err(error) if error.kind() == ErrorKind::InvalidInput && (self.0)(query) => {
                sound.changes.read(collection, &FeedQuery::oldest()).await
            }
            answer => answer,
        }
    }
}

struct LimitIgnored;

#[async_trait]
impl Tamper for LimitIgnored {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let all = query.position().cloned().map_or_else(FeedQuery::oldest, FeedQuery::from);
        sound.changes.read(collection, &all).await
    }
}

struct OneMore;

#[async_trait]
impl Tamper for OneMore {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let more = query.clone().limit((query.page_limit() + 1).min(100))?;
        sound.changes.read(collection, &more).await
    }
}

#[derive(Default)]
struct ToldForEver(Mutex<Option<DocumentChange>>);

#[async_trait]
impl Tamper for ToldForEver {
    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        let mut page = sound.changes.read(collection, query).await?;
        let mut last = locked(&self.0);
        match page.changes.last() {
            Some(change) => *last = Some(change.clone()),
            None => page.changes.extend(last.clone()),
        }
        Ok(page)
    }
}

/// Gives a word for `latest`, and finds out what it is when it is read from.
struct Latest {
    oldest: bool,
}

const LATER: &str = "later";

#[async_trait]
impl Tamper for Latest {
    async fn latest(&self, sound: &ChangeStore, collection: &CollectionName) -> Result<FeedPosition> {
        sound.changes.latest(collection).await.map(|_| FeedPosition::from_text(LATER))
    }

    async fn read(&self, sound: &ChangeStore, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        if query.position().is_none_or(|position| position.as_str() != LATER) {
            return sound.changes.read(collection, query).await;
        }
        let found = if self.oldest {
            FeedQuery::oldest().limit(query.page_limit())?
        } else {
            from(sound.changes.latest(collection).await?, query)?
        };
        sound.changes.read(collection, &found).await
    }
}
