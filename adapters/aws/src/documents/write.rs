//! Writing one document.
//!
//! The version of a write is made here, at random, so it names the write: a document that is found to be of this version
//! was written by it, however often its answer was lost.

use std::time::Duration;

use anyport_ports::documents::{Condition, Key, Put, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Timestamp};
use aws_sdk_dynamodb::config::{Builder, Config};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;

use super::DynamoDocuments;
use super::guard::{self, Guard};
use super::item::{self, Item};
use crate::attempts::Attempts;

/// How long to look whether a write whose answer was lost was done.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);

impl DynamoDocuments {
    pub(super) async fn put_one(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        const OPERATION: &str = "documents.put";
        let indexes = self.indexes(OPERATION, collection).await?;
        let (now, version) = (self.aws.clock().now(), item::fresh_version());
        let guard = self.guard(OPERATION, collection, key, &put.condition, now).await?;
        let attempts = Attempts::of::<PutItemError>(guard::repeat(&put.condition));
        let answer = self
            .client
            .put_item()
            .table_name(self.table(collection))
            .set_item(Some(item::of(key, put, &version, &indexes)))
            .set_condition_expression(guard.expression)
            .set_expression_attribute_names(guard.names)
            .set_expression_attribute_values(guard.values)
            .return_values_on_condition_check_failure(AllOld)
            .customize()
            .config_override(recorded(&attempts))
            .send()
            .await;
        let Err(failure) = answer else { return Ok(version) };
        let resource = format!("{collection}/{key}");
        if let Some(PutItemError::ConditionalCheckFailedException(refusal)) = failure.as_service_error() {
            if refusal.item().is_some_and(|standing| item::is_of_version(standing, &version)) {
                return Ok(version);
            }
            let error = refused(&put.condition, refusal.item(), now).during(OPERATION, resource);
            return Err(attempts.judge(error));
        }
        let error = attempts.judge(self.failure(OPERATION, collection, &resource, &failure));
        if error.kind() == ErrorKind::Indeterminate && self.was_written(OPERATION, collection, key, &version).await {
            return Ok(version);
        }
        Err(error)
    }

    pub(super) async fn delete_one(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        const OPERATION: &str = "documents.delete";
        let now = self.aws.clock().now();
        let guard = self.guard(OPERATION, collection, key, condition, now).await?;
        let attempts = Attempts::of::<DeleteItemError>(guard::repeat(condition));
        let answer = self
            .client
            .delete_item()
            .table_name(self.table(collection))
            .set_key(Some(item::key(key)))
            .set_condition_expression(guard.expression)
            .set_expression_attribute_names(guard.names)
            .set_expression_attribute_values(guard.values)
            .return_values_on_condition_check_failure(AllOld)
            .customize()
            .config_override(recorded(&attempts))
            .send()
            .await;
        let Err(failure) = answer else { return Ok(()) };
        let resource = format!("{collection}/{key}");
        let error = match failure.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(refusal)) => {
                refused(condition, refusal.item(), now).during(OPERATION, resource)
            }
            _ => self.failure(OPERATION, collection, &resource, &failure),
        };
        Err(attempts.judge(error))
    }

    /// The guard of a condition. A version that is a digest is compared here, with what stands, and then what stands must
    /// still be the same.
    pub(super) async fn guard(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        key: &Key,
        condition: &Condition,
        now: Timestamp,
    ) -> Result<Guard> {
        let Some(version) = guard::digest(condition) else { return Ok(Guard::of(condition, now)) };
        let resource = format!("{collection}/{key}");
        match self.standing(operation, collection, key).await? {
            Some(standing) if !item::is_of_version(&standing, version) => {
                let live = live_version(Some(&standing), now);
                condition.check(live.as_ref()).map_err(|error| error.during(operation, resource))?;
                Ok(Guard::unchanged(&standing))
            }
            _ => Ok(Guard::of(condition, now)),
        }
    }

    /// Whether the document is found to be of this version. `false` says nothing: it may have been overwritten since, or
    /// be written yet.
    pub(super) async fn was_written(
        &self,
        operation: &'static str,
        collection: &CollectionName,
        key: &Key,
        version: &Version,
    ) -> bool {
        let look = tokio::time::timeout(LOOK_TIMEOUT, self.standing(operation, collection, key)).await;
        matches!(look, Ok(Ok(Some(standing))) if item::is_of_version(&standing, version))
    }
}

/// Has the SDK record its attempts, and ask before it makes another.
pub(super) fn recorded(attempts: &Attempts) -> Builder {
    Config::builder().interceptor(attempts.clone()).retry_classifier(attempts.clone())
}

/// What a refused condition means, from the item that refused it.
pub(super) fn refused(condition: &Condition, standing: Option<&Item>, now: Timestamp) -> Error {
    condition.check(live_version(standing, now).as_ref()).err().unwrap_or_else(|| {
        let message = "the document was changed meanwhile: read it again and decide anew";
        Error::new(ErrorKind::PreconditionFailed, message)
    })
}

/// The version of an item, unless it has expired.
fn live_version(standing: Option<&Item>, now: Timestamp) -> Option<Version> {
    let standing = standing.filter(|item| item::expiry(item).is_none_or(|expires_at| now < expires_at))?;
    // An item that cannot be read is there all the same.
    Some(item::document(standing).map_or_else(|_| Version::new(""), |document| document.version))
}
