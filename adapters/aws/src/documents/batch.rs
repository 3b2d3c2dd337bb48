//! Reading many documents at once.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use anyport_ports::documents::{Document, Key};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{DynamoDocuments, item};
use crate::backoff;
use crate::connection::OPERATION_TIMEOUT;

/// Most keys in one request.
const MAX_BATCH: usize = 100;

impl DynamoDocuments {
    /// The documents of these keys that are there, expired or not, each read consistently. What an answer leaves out,
    /// because it would be over 16 MB or too much at once, is asked for again.
    pub(super) async fn read_many(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        keys: &[Key],
    ) -> Result<HashMap<Key, Document>> {
        let mut found = HashMap::new();
        let mut seen = HashSet::new();
        let unique: Vec<&Key> = keys.iter().filter(|key| seen.insert(*key)).collect();
        for batch in unique.chunks(MAX_BATCH) {
            let batch = KeysAndAttributes::builder()
                .consistent_read(true)
                .set_keys(Some(batch.iter().map(|key| item::key(key)).collect()))
                .build()
                .map_err(|error| Error::new(ErrorKind::Internal, "the request could not be made").caused_by(error))?;
            self.read_batch(operation, collection, batch, &mut found).await?;
        }
        Ok(found)
    }

    async fn read_batch(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        batch: KeysAndAttributes,
        found: &mut HashMap<Key, Document>,
    ) -> Result<()> {
        let table = self.table(collection);
        let (started, mut fruitless, mut left) = (Instant::now(), 0, Some(batch));
        while let Some(batch) = left {
            let answer = self.client.batch_get_item().request_items(table.clone(), batch).send().await;
            let answer = answer.map_err(|failure| self.failure(operation, collection, collection, &failure))?;
            let items = answer.responses.unwrap_or_default().remove(&table).unwrap_or_default();
            fruitless = if items.is_empty() { fruitless + 1 } else { 0 };
            for item in items {
                let document = item::document(&item).map_err(|error| error.during(operation, collection))?;
                found.insert(document.key.clone(), document);
            }
            left = answer.unprocessed_keys.unwrap_or_default().remove(&table).filter(|left| !left.keys.is_empty());
            if left.is_some() && fruitless > 0 {
                if started.elapsed() > OPERATION_TIMEOUT {
                    let message = "the service keeps leaving documents out of its answers: it asks to slow down";
                    return Err(Error::new(ErrorKind::Throttled, message).during(operation, collection));
                }
                backoff::pause(fruitless).await;
            }
        }
        Ok(())
    }
}
