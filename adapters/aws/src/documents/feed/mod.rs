//! The change feed of a collection: the stream of its table.
//!
//! A stream holds what changed in the last 24 hours, in shards. The changes of one item are in one shard, in order, until the
//! shard is closed and its children go on: a child is read once its parent is done with. A stream may be read by two at a
//! time; more are throttled, which is to say that two functions at most should listen to one collection.

#[cfg(test)]
mod failures;
mod place;
mod record;
mod shard;
mod stream;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::documents::{Changes, FEED_RETENTION, FeedPage, FeedPosition, FeedQuery};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::StreamSpecification;
use aws_sdk_dynamodbstreams::Client;
use futures_util::{StreamExt as _, TryStreamExt as _};

use self::place::{Place, Position};
use self::stream::Stream;
use super::DynamoDocuments;
use crate::connection::Aws;

pub(super) use record::change_of;

/// Most shards that are read at the same time.
const AT_ONCE: usize = 8;

/// The change feeds of collections on DynamoDB, by the streams of their tables.
#[derive(Clone)]
pub struct DynamoChanges {
    aws: Aws,
    documents: DynamoDocuments,
    client: Client,
    known: Arc<Mutex<HashMap<CollectionName, Arc<Stream>>>>,
}

impl DynamoChanges {
    pub(crate) fn new(aws: &Aws) -> Self {
        let (documents, client) = (DynamoDocuments::new(aws), Client::new(aws.sdk()));
        Self { aws: aws.clone(), documents, client, known: Arc::default() }
    }

    fn now_seconds(&self) -> i64 {
        self.aws.clock().now().as_millis().div_euclid(1000)
    }

    /// The stream as it was last seen; with whether that was now.
    async fn stream(&self, operation: &'static str, collection: &CollectionName) -> Result<(Arc<Stream>, bool)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(collection).cloned();
        match known.filter(|stream| stream.is_recent()) {
            Some(stream) => Ok((stream, false)),
            None => Ok((self.look_up(operation, collection).await?, true)),
        }
    }

    async fn look_up(&self, operation: &'static str, collection: &CollectionName) -> Result<Arc<Stream>> {
        let table = self.documents.describe(operation, collection).await?;
        let enabled = table.stream_specification().is_some_and(StreamSpecification::stream_enabled);
        let arn = table.latest_stream_arn().filter(|_| enabled);
        let arn = arn.ok_or_else(|| FeedPage::no_feed().during(operation, collection))?;
        let stream = Arc::new(stream::describe(&self.client, operation, collection, arn).await?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(collection.clone(), Arc::clone(&stream));
        Ok(stream)
    }

    /// A page read from where this position is, of the stream as it is known.
    async fn page(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        stream: &Stream,
        mut position: Position,
        limit: usize,
    ) -> Result<FeedPage> {
        position.forget_all_but(stream).map_err(|error| error.during(operation, collection))?;
        let open = position.next_shards(stream, limit);
        let each = (limit / open.len().max(1)).max(1);
        // In a loop: of a closure the compiler cannot tell that its future may move between threads.
        let mut reads = Vec::new();
        for (id, place) in open {
            let at = shard::At { client: &self.client, operation, collection, arn: &stream.arn, id };
            reads.push(async move { at.read(&place, each).await.map(|read| (id.to_owned(), read)) });
        }
        let reads: Vec<_> = futures_util::stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let mut changes = Vec::new();
        for (id, read) in reads {
            changes.extend(read.changes);
            position.turn = Some(id.clone());
            position.shards.insert(id, read.next);
        }
        position.given = self.now_seconds();
        Ok(FeedPage { changes, next: position.text(collection) })
    }
}

#[async_trait]
impl Changes for DynamoChanges {
    async fn latest(&self, collection: &CollectionName) -> Result<FeedPosition> {
        const OPERATION: &str = "changes.latest";
        let now = self.now_seconds();
        let stream = self.look_up(OPERATION, collection).await?;
        let mut places = Vec::new();
        for shard in &stream.shards {
            let (id, is_closed) = (shard.id.as_str(), stream.has_child(&shard.id));
            let at = shard::At { client: &self.client, operation: OPERATION, collection, arn: &stream.arn, id };
            places.push(async move {
                let place = if is_closed { Place::done() } else { Place::since(now, at.latest().await?) };
                Ok::<_, Error>((id.to_owned(), place))
            });
        }
        let shards = futures_util::stream::iter(places).buffered(AT_ONCE).try_collect().await?;
        Ok(Position { given: now, turn: None, shards }.text(collection))
    }

    async fn read(&self, collection: &CollectionName, query: &FeedQuery) -> Result<FeedPage> {
        const OPERATION: &str = "changes.read";
        let position = match query.position() {
            None => Position { given: self.now_seconds(), ..Position::default() },
            Some(position) => position.place(collection).map_err(|error| error.during(OPERATION, collection))?,
        };
        let age = self.now_seconds().saturating_sub(position.given);
        if u64::try_from(age).is_ok_and(|age| age > FEED_RETENTION.as_secs()) {
            // Shards that came and went since would not be missed.
            return Err(FeedPage::no_longer_kept().during(OPERATION, collection));
        }
        let (mut stream, mut fresh) = self.stream(OPERATION, collection).await?;
        if !fresh && position.has_outrun(&stream) {
            (stream, fresh) = (self.look_up(OPERATION, collection).await?, true);
        }
        match self.page(OPERATION, collection, &stream, position.clone(), query.page_limit()).await {
            // The stream was replaced by another.
            Err(error) if error.kind() == ErrorKind::NotFound && !fresh => {
                let stream = self.look_up(OPERATION, collection).await?;
                self.page(OPERATION, collection, &stream, position, query.page_limit()).await
            }
            page => page,
        }
    }
}

impl fmt::Debug for DynamoChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoChanges").field("aws", &self.aws).finish_non_exhaustive()
    }
}
