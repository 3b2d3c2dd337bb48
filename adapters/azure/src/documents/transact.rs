//! Writing several documents at once.

use std::collections::HashMap;

use anyport_ports::documents::{Key, Operation, Transaction, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::CosmosDocuments;
use super::batch::{self, Known, Making, Said, Step};
use super::call::Call;
use super::containers::Container;
use super::failure::Failure;
use super::item::{self, Item};
use super::version::Stamp;
use super::write::others_were_faster;

/// Documents read at once.
const WIDTH: usize = 16;

/// What stands at the keys that were looked at.
type Standing<'a> = HashMap<&'a Key, Option<Item>>;

/// A transaction on its way.
struct Attempt<'a> {
    collection: &'a CollectionName,
    container: &'a Container,
    transaction: &'a Transaction,
    operation: String,
    now: Timestamp,
    /// The items of its puts.
    items: HashMap<&'a Key, Item>,
}

impl CosmosDocuments {
    pub(super) async fn transact_all(
        &self,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        let partition = transaction.partition().as_str();
        let mut call = self.call("documents.transact", format_args!("{collection}/{}", partition.escape_debug()));
        let container = self.container(&call, collection).await?;
        let (now, operation) = (self.shared.clock.now(), item::fresh_operation());
        let puts = transaction.operations().iter().filter_map(|(key, step)| match step {
            Operation::Put(put) => Some((key, item::of(key, put, &operation, &container.indexes, now))),
            _ => None,
        });
        let items = puts.collect();
        let attempt = Attempt { collection, container: &container, transaction, operation, now, items };
        for times in 0.. {
            let look = if times == 0 { batch::needs_a_look } else { batch::may_need_a_look };
            let standing = self.look_before(&mut call, &attempt, look).await?;
            if standing.values().flatten().any(|standing| item::is_by(standing, &attempt.operation)) {
                return self.versions(&call, &attempt).await;
            }
            if call.in_doubt() {
                let message = "the documents are not as this transaction would have left them";
                return Err(call.judge(Error::new(ErrorKind::PreconditionFailed, message)));
            }
            let steps = attempt.steps(&standing).map_err(|error| call.judge(error))?;
            if steps.is_empty() {
                return Ok(Vec::new());
            }
            match self.send(&mut call, &attempt, &steps).await? {
                Some(versions) => return Ok(versions),
                None => call.yield_to_others(times).await?,
            }
        }
        Err(call.judge(Error::new(ErrorKind::Internal, "a loop without end ended")))
    }

    /// Sends a batch; `None` if others were faster.
    async fn send(
        &self,
        call: &mut Call,
        attempt: &Attempt<'_>,
        steps: &[(&Key, Step)],
    ) -> Result<Option<Vec<Version>>> {
        let partition = attempt.transaction.partition().as_str();
        let (batch, places) = batch::batch(partition, steps).map_err(|error| {
            call.named(Error::new(ErrorKind::Internal, "the batch could not be made").caused_by(error.to_string()))
        })?;
        let client = &attempt.container.client;
        let answer = call
            .write(batch::repeat(steps), || {
                let batch = batch.clone();
                Box::pin(async move { client.execute_transactional_batch(batch, None).await?.into_model() })
            })
            .await;
        let failure = match answer {
            Ok(answers) => match batch::said(&answers) {
                Said::Done(etags) => {
                    return match attempt.versions(steps, &places, &etags) {
                        Some(versions) => Ok(Some(versions)),
                        None => self.versions(call, attempt).await.map(Some),
                    };
                }
                Said::Refused(404 | 409 | 412 | 429 | 449) => return Ok(None),
                Said::Refused(status) => {
                    let message = format!("the batch was refused: one of its operations has the status {status}");
                    return Err(call.judge(Error::new(ErrorKind::Internal, message)));
                }
            },
            Err(failure) if others_were_faster(&failure) => return Ok(None),
            Err(failure) => failure,
        };
        if call.in_doubt()
            && let Some((key, _)) = attempt.items.iter().next()
            && self.own(call, attempt.collection, attempt.container, key, &attempt.operation).await.is_some()
        {
            return self.versions(call, attempt).await.map(Some);
        }
        Err(call.judge(self.absent(call, attempt.collection, &failure)))
    }

