//! Writing several documents at once.

use anyport_ports::documents::{Key, Operation, Transaction, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Timestamp};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::{CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem};

use super::guard::Guard;
use super::write::{recorded, refused};
use super::{DynamoDocuments, item};
use crate::attempts::{Attempts, Repeat};
use crate::{backoff, error};

const OPERATION: &str = "documents.transact";

/// Most attempts of a transaction that conflicts with others, each after a random and growing pause.
const MAX_CONFLICTS: u32 = 8;

impl DynamoDocuments {
    pub(super) async fn transact_all(
        &self,
        collection: &CollectionName,
        transaction: &Transaction,
    ) -> Result<Vec<Version>> {
        if transaction.operations().is_empty() {
            self.require(OPERATION, collection).await?;
            return Ok(Vec::new());
        }
        let now = self.aws.clock().now();
        let (items, written) = self.items(collection, transaction, now).await?;
        let resource = format!("{collection}/{}", transaction.partition().as_str().escape_debug());
        let outcome = self.send(collection, transaction, &resource, items, &written, now).await;
        let versions = || written.iter().map(|(_, version)| version.clone()).collect();
        match outcome {
            Ok(()) => Ok(versions()),
            // All of it was done if one of its writes was.
            Err(error) if error.kind() == ErrorKind::Indeterminate => match written.first() {
                Some((key, version)) if self.was_written(OPERATION, collection, key, version).await => Ok(versions()),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn send(
        &self,
        collection: &CollectionName,
        transaction: &Transaction,
        resource: &str,
        items: Vec<TransactWriteItem>,
        written: &[(Key, Version)],
        now: Timestamp,
    ) -> Result<()> {
        // The token makes DynamoDB answer a repeated request as it answered the first.
        let token = uuid::Uuid::new_v4().to_string();
        let attempts = Attempts::of::<TransactWriteItemsError>(Repeat::Harmless);
        let mut conflicts = 0;
        loop {
            let answer = self
                .client
                .transact_write_items()
                .client_request_token(&token)
                .set_transact_items(Some(items.clone()))
                .customize()
                .config_override(recorded(&attempts))
                .send()
                .await;
            let Err(failure) = answer else { return Ok(()) };
            let error = match failure.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let reasons = cancelled.cancellation_reasons();
                    if is_own(reasons, transaction, written) {
                        return Ok(());
                    }
                    of_reasons(reasons, transaction, now).during(OPERATION, resource)
                }
                _ => self.failure(OPERATION, collection, &resource, &failure),
            };
            conflicts += 1;
            if error.kind() != ErrorKind::Throttled || attempts.in_doubt() || conflicts == MAX_CONFLICTS {
                return Err(attempts.judge(error));
            }
            let conflicted =
                matches!(failure.as_service_error(), Some(TransactWriteItemsError::TransactionCanceledException(_)));
            if !conflicted {
                // The SDK has tried it again already.
                return Err(error);
            }
            backoff::pause(conflicts).await;
        }
    }

    /// The items of the request, and the documents that it writes with their new versions.
    async fn items(
        &self,
        collection: &CollectionName,
        transaction: &Transaction,
        now: Timestamp,
    ) -> Result<(Vec<TransactWriteItem>, Vec<(Key, Version)>)> {
        let indexes = self.indexes(OPERATION, collection).await?;
        let table = self.table(collection);
        let (mut items, mut written) = (Vec::new(), Vec::new());
        for (key, operation) in transaction.operations() {
            let guard = self.guard(OPERATION, collection, key, operation.condition(), now).await?;
            let item = match operation {
                Operation::Put(put) => {
                    let version = item::fresh_version();
                    let item = item::of(key, put, &version, &indexes);
                    written.push((key.clone(), version));
                    put_item(&table, item, guard)
                }
                Operation::Delete(_) => delete_item(&table, key, guard),
                Operation::Check(_) => check_item(&table, key, guard.or_always()),
            };
            items.push(
                item.map_err(|error| {
                    Error::new(ErrorKind::Internal, "the request could not be made").caused_by(error)
                })?,
            );
        }
        Ok((items, written))
    }
}

type Built = std::result::Result<TransactWriteItem, aws_smithy_types::error::operation::BuildError>;

fn put_item(table: &str, item: item::Item, guard: Guard) -> Built {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .set_condition_expression(guard.expression)
        .set_expression_attribute_names(guard.names)
        .set_expression_attribute_values(guard.values)
        .return_values_on_condition_check_failure(AllOld)
        .build()?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn delete_item(table: &str, key: &Key, guard: Guard) -> Built {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(item::key(key)))
        .set_condition_expression(guard.expression)
        .set_expression_attribute_names(guard.names)
        .set_expression_attribute_values(guard.values)
        .return_values_on_condition_check_failure(AllOld)
        .build()?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

fn check_item(table: &str, key: &Key, guard: Guard) -> Built {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(item::key(key)))
        .set_condition_expression(guard.expression)
        .set_expression_attribute_names(guard.names)
        .set_expression_attribute_values(guard.values)
        .return_values_on_condition_check_failure(AllOld)
        .build()?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

/// Whether the transaction was refused because it had been done: one of its own writes stands.
fn is_own(reasons: &[CancellationReason], transaction: &Transaction, written: &[(Key, Version)]) -> bool {
    reasons.iter().zip(transaction.operations()).any(|(reason, (key, _))| {
        let own = written.iter().find(|(other, _)| other == key);
        matches!((reason.item(), own), (Some(standing), Some((_, version))) if item::is_of_version(standing, version))
    })
}

/// The error of a cancelled transaction: that of the operation that it failed on.
fn of_reasons(reasons: &[CancellationReason], transaction: &Transaction, now: Timestamp) -> Error {
    let mut other = None;
    for (reason, (key, operation)) in reasons.iter().zip(transaction.operations()) {
        match reason.code() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") => {
                let error = refused(operation.condition(), reason.item(), now);
                let message = format!("{} (of {key})", error.message());
                return Error::new(error.kind(), message);
            }
            Some(code) => other = other.or(Some((code, reason.message()))),
        }
    }
    let (code, message) = other.unwrap_or(("no reason", None));
    let kind = match code {
        "TransactionConflict" => return contended(),
        "ThrottlingError" | "ProvisionedThroughputExceeded" => ErrorKind::Throttled,
        _ => ErrorKind::Internal,
    };
    let said = message.map(|message| format!(": {message}")).unwrap_or_default();
    Error::new(kind, format!("the transaction was cancelled: {code}{said}"))
}

