//! Writing documents of one partition.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Condition, Key, Operation, Partition, Put, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use redis::Value;

use super::changes::KEPT;
use super::collections::{self, Collection};
use super::indexes::{self, Claim};
use super::scripts::WRITE;
use super::{keys, partitions, read, record};
use crate::error::{Failure, unexpected};
use crate::registry::Entry;
use crate::store::RedisStore;

/// How long a write whose answer was lost looks for what became of it.
const LOOKS_FOR: Duration = Duration::from_secs(2);

/// One operation on a document.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// Writes it.
    Put(&'a Put),
    /// Deletes it.
    Delete(&'a Condition),
    /// Only requires the condition.
    Check(&'a Condition),
}

impl<'a> From<&'a Operation> for Step<'a> {
    fn from(operation: &'a Operation) -> Self {
        match operation {
            Operation::Put(put) => Self::Put(put),
            Operation::Delete(condition) => Self::Delete(condition),
            Operation::Check(condition) => Self::Check(condition),
        }
    }
}

impl<'a> Step<'a> {
    fn condition(self) -> &'a Condition {
        match self {
            Self::Put(put) => &put.condition,
            Self::Delete(condition) | Self::Check(condition) => condition,
        }
    }
}

/// A write on its way.
struct Write<'a> {
    store: &'a RedisStore,
    name: &'a CollectionName,
    collection: Arc<Entry<Collection>>,
    partition: &'a Partition,
    steps: Vec<(&'a Key, Step<'a>, Option<Version>)>,
}

/// What the server made of it.
enum Outcome {
    /// It was done; these are the documents that are no more.
    Done(Vec<(Key, Vec<u8>)>),
    /// The condition of this step failed, on a document of this version.
    Refused(usize, Option<Version>),
    /// It came too late for its entries to be sure to stand.
    Late,
    /// The partition is new: it must be in the list of partitions first.
    Unlisted,
}

/// Does all of these steps on documents of this partition, or none; returns the versions of those it put. An error names
/// the document that it is about, if it is about one.
pub(super) async fn steps<'a>(
    store: &'a RedisStore,
    name: &'a CollectionName,
    partition: &'a Partition,
    steps: impl Iterator<Item = (&'a Key, Step<'a>)>,
) -> Result<Vec<Version>, (Option<&'a Key>, Error)> {
    let collection = collections::to_write(store, name).await.map_err(|error| (None, error))?;
    let fresh = |(key, step)| (key, step, matches!(step, Step::Put(_)).then(record::fresh_version));
    let write = Write { store, name, collection, partition, steps: steps.map(fresh).collect() };
    write.perform().await
}

impl<'a> Write<'a> {
    async fn perform(&self) -> Result<Vec<Version>, (Option<&'a Key>, Error)> {
        let plain = |error| (None, error);
        let claims = self.claims();
        let mut not_after = indexes::make(self.store, &claims).await.map_err(plain)?;
        let mut answer = self.send(not_after, false).await;
        if let Ok(Outcome::Unlisted) = answer {
            let listed = partitions::enlist(self.store, self.name, self.partition).await.map_err(plain)?;
            not_after = Some(not_after.unwrap_or(listed).min(listed));
            answer = self.send(not_after, true).await;
        }
        match answer {
            Ok(Outcome::Done(removed)) => {
                indexes::take_out(self.store, self.claims_of(removed).map_err(plain)?);
                Ok(self.versions())
            }
            Ok(Outcome::Refused(step, standing)) => {
                indexes::take_out(self.store, claims);
                let (key, step, _) = self.steps.get(step).ok_or_else(|| plain(unexpected("write")))?;
                let refused = step.condition().check(standing.as_ref());
                Err((Some(key), refused.err().unwrap_or_else(|| unexpected("a condition that holds was refused"))))
            }
            Ok(Outcome::Late | Outcome::Unlisted) => {
                indexes::take_out(self.store, claims);
                let message = "the server took longer than a minute to come to the write, and then left it: try again";
                Err(plain(Error::new(ErrorKind::Unavailable, message)))
            }
            Err(failure) if failure.is_unknown() && self.has_come_to_stand().await => Ok(self.versions()),
            Err(failure) => {
                if !failure.is_unknown() {
                    indexes::take_out(self.store, claims);
                }
                Err(plain(failure.of_write()))
            }
        }
    }

