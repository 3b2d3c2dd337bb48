//! Building an index over the documents that are there.

use anyport_ports::documents::{Document, Index};
use anyport_ports::{CollectionName, Result};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::guard::Guard;
use super::item::Item;
use super::{DynamoDocuments, item};

const OPERATION: &str = "provision";

impl DynamoDocuments {
    /// Gives every document its place in an index. Body, version and expiry stay as they are; a document that is written
    /// meanwhile gets its place from that write.
    pub(super) async fn build(&self, collection: &CollectionName, index: &Index) -> Result<()> {
        let mut start = None;
        loop {
            let answer = self
                .client
                .scan()
                .table_name(self.table(collection))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await;
            let answer = answer.map_err(|failure| self.failure(OPERATION, collection, collection, &failure))?;
            for standing in answer.items() {
                self.place(collection, index, standing, &item::document(standing)?).await?;
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    async fn place(
        &self,
        collection: &CollectionName,
        index: &Index,
        standing: &Item,
        document: &Document,
    ) -> Result<()> {
        let Some([(partition_name, partition), (sort_name, sort)]) = item::place(index, &document.key, &document.body)
        else {
            return Ok(());
        };
        let guard = Guard::unchanged(standing);
        let answer = self
            .client
            .update_item()
            .table_name(self.table(collection))
            .set_key(Some(item::key(&document.key)))
            .update_expression("SET #p = :p, #s = :s")
            .set_condition_expression(guard.expression)
            .set_expression_attribute_names(guard.names)
            .set_expression_attribute_values(guard.values)
            .expression_attribute_names("#p", partition_name)
            .expression_attribute_names("#s", sort_name)
            .expression_attribute_values(":p", partition)
            .expression_attribute_values(":s", sort)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(failure)
                if matches!(failure.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(())
            }
            Err(failure) => Err(self.failure(OPERATION, collection, &document.key, &failure)),
        }
    }
}
