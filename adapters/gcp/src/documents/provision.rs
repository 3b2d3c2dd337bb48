//! Making collections.

use std::time::Duration;

use anyport_ports::documents::{Direction, Index};
use anyport_ports::resources::{CollectionSpec, Provision, Resources};
use anyport_ports::{CollectionName, Error, Result};
use async_trait::async_trait;
use firestore::gcloud_sdk::google::firestore::v1::precondition::ConditionType;
use firestore::gcloud_sdk::google::firestore::v1::{Document as Stored, Write};

use super::connection::{ATTEMPT_TIMEOUT, Committed, Repeat, pause};
use super::query::{Listing, NAME};
use super::record::Fields;
use super::registry::{self, COPY_COUNTS, Collection};
use super::{FirestoreDocuments, errors, plan, record};

/// How long after an index or a feed was declared some handle may still write without it: until what it knows counts no
/// more, and the write that it then begins has ended.
const UNAWARE: Duration = Duration::from_secs(COPY_COUNTS.as_secs() + 2 * ATTEMPT_TIMEOUT.as_secs());

/// Documents that are looked at in one step while an index is filled.
const STEP: usize = 100;

/// Most times that a document is tried to be placed in an index while others write it.
const MOST_TRIES: u32 = 20;

#[async_trait]
impl Provision for FirestoreDocuments {
    /// Makes the collections; topics, buckets and the like are others'. An index or a feed that is added to a collection
    /// takes some 30 seconds: until every handle knows of it; then an index is filled from the documents there are. Composite
    /// indexes are not made: emulators need none, and for the service [`indexes`](super::indexes()) lists them.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let mut added = Vec::new();
        let mut later = false;
        for spec in &resources.collections {
            let named = |error: Error| error.during("documents.provision", &spec.name);
            let (indexes, feed) = self.declare(spec).await.map_err(named)?;
            later |= feed || !indexes.is_empty();
            added.extend(indexes.into_iter().map(|index| (spec, index)));
        }
        if later {
            tokio::time::sleep(UNAWARE).await;
        }
        for (spec, _) in &added {
            let named = |error: Error| error.during("documents.provision", &spec.name);
            let known = self.registry().find(self.connection(), &spec.name, errors::of_read).await.map_err(named)?;
            self.fill(&spec.name, &known.indexes).await.map_err(named)?;
        }
        Ok(())
    }
}

impl FirestoreDocuments {
    /// Makes the collection, or adds to it what it lacks; returns the indexes added to one that was there, and whether it
    /// was given a feed.
    async fn declare(&self, spec: &CollectionSpec) -> Result<(Vec<Index>, bool)> {
        let name = self.connection().name(registry::path(self.connection().naming(), &spec.name));
        for attempt in 1..=MOST_TRIES {
            let found =
                self.connection().fetch(vec![name.clone()]).await.map_err(|status| errors::of_write(&status))?;
            let before = found.get(&name).map(Collection::read).transpose()?;
            let collection = before.clone().unwrap_or_default().joined(spec)?;
            if before.as_ref() == Some(&collection) {
                return Ok((Vec::new(), false));
            }
            let held = found.get(&name).and_then(|stored| stored.update_time).map(ConditionType::UpdateTime);
            let held = held.unwrap_or(ConditionType::Exists(false));
            let write = plan::update(&name, collection.fields()?, Some(held));
            // Made twice it is the same.
            match self.connection().commit(vec![write], Repeat::Harmless).await {
                Committed::Done => {
                    self.registry().forget(&spec.name);
                    let Some(before) = before else { return Ok((Vec::new(), false)) };
                    let indexes = collection.indexes.into_iter().skip(before.indexes.len()).collect();
                    return Ok((indexes, collection.feed && !before.feed));
                }
                Committed::Refused | Committed::Contended => pause(attempt).await,
                Committed::Failed(error) | Committed::InDoubt(error) => return Err(error),
            }
        }
        Err(errors::contended())
    }

    /// Gives every document of the collection its places in these indexes.
    async fn fill(&self, collection: &CollectionName, indexes: &[Index]) -> Result<()> {
        let parent = format!("{}/documents", self.connection().database());
        let mut listing = Listing::of(self.collection_id(collection)).ordered(NAME, Direction::Ascending).first(STEP);
        loop {
            let found =
                self.connection().list(&parent, &listing.build()).await.map_err(|status| errors::of_read(&status))?;
            for stored in &found {
                self.place(stored.clone(), indexes).await?;
            }
            let Some(last) = found.last().filter(|_| found.len() == STEP) else { return Ok(()) };
            listing = listing.after_document(last);
        }
    }

    /// Gives a document its places, as it stands.
    async fn place(&self, mut stored: Stored, indexes: &[Index]) -> Result<()> {
        let name = stored.name.clone();
        for attempt in 1..=MOST_TRIES {
            let Some(write) = placing(&stored, indexes)? else { return Ok(()) };
            match self.connection().commit(vec![write], Repeat::Harmless).await {
                Committed::Done => return Ok(()),
                Committed::Refused | Committed::Contended => pause(attempt).await,
                Committed::Failed(error) | Committed::InDoubt(error) => return Err(error),
            }
            let found = self.connection().fetch(vec![name.clone()]).await.map_err(|status| errors::of_read(&status))?;
            match found.into_values().next() {
                Some(standing) => stored = standing,
                None => return Ok(()),
            }
        }
        Err(errors::contended())
    }
}

/// What gives a document its places; nothing if it has them. The document and its version stay what they are.
fn placing(stored: &Stored, indexes: &[Index]) -> Result<Option<Write>> {
    let Some(key) = record::key(stored) else { return Ok(None) };
    let standing = record::read(key, stored)?;
    let places = record::places(&standing.document.body, indexes);
    if stored.fields.get(record::INDEX) == places.as_ref() {
        return Ok(None);
    }
    let fields = places.map(|places| (record::INDEX.to_owned(), places)).into_iter().collect::<Fields>();
    Ok(Some(plan::patch(&stored.name, record::INDEX, fields, ConditionType::UpdateTime(standing.update_time))))
}
