//! How far a function has been called for a feed's changes.

use anyport_ports::documents::{Body, Changes, Condition, Documents, FeedPosition, Key, Put, Version};
use anyport_ports::leases::FencingToken;
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::workload::RUNTIME_COLLECTION;

/// The record of a function, in [`RUNTIME_COLLECTION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Where reading goes on; at the oldest change that is kept if nowhere.
    position: Option<FeedPosition>,
    /// The lease under which it was written.
    token: FencingToken,
    /// How many replicas in a row took over here and ended without a word.
    deaths: u32,
}

/// The checkpoint in the hands of the one replica that may move it.
#[derive(Debug)]
pub(super) struct Checkpoint {
    key: Key,
    record: Record,
    version: Version,
}

/// What became of an attempt to write the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    /// It stands.
    Here,
    /// Another replica has it.
    Superseded,
}

/// Where the checkpoint of a function on a collection stands.
pub(super) fn address(function: &str, collection: &CollectionName) -> Result<Key> {
    Key::new(format!("change/{function}"), format!("checkpoint/{collection}"))
}

/// Makes the checkpoint of a function that has none: where the feed stands now.
pub(super) async fn register(
    documents: &dyn Documents,
    changes: &dyn Changes,
    collection: &CollectionName,
    key: &Key,
) -> Result<()> {
    if documents.get(&RUNTIME_COLLECTION, key).await?.is_some() {
        return Ok(());
    }
    let position = Some(changes.latest(collection).await?);
    let record = Record { position, token: FencingToken::new(0), deaths: 0 };
    let put = Put::new(Body::of(&record)?).when(Condition::Absent);
    match documents.put(&RUNTIME_COLLECTION, key, &put).await {
        // Another replica was faster; or it shows when it is read.
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Indeterminate) => Ok(()),
        other => other.map(drop),
    }
}

impl Checkpoint {
    /// Takes it over under the lease of this token: from now on nobody else's writes hold. `None` if a later lease has it.
    pub(super) async fn take(documents: &dyn Documents, key: &Key, token: FencingToken) -> Result<Option<Self>> {
        let found = documents.get(&RUNTIME_COLLECTION, key).await?;
        let found = found.ok_or_else(|| Error::new(ErrorKind::Unavailable, "the checkpoint is not there yet"))?;
        let record: Record = found.body.parse().map_err(|error| error.during("feed.take", key))?;
        if record.token > token {
            return Ok(None);
        }
        let record = Record { token, deaths: record.deaths + 1, ..record };
        let mut checkpoint = Self { key: key.clone(), record, version: found.version };
        Ok((checkpoint.write(documents).await? == Saved::Here).then_some(checkpoint))
    }

    pub(super) fn position(&self) -> Option<&FeedPosition> {
        self.record.position.as_ref()
    }

    /// How many replicas ended without a word since it was last moved.
    pub(super) fn deaths(&self) -> u32 {
        self.record.deaths.saturating_sub(1)
    }

    /// Goes on from here. It is not yet written.
    pub(super) fn move_to(&mut self, position: Option<FeedPosition>) {
        self.record.position = position;
    }

    /// Writes it: whoever comes after goes on from here.
    pub(super) async fn save(&mut self, documents: &dyn Documents) -> Result<Saved> {
        self.record.deaths = 0;
        self.write(documents).await
    }

    async fn write(&mut self, documents: &dyn Documents) -> Result<Saved> {
        let put = Put::new(Body::of(&self.record)?).when(Condition::Version(self.version.clone()));
        match documents.put(&RUNTIME_COLLECTION, &self.key, &put).await {
            Ok(version) => {
                self.version = version;
                Ok(Saved::Here)
            }
            // What is in doubt may stand already.
            Err(error) if matches!(error.kind(), ErrorKind::PreconditionFailed | ErrorKind::Indeterminate) => {
                let standing = documents.get(&RUNTIME_COLLECTION, &self.key).await?;
                let is_own = |record: &Record| *record == self.record;
                match standing {
                    Some(document) if document.body.parse().is_ok_and(|record| is_own(&record)) => {
                        self.version = document.version;
                        Ok(Saved::Here)
                    }
                    Some(document) if document.version == self.version => Err(error),
                    _ => Ok(Saved::Superseded),
                }
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anyport_memory::{ManualClock, Memory, MemoryStore};
    use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};

    use super::*;

    const THINGS: CollectionName = CollectionName::from_static("things");

    async fn registered() -> (Memory, Key) {
        let memory = MemoryStore::new(Arc::new(ManualClock::new())).handle();
        let own = CollectionSpec::new(RUNTIME_COLLECTION, Vec::new());
        let collections = vec![own, CollectionSpec::new(THINGS, Vec::new()).with_feed()];
        memory.provision(&Resources { collections, ..Resources::default() }).await.unwrap();
        let key = address("changed", &THINGS).unwrap();
        register(&memory, &memory, &THINGS, &key).await.unwrap();
        (memory, key)
    }

    fn token(number: u64) -> FencingToken {
        FencingToken::new(number)
    }

    #[tokio::test]
    async fn a_replica_that_was_paused_past_its_lease_cannot_move_it_back() {
        let (memory, key) = registered().await;
        let mut paused = Checkpoint::take(&memory, &key, token(1)).await.unwrap().unwrap();
        let mut next = Checkpoint::take(&memory, &key, token(2)).await.unwrap().unwrap();
        let there = Some(FeedPosition::from_text("there"));
        next.move_to(there.clone());
        assert_eq!(next.save(&memory).await.unwrap(), Saved::Here);
        paused.move_to(None);
        assert_eq!(paused.save(&memory).await.unwrap(), Saved::Superseded);
        assert!(Checkpoint::take(&memory, &key, token(1)).await.unwrap().is_none(), "nor take it again");
        register(&memory, &memory, &THINGS, &key).await.unwrap();
        let after = Checkpoint::take(&memory, &key, token(3)).await.unwrap().unwrap();
        assert_eq!(after.position(), there.as_ref(), "it is registered once");
    }

    #[tokio::test]
    async fn those_who_ended_without_a_word_are_counted_until_one_gets_on() {
        let (memory, key) = registered().await;
        for number in 1..4 {
            let taken = Checkpoint::take(&memory, &key, token(number)).await.unwrap().unwrap();
            assert_eq!(u64::from(taken.deaths()), number - 1);
        }
        let mut taken = Checkpoint::take(&memory, &key, token(4)).await.unwrap().unwrap();
        assert_eq!(taken.save(&memory).await.unwrap(), Saved::Here);
        assert_eq!(Checkpoint::take(&memory, &key, token(5)).await.unwrap().unwrap().deaths(), 0);
    }
}
