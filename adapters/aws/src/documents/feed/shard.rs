//! Reading one shard.

use anyport_ports::documents::{DocumentChange, FeedPage};
use anyport_ports::{CollectionName, Error, Result};
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::operation::get_records::{GetRecordsError, GetRecordsOutput};
use aws_sdk_dynamodbstreams::operation::get_shard_iterator::GetShardIteratorError;
use aws_sdk_dynamodbstreams::types::ShardIteratorType;

use super::place::Place;
use super::record;
use crate::error;

/// How often an iterator that is too old is replaced within one read.
const ATTEMPTS: u32 = 3;

/// By how much the clock of the service may differ from this one, with its instants being whole seconds, rounded down.
const CLOCKS_DIFFER: i64 = 1;

/// A shard of a stream, being read.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) client: &'a Client,
    pub(super) operation: &'static str,
    pub(super) collection: &'a CollectionName,
    pub(super) arn: &'a str,
    pub(super) id: &'a str,
}

/// What was read of a shard, and where it goes on.
pub(super) struct Read {
    pub(super) changes: Vec<DocumentChange>,
    pub(super) next: Place,
}

enum Records {
    Here(GetRecordsOutput),
    /// The iterator is too old.
    Expired,
}

impl At<'_> {
    /// An iterator to what comes from now on.
    pub(super) async fn latest(&self) -> Result<Option<String>> {
        self.iterator(ShardIteratorType::Latest, None).await
    }

    /// Reads up to `limit` changes from this place on.
    pub(super) async fn read(&self, place: &Place, limit: usize) -> Result<Read> {
        let mut carried = place.iterator.clone();
        for _ in 0..ATTEMPTS {
            let is_carried = carried.is_some();
            let iterator = match carried.take() {
                Some(iterator) => Some(iterator),
                None => self.iterator_at(place).await?,
            };
            let Some(iterator) = iterator else {
                return Ok(Read { changes: Vec::new(), next: Place::done() });
            };
            match self.records(iterator, limit).await? {
                Records::Here(records) => {
                    // By an iterator of `latest` itself, nothing is met that is older.
                    let since = place.since.filter(|_| place.after.is_some() || !is_carried);
                    return self.decoded(place, since, records);
                }
                Records::Expired => {}
            }
        }
        Err(FeedPage::no_longer_kept().during(self.operation, self.collection))
    }

    /// An iterator to this place, without the one that it carries.
    async fn iterator_at(&self, place: &Place) -> Result<Option<String>> {
        let Some(after) = &place.after else {
            return self.iterator(ShardIteratorType::TrimHorizon, None).await;
        };
        let iterator = self.iterator(ShardIteratorType::AfterSequenceNumber, Some(after)).await;
        match iterator {
            // What was read is no longer kept. If nothing followed it then, nothing was lost since.
            Err(error) if is_trimmed(&error) && (place.quiet || place.since.is_some()) => {
                self.iterator(ShardIteratorType::TrimHorizon, None).await
            }
            other => other,
        }
    }

    /// `None` if there is nothing to come.
    async fn iterator(&self, kind: ShardIteratorType, after: Option<&str>) -> Result<Option<String>> {
        let request = self.client.get_shard_iterator().stream_arn(self.arn).shard_id(self.id).shard_iterator_type(kind);
        let answer = request.set_sequence_number(after.map(str::to_owned)).send().await;
        match answer {
            Ok(answer) => Ok(answer.shard_iterator),
            Err(failure) => match failure.as_service_error() {
                Some(GetShardIteratorError::TrimmedDataAccessException(_)) => {
                    Err(FeedPage::no_longer_kept().during(self.operation, self.collection))
                }
                _ => Err(error::of(self.operation, self.collection, &failure)),
            },
        }
    }

    async fn records(&self, iterator: String, limit: usize) -> Result<Records> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        match self.client.get_records().shard_iterator(iterator).limit(limit).send().await {
            Ok(records) => Ok(Records::Here(records)),
            Err(failure) => match failure.as_service_error() {
                Some(GetRecordsError::ExpiredIteratorException(_) | GetRecordsError::TrimmedDataAccessException(_)) => {
                    Ok(Records::Expired)
                }
                _ => Err(error::of(self.operation, self.collection, &failure)),
            },
        }
    }

    fn decoded(&self, place: &Place, mut since: Option<i64>, records: GetRecordsOutput) -> Result<Read> {
        let found = records.records.unwrap_or_default();
        let mut next = place.clone();
        next.quiet = found.is_empty();
        next.done = records.next_shard_iterator.is_none();
        next.iterator = records.next_shard_iterator;
        let mut changes = Vec::new();
        for record in found.into_iter().filter_map(|record| record.dynamodb) {
            let made = record.approximate_creation_date_time.as_ref().map(aws_smithy_types::DateTime::secs);
            let is_old = since.zip(made).is_some_and(|(since, made)| made < since - CLOCKS_DIFFER);
            next.after = record.sequence_number.clone().or(next.after);
            if is_old {
                continue;
            }
            (since, next.since) = (None, None);
            changes.extend(record::change(record).map_err(|error| error.during(self.operation, self.collection))?);
        }
        Ok(Read { changes, next })
    }
}

fn is_trimmed(error: &Error) -> bool {
    error.kind() == anyport_ports::ErrorKind::PreconditionFailed
}
