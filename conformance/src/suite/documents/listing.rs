//! What the checks of listings stand on: filling a partition, and following pages to their end.

use anyport_ports::documents::{
    Body, Document, Documents, IndexQuery, Key, Page, Partition, Put, Query, Scan, ScanQuery,
};
use anyport_ports::{Cursor, Result};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::check::{Violation, ensure};
use crate::suite::THINGS;

/// More pages than any listing of these checks can have: a listing that does not end is cut here.
const MOST_PAGES: usize = 1_000;

/// A partition of this name.
pub(super) fn partition(name: &str) -> Result<Partition> {
    Partition::new(name)
}

/// Writes a document under each of these sort keys; its body tells the sort key.
pub(super) async fn fill(
    documents: &dyn Documents,
    partition: &Partition,
    sorts: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<()> {
    for sort in sorts {
        let body = Body::of(&json!({ "sort": sort.as_ref() }))?;
        documents.put(&THINGS, &partition.key(sort.as_ref())?, &Put::new(body)).await?;
    }
    Ok(())
}

/// The sort keys of these documents, in their order.
pub(super) fn sorts(documents: &[Document]) -> Vec<String> {
    documents.iter().map(|document| document.key.sort().to_owned()).collect()
}

/// The keys of these documents, in their order.
pub(super) fn keys(documents: &[Document]) -> Vec<Key> {
    documents.iter().map(|document| document.key.clone()).collect()
}

/// Every page of the query.
pub(super) async fn pages(documents: &dyn Documents, query: &Query) -> Result<Vec<Page>, Violation> {
    follow(|cursor| async move { documents.query(&THINGS, &query.clone().after(cursor.as_ref())?).await }.boxed()).await
}

/// The sort keys that the query lists, over all of its pages.
pub(super) async fn listed(documents: &dyn Documents, query: &Query) -> Result<Vec<String>, Violation> {
    let pages = pages(documents, query).await?;
    Ok(pages.iter().flat_map(|page| sorts(&page.documents)).collect())
}

/// Every page of the index query.
pub(super) async fn index_pages(documents: &dyn Documents, query: &IndexQuery) -> Result<Vec<Page>, Violation> {
    follow(|cursor| async move { documents.query_index(&THINGS, &query.clone().after(cursor.as_ref())?).await }.boxed())
        .await
}

/// Every page of the scan.
pub(super) async fn scan_pages(scan: &dyn Scan, query: &ScanQuery) -> Result<Vec<Page>, Violation> {
    follow(|cursor| async move { scan.scan(&THINGS, &query.clone().after(cursor.as_ref())?).await }.boxed()).await
}

/// Asks for page after page until one has no cursor.
async fn follow<'a>(request: impl Fn(Option<Cursor>) -> BoxFuture<'a, Result<Page>>) -> Result<Vec<Page>, Violation> {
    let mut pages: Vec<Page> = Vec::new();
    loop {
        let cursor = pages.last().and_then(|page| page.next.clone());
        if cursor.is_none() && !pages.is_empty() {
            return Ok(pages);
        }
        ensure!(pages.len() < MOST_PAGES, "the listing did not end after {MOST_PAGES} pages");
        pages.push(request(cursor).await?);
    }
}
