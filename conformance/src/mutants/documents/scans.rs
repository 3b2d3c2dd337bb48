//! Faults of scanning.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::documents::{Document, Key, Page, ScanQuery, Segment};
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("scan_misses_a_segment", "DOC-SCAN-1", "Of several segments the last one is empty.", |_| {
            shared(MissesASegment)
        }),
        mutant("scan_segments_overlap", "DOC-SCAN-1", "A segment lists the whole collection.", |_| shared(Overlap)),
        mutant(
            "scan_by_offset",
            "DOC-SCAN-2",
            "A scan goes on at an offset: what is inserted or deleted before it shifts the scan.",
            |_| shared(ByOffset::default()),
        ),
    ]
}

struct MissesASegment;

#[async_trait]
impl Tamper for MissesASegment {
    async fn scan(&self, sound: &DocumentStore, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let last =
            (2..=Segment::MAX).filter_map(|of| Segment::new(of - 1, of).ok()).any(|last| last == query.scanned());
        if last { Ok(query.page(Vec::new())) } else { sound.scan.scan(collection, query).await }
    }
}

/// All documents of a segment.
async fn everything(sound: &DocumentStore, collection: &CollectionName, segment: Segment) -> Result<Vec<Document>> {
    let mut query = ScanQuery::segment(segment);
    let mut documents = Vec::new();
    loop {
        let page = sound.scan.scan(collection, &query).await?;
        documents.extend(page.documents);
        match page.next {
            Some(next) => query = query.after(Some(&next))?,
            None => return Ok(documents),
        }
    }
}

struct Overlap;

#[async_trait]
impl Tamper for Overlap {
    async fn scan(&self, sound: &DocumentStore, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let mut documents = everything(sound, collection, Segment::whole()).await?;
        documents.sort_by(|a, b| a.key.cmp(&b.key));
        documents.retain(|document| query.position().is_none_or(|after| document.key > *after));
        documents.truncate(query.page_limit() + 1);
        Ok(query.page(documents))
    }
}

/// By the last document of a page, how many were given before its end.
#[derive(Default)]
struct ByOffset(Mutex<HashMap<Key, usize>>);

#[async_trait]
impl Tamper for ByOffset {
    async fn scan(&self, sound: &DocumentStore, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let known = |after| self.0.lock().unwrap_or_else(PoisonError::into_inner).get(after).copied();
        let offset = query.position().and_then(known).unwrap_or_default();
        let documents = everything(sound, collection, query.scanned()).await?;
        let page = query.page(documents.into_iter().skip(offset).take(query.page_limit() + 1).collect());
        if let Some(last) = page.documents.last() {
            let given = offset + page.documents.len();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(last.key.clone(), given);
        }
        Ok(page)
    }
}
