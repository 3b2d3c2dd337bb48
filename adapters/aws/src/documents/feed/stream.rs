//! A stream and its shards, as they are at one moment.

use std::time::{Duration, Instant};

use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use aws_sdk_dynamodbstreams::Client;

use crate::error;

/// For how long a list of shards is gone by. Of a shard that ends its children are looked for at once; this is for all else.
const RECENT: Duration = Duration::from_mins(1);

/// A stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) arn: String,
    pub(super) shards: Vec<Shard>,
    seen: Instant,
}

/// A shard.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) id: String,
    pub(super) parent: Option<String>,
}

impl Stream {
    pub(super) fn of(arn: &str, shards: Vec<Shard>) -> Self {
        Self { arn: arn.to_owned(), shards, seen: Instant::now() }
    }

    pub(super) fn is_recent(&self) -> bool {
        self.seen.elapsed() < RECENT
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.shards.iter().any(|shard| shard.id == id)
    }

    pub(super) fn has_child(&self, id: &str) -> bool {
        self.shards.iter().any(|shard| shard.parent.as_deref() == Some(id))
    }
}

/// The stream of this ARN as it is now.
pub(super) async fn describe(
    client: &Client,
    operation: &'static str,
    collection: &CollectionName,
    arn: &str,
) -> Result<Stream> {
    let (mut shards, mut start) = (Vec::new(), None);
    loop {
        let answer = client.describe_stream().stream_arn(arn).set_exclusive_start_shard_id(start.take()).send().await;
        let answer = answer.map_err(|failure| error::of(operation, collection, &failure))?;
        let description = answer.stream_description.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the service described no stream").during(operation, collection)
        })?;
        let found = description.shards.unwrap_or_default().into_iter();
        shards.extend(found.filter_map(|shard| Some(Shard { id: shard.shard_id?, parent: shard.parent_shard_id })));
        start = description.last_evaluated_shard_id;
        if start.is_none() {
            return Ok(Stream::of(arn, shards));
        }
    }
}
