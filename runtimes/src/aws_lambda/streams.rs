//! Records of the streams of tables.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use anyport_ports::documents::{DocumentChange, Documents};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, CollectionName, Naming};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::EventError;
use crate::events::EventFunction;
use crate::fault::Fault;
use crate::given_up;
use crate::layers::HostContext;
use crate::surroundings::DecodeChange;

const LOOKS_LIKE: &str = "records of a stream of DynamoDB";

/// Longest name of a table.
const TABLE_NAME: usize = 255;

/// The functions of collections by the names of their tables.
pub(super) struct Streams {
    tables: HashMap<String, Table>,
    decode: Option<DecodeChange>,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
}

struct Table {
    collection: CollectionName,
    functions: Vec<EventFunction<DocumentChange>>,
}

/// A batch of one shard of a stream, in order.
#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

/// What is to be known of a record besides its change.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "eventSourceARN", default)]
    source: Option<String>,
    dynamodb: Numbered,
}

#[derive(Deserialize)]
struct Numbered {
    #[serde(rename = "SequenceNumber", default)]
    number: Option<String>,
}

impl Streams {
    pub(super) fn new(
        functions: Vec<(CollectionName, EventFunction<DocumentChange>)>,
        decode: Option<DecodeChange>,
        ports: &Ports,
        naming: &Naming,
    ) -> Self {
        let mut tables: HashMap<String, Table> = HashMap::new();
        for (collection, function) in functions {
            let name = naming.of(collection.as_str(), TABLE_NAME);
            let table = tables.entry(name).or_insert_with(|| Table { collection, functions: Vec::new() });
            table.functions.push(function);
        }
        Self { tables, decode, documents: Arc::clone(&ports.documents), clock: Arc::clone(&ports.clock) }
    }

    /// Calls every function of the collection for each change, one after another. From the first that failed on, the host
    /// sends all again: what comes after it must not overtake it.
    ///
    /// A change that can never be done is given up at once, and on record. How often another is tried, the host decides by the
    /// settings of the event source (`MaximumRetryAttempts`), as it does what becomes of it then.
    pub(super) async fn changed(
        &self,
        event: &RawValue,
        host: &HostContext,
    ) -> Result<DynamoDbEventResponse, EventError> {
        let malformed = |error: serde_json::Error| EventError::malformed(LOOKS_LIKE, &error);
        let batch: Batch<'_> = serde_json::from_str(event.get()).map_err(malformed)?;
        let mut found = Vec::with_capacity(batch.records.len());
        for record in batch.records {
            let head: Head = serde_json::from_str(record.get()).map_err(malformed)?;
            let source = head.source.unwrap_or_default();
            let table = table_of(&source).and_then(|name| self.tables.get(name));
            let table =
                table.ok_or_else(|| EventError::NoFunction { source_name: format!("the stream {source:?}") })?;
            found.push((table, head.dynamodb.number.unwrap_or_default(), record));
        }
        let decode = self.decode.as_ref().ok_or(EventError::NoDecoder)?;
        let mut response = DynamoDbEventResponse::default();
        for (table, number, record) in found {
            let change = match decode(record.get()) {
                Ok(change) => change,
                Err(error) => {
                    // It never gets better, and would hold up its shard until it is too old to be kept.
                    tracing::error!(collection = %table.collection, number, %error, "given up: a record that is of no document");
                    continue;
                }
            };
            if let Err((function, fault)) = self.call(table, change, host).await {
                // The host would take an empty identifier for a broken answer.
                if number.is_empty() {
                    return Err(EventError::failed(function, fault));
                }
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(number);
                response.batch_item_failures.push(failure);
                break;
            }
        }
        Ok(response)
    }

    async fn call<'a>(
        &self,
        table: &'a Table,
        change: DocumentChange,
        host: &HostContext,
    ) -> Result<(), (&'a str, Fault)> {
        for function in &table.functions {
            if host.deadline.left().is_some_and(|left| left.is_zero()) {
                let why = "not begun: the invocation's time is over";
                tracing::warn!(function = function.name(), "{why}");
                return Err((function.name(), Fault::new(anyport_ports::ErrorKind::Unavailable, "timeout", why)));
            }
            let (result, span) = function.call(change.clone(), host.clone()).await;
            match result {
                Ok(()) => span.in_scope(|| tracing::info!("done")),
                Err(fault) if fault.is_permanent() => {
                    let (documents, clock) = (&*self.documents, &*self.clock);
                    given_up::record(documents, clock, function.name(), &table.collection, &change, (1, &fault)).await;
                }
                Err(fault) => {
                    span.in_scope(|| tracing::warn!(error = %fault, "to be tried again"));
                    return Err((function.name(), fault));
                }
            }
        }
        Ok(())
    }
}

/// The name of the table in the ARN of its stream: `arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>`.
fn table_of(source: &str) -> Option<&str> {
    let (_, rest) = source.split_once(":table/")?;
    let (name, stream) = rest.split_once('/')?;
    stream.starts_with("stream/").then_some(name)
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.tables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_name_of_its_stream() {
        let arn = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/test-orders/stream/2026-01-01T00:00:00.000";
        assert_eq!(table_of(arn), Some("test-orders"));
        for other in
            ["", "arn:aws:dynamodb:r:1:table/orders", "arn:aws:dynamodb:r:1:table/orders/index/x", "table/a/stream/b"]
        {
            assert_eq!(table_of(other), None, "{other}");
        }
    }
}