    /// What stands at the keys of these operations, for the writing that goes by it.
    async fn look_before<'a>(
        &self,
        call: &mut Call,
        attempt: &Attempt<'a>,
        wanted: fn(&Operation) -> bool,
    ) -> Result<Standing<'a>> {
        match self.look_at(call, attempt, wanted).await {
            Ok(standing) => Ok(standing),
            Err(failure) => {
                let error = self.absent(call, attempt.collection, &failure);
                Err(call.judge_reading(&failure, error))
            }
        }
    }

    async fn look_at<'a>(
        &self,
        call: &Call,
        attempt: &Attempt<'a>,
        wanted: fn(&Operation) -> bool,
    ) -> std::result::Result<Standing<'a>, Failure> {
        let keys = attempt.transaction.operations().iter().filter(|(_, operation)| wanted(operation));
        let reading = keys.map(|(key, _)| async move { Ok((key, self.find(call, attempt.container, key).await?)) });
        stream::iter(reading.collect::<Vec<_>>()).buffer_unordered(WIDTH).try_collect().await
    }

    /// The versions of a transaction that is known to have been done, read back. If one of its documents was overwritten
    /// since, nobody can tell its version any more, and so not what became of the whole.
    async fn versions(&self, call: &Call, attempt: &Attempt<'_>) -> Result<Vec<Version>> {
        let is_put = |operation: &Operation| matches!(operation, Operation::Put(_));
        let standing = self.look_at(call, attempt, is_put).await;
        let standing = standing.map_err(|failure| call.judge(self.absent(call, attempt.collection, &failure)))?;
        let own = |key: &Key| {
            let standing = standing.get(key).and_then(Option::as_ref);
            standing.filter(|standing| item::is_by(standing, &attempt.operation)).map(|own| item::stamp(own).etag)
        };
        attempt.stamped(own).ok_or_else(|| {
            let message = "the transaction was done, and its documents were overwritten before its answer came";
            call.named(Error::new(ErrorKind::Indeterminate, message))
        })
    }
}

impl<'a> Attempt<'a> {
    /// The steps, each with its key. The error is that of the first condition that fails.
    fn steps(&self, standing: &Standing<'_>) -> Result<Vec<(&'a Key, Step)>> {
        let mut steps = Vec::new();
        for (key, operation) in self.transaction.operations() {
            let known = standing.get(key).map_or(Known::Unseen, |standing| Known::Stands(standing.as_ref()));
            let making = Making {
                now: self.now,
                key,
                operation: &self.operation,
                feed: self.container.feed,
                item: self.items.get(key),
            };
            let step = batch::step(operation, &known, &making)
                .map_err(|error| Error::new(error.kind(), format!("{} (of {key})", error.message())))?;
            steps.extend(step.map(|step| (key, step)));
        }
        Ok(steps)
    }

    /// The versions that the answers to a batch tell, if they tell all.
    fn versions(&self, steps: &[(&Key, Step)], places: &[usize], etags: &[String]) -> Option<Vec<Version>> {
        self.stamped(|wanted| {
            let at = steps.iter().position(|(key, _)| *key == wanted)?;
            etags.get(*places.get(at)?).filter(|etag| !etag.is_empty()).cloned()
        })
    }

    /// The version of each put, if the etag of each is known.
    fn stamped(&self, etag: impl Fn(&Key) -> Option<String>) -> Option<Vec<Version>> {
        let version = |(key, operation): &(Key, Operation)| match operation {
            Operation::Put(put) => Some(etag(key).map(|etag| {
                let operation = Some(self.operation.clone());
                Stamp { operation, expires_at: put.expires_at, etag }.version()
            })),
            _ => None,
        };
        self.transaction.operations().iter().filter_map(version).collect()
    }
}
