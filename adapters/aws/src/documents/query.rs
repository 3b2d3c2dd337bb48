//! Listing a partition, and a segment of the whole table.

use std::collections::HashMap;

use anyport_ports::documents::{Direction, Document, Key, Page, Query, ScanQuery};
use anyport_ports::{CollectionName, Result};
use aws_sdk_dynamodb::types::AttributeValue;

use super::order::Span;
use super::{DynamoDocuments, item};

/// Which items a query reads: those of one hash key within a span of the range key.
pub(super) struct Within {
    pub(super) expression: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Within {
    pub(super) fn new(hash: (&str, &str), range: &str, span: Span) -> Self {
        let mut expression = "#hash = :hash".to_owned();
        let mut names = HashMap::from([("#hash".to_owned(), hash.0.to_owned())]);
        let mut values = HashMap::from([(":hash".to_owned(), item::text(hash.1))]);
        expression.push_str(match (&span.low, &span.high) {
            (Some(_), Some(_)) => " AND #range BETWEEN :low AND :high",
            (Some(_), None) => " AND #range >= :low",
            (None, Some(_)) => " AND #range <= :high",
            (None, None) => "",
        });
        for (place, bound) in [(":low", span.low), (":high", span.high)] {
            if let Some(bound) = bound {
                names.insert("#range".to_owned(), range.to_owned());
                values.insert(place.to_owned(), AttributeValue::S(bound));
            }
        }
        Self { expression, names, values }
    }
}

/// How many items to read at once: one more than the page still lacks.
pub(super) fn wanted(page_limit: usize, found: usize) -> Option<i32> {
    i32::try_from(page_limit + 1 - found.min(page_limit)).ok()
}

impl DynamoDocuments {
    pub(super) async fn list(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        const OPERATION: &str = "documents.query";
        let range = query.remaining();
        let Some(span) = Span::of(&range) else {
            self.require(OPERATION, collection).await?;
            return Ok(query.page(Vec::new()));
        };
        let within = Within::new((item::PARTITION, query.partition_key().as_str()), item::SORT, span);
        let (mut documents, mut start) = (Vec::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(self.table(collection))
                .consistent_read(true)
                .key_condition_expression(&within.expression)
                .set_expression_attribute_names(Some(within.names.clone()))
                .set_expression_attribute_values(Some(within.values.clone()))
                .scan_index_forward(query.runs() == Direction::Ascending)
                .set_limit(wanted(query.page_limit(), documents.len()))
                .set_exclusive_start_key(start)
                .send()
                .await;
            let answer = answer.map_err(|failure| self.failure(OPERATION, collection, collection, &failure))?;
            let live = self.live(answer.items()).map_err(|error| error.during(OPERATION, collection))?;
            documents.extend(live.into_iter().filter(|document| range.contains(document.key.sort())));
            start = answer.last_evaluated_key;
            if start.is_none() || documents.len() > query.page_limit() {
                return Ok(query.page(documents));
            }
        }
    }

    pub(super) async fn list_segment(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        const OPERATION: &str = "documents.scan";
        let (number, of) = query.scanned().numbered();
        let (mut documents, mut start) = (Vec::new(), query.position().map(item::key));
        loop {
            let answer = self
                .client
                .scan()
                .table_name(self.table(collection))
                .consistent_read(true)
                .segment(number.cast_signed())
                .total_segments(of.cast_signed())
                .set_limit(wanted(query.page_limit(), documents.len()))
                .set_exclusive_start_key(start)
                .send()
                .await;
            let answer = answer.map_err(|failure| self.failure(OPERATION, collection, collection, &failure))?;
            documents.extend(self.live(answer.items()).map_err(|error| error.during(OPERATION, collection))?);
            start = answer.last_evaluated_key;
            if start.is_none() || documents.len() > query.page_limit() {
                return Ok(query.page(documents));
            }
        }
    }

    /// `NotFound` if there is no such collection.
    pub(super) async fn require(&self, operation: &'static str, collection: &CollectionName) -> Result<()> {
        self.standing(operation, collection, &Key::new("anyport", "any")?).await.map(drop)
    }

    fn live(&self, items: &[item::Item]) -> Result<Vec<Document>> {
        let now = self.aws.clock().now();
        let documents: Vec<Document> = items.iter().map(item::document).collect::<Result<_>>()?;
        Ok(documents.into_iter().filter(|document| document.is_live(now)).collect())
    }
}
