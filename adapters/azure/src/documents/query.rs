//! Listing a partition, and asking for items in general.

use std::num::NonZeroU32;
use std::ops::Bound;

use anyport_ports::documents::{Direction, Document, Page, Query};
use anyport_ports::{CollectionName, Result};
use azure_data_cosmos::options::{MaxItemCountHint, QueryOptions};
use azure_data_cosmos::{FeedScope, Query as Sql};
use futures_util::StreamExt as _;

use super::call::Call;
use super::containers::Container;
use super::item::{self, DELETED, Item};
use super::{CosmosDocuments, order};

/// What a query asks for: conditions that must all hold, with their parameters, and an order.
pub(super) struct Asked {
    conditions: Vec<String>,
    parameters: Vec<(String, String)>,
    order: String,
}

impl Asked {
    /// Everything that stands, in this order.
    pub(super) fn ordered(container: &Container, order: impl Into<String>) -> Self {
        let mut asked = Self { conditions: Vec::new(), parameters: Vec::new(), order: order.into() };
        if container.feed {
            asked.conditions.push(format!("NOT IS_DEFINED(c.{DELETED})"));
        }
        asked
    }

    /// Only where `condition` holds, in which each of the names in `parameters` stands for its text.
    pub(super) fn and(&mut self, condition: impl Into<String>, parameters: &[(&str, String)]) {
        self.conditions.push(condition.into());
        self.parameters.extend(parameters.iter().map(|(name, text)| ((*name).to_owned(), text.clone())));
    }

    pub(super) fn sql(&self) -> azure_data_cosmos::Result<Sql> {
        let mut text = "SELECT * FROM c".to_owned();
        for (number, condition) in self.conditions.iter().enumerate() {
            text.push_str(if number == 0 { " WHERE " } else { " AND " });
            text.push_str(condition);
        }
        text.push_str(" ORDER BY ");
        text.push_str(&self.order);
        self.parameters.iter().try_fold(Sql::from(text), |sql, (name, value)| sql.with_parameter(name.clone(), value))
    }
}

/// The word of a direction.
pub(super) const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    }
}

impl CosmosDocuments {
    pub(super) async fn list(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        let call = self.call("documents.query", collection);
        let container = self.container(&call, collection).await?;
        let mut asked = Asked::ordered(&container, format!("c.id {}", word(query.runs())));
        let range = query.remaining();
        match range.start() {
            Bound::Included(sort) => asked.and("c.id >= @low", &[("@low", order::encoded(sort))]),
            Bound::Excluded(sort) => asked.and("c.id > @low", &[("@low", order::encoded(sort))]),
            Bound::Unbounded => {}
        }
        match range.end() {
            Bound::Included(sort) => asked.and("c.id <= @high", &[("@high", order::encoded(sort))]),
            Bound::Excluded(sort) => asked.and("c.id < @high", &[("@high", order::encoded(sort))]),
            Bound::Unbounded => {}
        }
        let scope = FeedScope::partition(query.partition_key().as_str().to_owned());
        let found = self.ask(&call, collection, &container, &asked, &scope, query.page_limit() + 1).await?;
        Ok(query.page(found))
    }

    /// The first documents that are asked for and have not expired, at most so many.
    pub(super) async fn ask(
        &self,
        call: &Call,
        collection: &CollectionName,
        container: &Container,
        asked: &Asked,
        scope: &FeedScope,
        most: usize,
    ) -> Result<Vec<Document>> {
        let now = self.shared.clock.now();
        let items = self.items(call, collection, container, asked, scope, |found| {
            found.iter().filter(|item| item::live(Some(item), now).is_some()).count() >= most
        });
        let items = items.await?;
        let mut documents = Vec::new();
        for item in &items {
            let document = item::document(item).map_err(|error| call.named(error))?;
            documents.extend(document.filter(|document| document.is_live(now)));
        }
        documents.truncate(most);
        Ok(documents)
    }

    /// The first items that are asked for, until they are enough. If a page does not come, they are asked for anew.
    pub(super) async fn items(
        &self,
        call: &Call,
        collection: &CollectionName,
        container: &Container,
        asked: &Asked,
        scope: &FeedScope,
        enough: impl Fn(&[Item]) -> bool + Send + Sync,
    ) -> Result<Vec<Item>> {
        /// Items in one answer: a page and one more.
        const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(100);
        let enough = &enough;
        let answer = call
            .read(|| {
                Box::pin(async move {
                    let options = QueryOptions::default().with_max_item_count(MaxItemCountHint::Limit(AT_ONCE));
                    let answer =
                        container.client.query_items::<Item>(asked.sql()?, scope.clone(), Some(options)).await?;
                    let mut pages = std::pin::pin!(answer.into_pages());
                    let mut found = Vec::new();
                    while let Some(page) = pages.next().await {
                        found.extend(page?.into_items());
                        if enough(&found) {
                            break;
                        }
                    }
                    Ok(found)
                })
            })
            .await;
        answer.map_err(|failure| self.absent(call, collection, &failure))
    }
}