    fn versions(&self) -> Vec<Version> {
        self.steps.iter().filter_map(|(_, _, version)| version.clone()).collect()
    }

    /// The entries of the documents put.
    fn claims(&self) -> Vec<Claim> {
        let puts = self.steps.iter().filter_map(|(key, step, version)| match (step, version) {
            (Step::Put(put), Some(version)) => Some((*key, &put.body, version)),
            _ => None,
        });
        puts.flat_map(|(key, body, version)| {
            indexes::claims(self.store, self.name, &self.collection.value, key, body, version)
        })
        .collect()
    }

    /// The entries of documents that are no more.
    fn claims_of(&self, removed: Vec<(Key, Vec<u8>)>) -> Result<Vec<Claim>> {
        let mut claims = Vec::new();
        for (key, kept) in removed {
            let was = record::read(key, kept)?;
            let of = indexes::claims(self.store, self.name, &self.collection.value, &was.key, &was.body, &was.version);
            claims.extend(of);
        }
        Ok(claims)
    }

    async fn send(&self, not_after: Option<u64>, listed: bool) -> Result<Outcome, Failure> {
        let tells = !self.collection.value.indexes.is_empty();
        let mut touched = keys::of_partition(&self.store.naming, self.name, self.partition).to_vec();
        if self.collection.value.feed {
            touched.push(keys::of_changes(&self.store.naming, self.name, keys::shard(self.partition)));
        }
        let mut call = WRITE.on(&touched);
        call.arg(not_after.map_or_else(String::new, |time| time.to_string()))
            .arg(u8::from(listed))
            .arg(u8::from(tells))
            .arg(self.partition.as_str())
            .arg(KEPT);
        for (key, step, version) in &self.steps {
            let condition = match step.condition() {
                Condition::Always => "always".to_owned(),
                Condition::Absent => "absent".to_owned(),
                Condition::Present => "present".to_owned(),
                Condition::Version(version) => format!("={}", version.as_str()),
            };
            let (action, expiry, record) = match (step, version) {
                (Step::Put(put), Some(version)) => ("put", record::expiry(put), record::write(version, put)),
                (Step::Delete(_), _) => ("delete", "-".to_owned(), String::new()),
                _ => ("check", "-".to_owned(), String::new()),
            };
            let version = version.as_ref().map_or("", Version::as_str);
            call.arg(action).arg(key.sort()).arg(condition).arg(version).arg(expiry).arg(record);
        }
        let answer = self.store.connection.run(&WRITE, &call).await?;
        self.outcome(answer).ok_or_else(|| Failure::after_sending(redis::RedisError::from(MISUNDERSTOOD)))
    }

    fn outcome(&self, answer: Value) -> Option<Outcome> {
        let mut answer = redis::from_redis_value::<Vec<Vec<u8>>>(answer).ok()?.into_iter();
        match &answer.next()?[..] {
            b"done" => {
                let mut removed = Vec::new();
                while let (Some(sort), Some(record)) = (answer.next(), answer.next()) {
                    removed.push((self.partition.key(String::from_utf8(sort).ok()?).ok()?, record));
                }
                Some(Outcome::Done(removed))
            }
            b"refused" => {
                let step = String::from_utf8(answer.next()?).ok()?.parse().ok()?;
                let version = String::from_utf8(answer.next()?).ok()?;
                Some(Outcome::Refused(step, (!version.is_empty()).then(|| Version::new(version))))
            }
            b"late" => Some(Outcome::Late),
            b"unlisted" => Some(Outcome::Unlisted),
            _ => None,
        }
    }

    /// Whether a write whose answer was lost turns out to have been done: what it put stands. If it does not, it may
    /// have been replaced by now, or the write is yet to come.
    async fn has_come_to_stand(&self) -> bool {
        let Some((key, version)) = self.steps.iter().find_map(|(key, _, version)| Some((*key, version.as_ref()?)))
        else {
            return false;
        };
        let wanted = [key.clone()];
        let look = tokio::time::timeout(LOOKS_FOR, read::documents(self.store, self.name, &wanted));
        matches!(look.await, Ok(Ok(found)) if found.iter().flatten().any(|standing| standing.version == *version))
    }
}

const MISUNDERSTOOD: (redis::ErrorKind, &str) =
    (redis::ErrorKind::UnexpectedReturnType, "an answer to a write that it never gives");
