//! Faults of listing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::blobs::{BlobName, BlobPage, Etag, ListBlobs, PutBlob};
use anyport_ports::{BucketName, Result};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("list_skips", "BLB-LST-1", "The last blob of each page but the last is left out.", |_| {
            tampered(Paged(|page| {
                if page.next.is_some() {
                    page.blobs.pop();
                }
            }))
        }),
        mutant("list_in_utf16_order", "BLB-LST-1", "Names are ordered as UTF-16.", |_| {
            tampered(Paged(|page| page.blobs.sort_by_key(|blob| blob.name.as_str().encode_utf16().collect::<Vec<_>>())))
        }),
        mutant("list_in_order_of_lower_case", "BLB-LST-1", "Names are ordered without regard to case.", |_| {
            tampered(Paged(|page| page.blobs.sort_by_key(|blob| blob.name.as_str().to_lowercase())))
        }),
        mutant("list_ends_early", "BLB-LST-1", "A listing has one page.", |_| tampered(Paged(|page| page.next = None))),
        mutant("list_repeats", "BLB-LST-1", "A page begins with the last blob of the one before.", |_| {
            tampered(ListRepeats)
        }),
        mutant("list_lags", "BLB-LST-1", "The blob written last is missing from the next listing.", |_| {
            tampered(ListLags::default())
        }),
        mutant("delimiter_ignored", "BLB-LST-2", "Names are listed though a delimiter folds them.", |_| {
            tampered(DelimiterIgnored)
        }),
        mutant("common_prefix_without_delimiter", "BLB-LST-2", "Common prefixes end before the delimiter.", |_| {
            tampered(Paged(|page| {
                for prefix in &mut page.prefixes {
                    prefix.pop();
                }
            }))
        }),
        mutant(
            "list_goes_on_by_count",
            "BLB-LST-3",
            "A cursor counts the blobs listed, wherever they are by now.",
            |_| tampered(GoesOnByCount::default()),
        ),
    ]
}

/// Gives another page than the store does.
struct Paged(fn(&mut BlobPage));

#[async_trait]
impl Tamper for Paged {
    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let mut page = sound.blobs.list(bucket, list).await?;
        (self.0)(&mut page);
        Ok(page)
    }
}

/// Goes on from the last blob but one of a page.
struct ListRepeats;

#[async_trait]
impl Tamper for ListRepeats {
    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let page = sound.blobs.list(bucket, list).await?;
        if page.next.is_none() || list.page_limit() < 2 {
            return Ok(page);
        }
        let shorter = sound.blobs.list(bucket, &list.clone().limit(list.page_limit() - 1)?).await?;
        Ok(BlobPage { next: shorter.next, ..page })
    }
}

/// The name written last, until a listing missed it.
#[derive(Default)]
struct ListLags(Mutex<Option<BlobName>>);

#[async_trait]
impl Tamper for ListLags {
    async fn put(&self, sound: &BlobStore, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let etag = sound.blobs.put(bucket, name, put).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.clone());
        Ok(etag)
    }

    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let mut page = sound.blobs.list(bucket, list).await?;
        let missed = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        page.blobs.retain(|blob| Some(&blob.name) != missed.as_ref());
        Ok(page)
    }
}

struct DelimiterIgnored;

#[async_trait]
impl Tamper for DelimiterIgnored {
    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        if list.position().is_some() {
            return sound.blobs.list(bucket, list).await;
        }
        sound.blobs.list(bucket, &ListBlobs::prefix(list.prefix_text()).limit(list.page_limit())?).await
    }
}

/// How many blobs were listed up to the one that a page ended with.
#[derive(Default)]
struct GoesOnByCount(Mutex<HashMap<String, usize>>);

#[async_trait]
impl Tamper for GoesOnByCount {
    async fn list(&self, sound: &BlobStore, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let all = sound.blobs.list(bucket, &ListBlobs::prefix(list.prefix_text())).await?;
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = list.position().and_then(|last| counts.get(last).copied()).unwrap_or(0);
        let page = list.page(all.blobs.into_iter().skip(listed));
        if let Some(last) = page.blobs.last() {
            counts.insert(last.name.as_str().to_owned(), listed + page.blobs.len());
        }
        Ok(page)
    }
}