fn contended() -> Error {
    let meaning = error::meaning(Some("TransactionConflictException"), 400);
    Error::new(meaning.kind, meaning.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::documents::{Body, Condition, Partition};

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn transaction() -> Transaction {
        let put = anyport_ports::documents::Put::new(Body::of(&serde_json::json!({})).unwrap());
        Transaction::in_partition(Partition::new("p").unwrap())
            .put("a", put.clone().when(Condition::Absent))
            .and_then(|transaction| transaction.check("b", Condition::Present))
            .and_then(|transaction| transaction.delete("c", Condition::Version(Version::new("1"))))
            .unwrap()
    }

    fn kind(codes: [&str; 3]) -> ErrorKind {
        let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
        of_reasons(&reasons, &transaction(), NOW).kind()
    }

    #[test]
    fn the_error_is_that_of_the_operation_that_failed() {
        const NONE: &str = "None";
        const FAILED: &str = "ConditionalCheckFailed";
        assert_eq!(kind([NONE, FAILED, NONE]), ErrorKind::NotFound);
        assert_eq!(kind([NONE, NONE, FAILED]), ErrorKind::PreconditionFailed);
        assert_eq!(kind(["TransactionConflict", NONE, FAILED]), ErrorKind::PreconditionFailed);
        assert_eq!(kind([NONE, "TransactionConflict", NONE]), ErrorKind::Throttled);
        assert_eq!(kind([NONE, NONE, "ThrottlingError"]), ErrorKind::Throttled);
        assert_eq!(kind([NONE, "ProvisionedThroughputExceeded", NONE]), ErrorKind::Throttled);
        assert_eq!(kind(["ValidationError", NONE, NONE]), ErrorKind::Internal);
        assert_eq!(kind([NONE, NONE, NONE]), ErrorKind::Internal);
    }

    #[test]
    fn a_write_that_stands_as_this_transaction_made_it_is_its_own() {
        let written = [(Key::new("p", "a").unwrap(), Version::new("mine"))];
        let standing = |version: &str| {
            let reason = CancellationReason::builder().code("ConditionalCheckFailed");
            [reason.item(item::VERSION, item::text(version)).build()]
        };
        assert!(is_own(&standing("mine"), &transaction(), &written));
        assert!(!is_own(&standing("theirs"), &transaction(), &written));
        let standing = [CancellationReason::builder().code("ConditionalCheckFailed").build()];
        assert_eq!(of_reasons(&standing, &transaction(), NOW).kind(), ErrorKind::PreconditionFailed);
    }
}
