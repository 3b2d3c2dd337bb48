//! Faults of which messages are taken for the same, for how long, and of what fits.

use std::time::Duration;

use anyport_ports::documents::Transaction;
use anyport_ports::inbox::{Consumed, Once, PREFIX};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use super::tamper::mutant;
use super::tamper_inbox::{Sound, Tamper, above, remembering};
use crate::built::OutboxHandle;
use crate::mutants::Mutant;

pub(super) fn mutants() -> Vec<Mutant<OutboxHandle>> {
    vec![
        mutant(
            "not_scoped_by_source",
            "INB-SCOPE-1",
            "Messages of one id are the same, whatever their source.",
            |_| above(Scoped(|message| Consumed { source: String::new(), ..message.clone() })),
        ),
        mutant("not_scoped_by_consumer", "INB-SCOPE-1", "Of two consumers of a message, one has its effect.", |_| {
            above(Scoped(|message| Consumed { consumer: String::new(), ..message.clone() }))
        }),
        mutant("parts_run_together", "INB-SCOPE-1", "Consumer, source and id are joined without their bounds.", |_| {
            above(Scoped(|Consumed { consumer, source, id }| Consumed {
                consumer: String::new(),
                source: String::new(),
                id: format!("{consumer}{source}{id}"),
            }))
        }),
        mutant("never_forgotten", "INB-EXP-1", "A message is remembered for ever.", |_| {
            remembering(|_| Duration::from_hours(24 * 365 * 100))
        }),
        mutant("forgotten_at_once", "INB-EXP-1", "Seconds are taken for milliseconds.", |_| {
            remembering(|remembers| remembers / 1000)
        }),
        mutant(
            "fiftieth_operation_dropped",
            "INB-KEY-1",
            "An effect that is too large loses what does not fit.",
            |_| above(CutsEffects),
        ),
        mutant("own_keys_of_the_inbox_open", "INB-KEY-1", "An effect may write and look at markers.", |_| {
            above(OpensKeys)
        }),
    ]
}

/// Takes a message for another one.
struct Scoped(fn(&Consumed) -> Consumed);

#[async_trait]
impl Tamper for Scoped {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        sound.inbox.once(collection, &self.0(message), effect).await
    }
}

struct CutsEffects;

#[async_trait]
impl Tamper for CutsEffects {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        let empty = Transaction::in_partition(effect.partition().clone());
        let mut fitting = effect.operations().iter().take(49).cloned();
        let cut = fitting.try_fold(empty, |all, (key, operation)| all.with(key.sort(), operation))?;
        sound.inbox.once(collection, message, cut).await
    }
}

struct OpensKeys;

#[async_trait]
impl Tamper for OpensKeys {
    async fn once(
        &self,
        sound: &Sound,
        collection: &CollectionName,
        message: &Consumed,
        effect: Transaction,
    ) -> Result<Once> {
        if effect.operations().iter().any(|(key, _)| key.sort().starts_with(PREFIX)) {
            return sound.documents.transact(collection, &effect).await.map(Once::Done);
        }
        sound.inbox.once(collection, message, effect).await
    }
}
