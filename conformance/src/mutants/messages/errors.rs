//! Faults of what is told when the store is not itself.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyport_ports::messages::{Batch, Delivery, Messages, Outgoing, Receipt, Receive, Subscription};
use anyport_ports::{Error, ErrorKind, Result, Retry, TopicName};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::{Mutant, is_lost_request};
use crate::subject::MessageStore;

pub(super) fn mutants() -> Vec<Mutant<MessageStore>> {
    vec![
        mutant(
            "throttled_publish_swallowed",
            "MSG-ERR-1",
            "A publish that the store put off is reported as accepted.",
            |_| tampered(PublishTold(ErrorKind::Throttled, |_| Ok(()))),
        ),
        mutant(
            "throttled_publish_never_retried",
            "MSG-ERR-1",
            "A store that asks to slow down is told to be given up.",
            |_| tampered(PublishTold(ErrorKind::Throttled, |error| Err(error.with_retry(Retry::Never)))),
        ),
        mutant("unreachable_receive_is_empty", "MSG-ERR-1", "A store that is not reached has no messages.", |_| {
            tampered(UnreachableReceiveIsEmpty)
        }),
        mutant("refused_ack_is_ok", "MSG-ERR-1", "An ack that was lost on its way is told to have succeeded.", |_| {
            tampered(RefusedAckIsOk)
        }),
        mutant(
            "retry_taken_for_a_duplicate",
            "MSG-ERR-1",
            "A message published again after a refusal is taken for a duplicate and dropped.",
            |_| tampered(RetryTakenForADuplicate::default()),
        ),
        mutant(
            "unreached_publish_in_doubt",
            "MSG-ERR-1",
            "A publish to a store that was never reached is told to be in doubt.",
            |_| {
                tampered(PublishTold(ErrorKind::Unavailable, |error| {
                    Err(Error::new(ErrorKind::Indeterminate, error.message()))
                }))
            },
        ),
        mutant(
            "lost_publish_reported_failed",
            "MSG-ERR-2",
            "A connection that broke after a publish was sent is taken for one that was never made.",
            |_| {
                tampered(PublishTold(ErrorKind::Indeterminate, |error| {
                    Err(if is_lost_request(&error) { failed() } else { error })
                }))
            },
        ),
        mutant(
            "ambiguous_publish_reported_failed",
            "MSG-ERR-2",
            "A publish whose answer was lost is told to have had no effect.",
            |_| tampered(PublishTold(ErrorKind::Indeterminate, |_| Err(failed()))),
        ),
    ]
}

fn failed() -> Error {
    Error::new(ErrorKind::Unavailable, "the store did not answer")
}

/// Tells a publish that ends in an error of this kind in another way.
struct PublishTold(ErrorKind, fn(Error) -> Result<()>);

impl PublishTold {
    fn told(&self, result: Result<()>) -> Result<()> {
        result.or_else(|error| if error.kind() == self.0 { (self.1)(error) } else { Err(error) })
    }
}

#[async_trait]
impl Tamper for PublishTold {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        match sound.publish(to, batch).await {
            Ok(results) => Ok(results.into_iter().map(|result| self.told(result)).collect()),
            Err(error) => self.told(Err(error)).map(|()| batch.as_slice().iter().map(|_| Ok(())).collect()),
        }
    }
}

struct UnreachableReceiveIsEmpty;

#[async_trait]
impl Tamper for UnreachableReceiveIsEmpty {
    async fn receive(&self, sound: &dyn Messages, of: &Subscription, receive: Receive) -> Result<Vec<Delivery>> {
        match sound.receive(of, receive).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => Ok(Vec::new()),
            other => other,
        }
    }
}

struct RefusedAckIsOk;

#[async_trait]
impl Tamper for RefusedAckIsOk {
    async fn ack(&self, sound: &dyn Messages, of: &Subscription, receipts: &Batch<Receipt>) -> Result<Vec<Result<()>>> {
        match sound.ack(of, receipts).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                Ok(receipts.as_slice().iter().map(|_| Ok(())).collect())
            }
            other => other,
        }
    }
}

/// Remembers ids as it sends them, not as they are accepted.
#[derive(Default)]
struct RetryTakenForADuplicate(Mutex<HashSet<String>>);

impl RetryTakenForADuplicate {
    fn is_new(&self, entry: &Outgoing) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.message.id().to_owned())
    }
}

#[async_trait]
impl Tamper for RetryTakenForADuplicate {
    async fn publish(&self, sound: &dyn Messages, to: &TopicName, batch: &Batch<Outgoing>) -> Result<Vec<Result<()>>> {
        let mut results = Vec::new();
        for entry in batch.as_slice() {
            if self.is_new(entry) {
                results.extend(sound.publish(to, &Batch::one(entry.clone())).await?);
            } else {
                results.push(Ok(()));
            }
        }
        Ok(results)
    }
}
