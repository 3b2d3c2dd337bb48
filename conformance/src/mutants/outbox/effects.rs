//! Faults of how an effect and its marker are written.

use anyport_ports::documents::{Body, Documents, Put, Transaction, Version};
use anyport_ports::inbox::{Consumed, Once, PREFIX};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use serde_json::json;

use super::tamper::mutant;
use super::tamper_inbox::{Sound, Tamper, above, below};
use crate::built::OutboxHandle;
use crate::mutants::Mutant;
use crate::mutants::below::{Below, round_trip};

pub(super) fn mutants() -> Vec<Mutant<OutboxHandle>> {
    vec![
        mutant(
            "version_of_the_marker_too",
            "INB-ONCE-1",
            "An effect returns a version for its marker as well.",
            |_| above(TooManyVersions),
        ),
        mutant("never_marked", "INB-ONCE-2", "The effect happens without a marker.", |_| below(DropsMarkers)),
        mutant("repetition_is_an_error", "INB-ONCE-2", "A later delivery is told of a conflict.", |_| above(Conflicts)),
        mutant("marker_outside_the_transaction", "INB-ONCE-3", "The effect happens, and is marked then.", |_| {
            above(MarksAfter)
        }),
        mutant("marked_before_the_effect", "INB-ONCE-4", "The message is marked, and the effect happens then.", |_| {
            above(MarksBefore)
        }),
        mutant(
            "doubt_taken_for_done",
            "INB-ERR-1",
            "An effect whose answer was lost is said to have happened.",
            |_| below(TrustsTransactions),
        ),
    ]
}

fn alone(effect: &Transaction) -> Transaction {
    Transaction::in_partition(effect.partition().clone())
}

struct TooManyVersions;

#[async_trait]
impl Tamper for TooManyVersions {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        Ok(match sound.inbox.once(collection, message, effect).await? {
            Once::Done(mut versions) => {
                versions.push(Version::new("of the marker"));
                Once::Done(versions)
            }
            Once::Already => Once::Already,
        })
    }
}

struct DropsMarkers;

#[async_trait]
impl Below for DropsMarkers {
    async fn transact(
        &self,
        sound: &dyn Documents,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let own = transaction.operations().iter().filter(|(key, _)| !key.sort().starts_with(PREFIX));
        let unmarked =
            own.cloned().try_fold(alone(transaction), |all, (key, operation)| all.with(key.sort(), operation));
        sound.transact(collection, &unmarked?).await
    }
}

struct Conflicts;

#[async_trait]
impl Tamper for Conflicts {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        match sound.inbox.once(collection, message, effect).await? {
            Once::Already => Err(Error::new(ErrorKind::Conflict, "the message was consumed before")),
            done @ Once::Done(_) => Ok(done),
        }
    }
}

struct MarksAfter;

#[async_trait]
impl Tamper for MarksAfter {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        let key = effect.partition().key(format!("marked/{}", message.id))?;
        if sound.documents.get(collection, &key).await?.is_some() {
            return Ok(Once::Already);
        }
        round_trip().await;
        let versions = sound.documents.transact(collection, &effect).await?;
        sound.documents.put(collection, &key, &Put::new(Body::of(&json!({}))?)).await?;
        Ok(Once::Done(versions))
    }
}

struct MarksBefore;

#[async_trait]
impl Tamper for MarksBefore {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        match sound.inbox.once(collection, message, alone(&effect)).await? {
            Once::Already => Ok(Once::Already),
            Once::Done(_) => sound.documents.transact(collection, &effect).await.map(Once::Done),
        }
    }
}

struct TrustsTransactions;

#[async_trait]
impl Below for TrustsTransactions {
    async fn transact(
        &self,
        sound: &dyn Documents,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        match sound.transact(collection, transaction).await {
            Err(error) if error.kind() == ErrorKind::Indeterminate => Ok(Vec::new()),
            answer => answer,
        }
    }
}
