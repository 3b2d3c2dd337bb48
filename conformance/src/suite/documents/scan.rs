//! Scanning a whole collection by segments.

use std::collections::BTreeMap;

use anyport_ports::documents::{Body, Condition, Document, Key, Put, Scan, ScanQuery, Segment};
use serde_json::json;

use super::listing::scan_pages;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::subject::DocumentStore;
use crate::suite::{OTHER_THINGS, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-SCAN-1" => segments_together_list_every_document_once,
        "DOC-SCAN-2" => a_scan_under_writes_lists_what_stands_once,
    ]
}

async fn segments_together_list_every_document_once(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let mut standing = BTreeMap::new();
    for partition in ["a", "b", "A", "é", "\0", "p/q", "p", "1", "10", "😀", "p0", "p1", "p2", "p3", "p4", "p5"] {
        for sort in ["x", "y\0", "Z/ "] {
            let (key, body) = (Key::new(partition, sort)?, Body::of(&json!({ "of": [partition, sort] }))?);
            let version = store.documents.put(&THINGS, &key, &Put::new(body.clone())).await?;
            standing.insert(key, (body.to_json(), version));
        }
    }
    store.documents.put(&OTHER_THINGS, &Key::new("elsewhere", "x")?, &Put::new(Body::of(&json!({}))?)).await?;

    for (segments, limit) in [(1, 100), (1, 7), (2, 1), (3, 100), (5, 2), (Segment::MAX, 100)] {
        cx.note(format!("scan {segments} segments, by {limit}"));
        let mut found = Vec::new();
        for number in 0..segments {
            let segment = Segment::new(number, segments)?;
            for document in whole(&*store.scan, segment, limit).await? {
                found.push((document.key, (document.body.to_json(), document.version)));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        let expected: Vec<_> = standing.clone().into_iter().collect();
        ensure_eq!(found, expected, "documents over {segments} segments, by {limit}");
    }
    Ok(())
}

async fn whole(scan: &dyn Scan, segment: Segment, limit: usize) -> Result<Vec<Document>, Violation> {
    let pages = scan_pages(scan, &ScanQuery::segment(segment).limit(limit)?).await?;
    Ok(pages.into_iter().flat_map(|page| page.documents).collect())
}

async fn a_scan_under_writes_lists_what_stands_once(cx: Context<DocumentStore>) -> Verdict {
    const SEGMENTS: u32 = 2;
    let store = cx.connect().await?;
    let other = cx.connect().await?.documents;
    let put = || Ok::<_, Violation>(Put::new(Body::of(&json!({}))?));
    // Of each partition's documents two stand throughout; one passes: it is deleted as soon as it was listed.
    let mut standing = Vec::new();
    for partition in 0..12 {
        for sort in ["standing 1", "passing", "standing 2"] {
            let key = Key::new(format!("p{partition}"), sort)?;
            other.put(&THINGS, &key, &put()?).await?;
            if sort != "passing" {
                standing.push(key);
            }
        }
    }

    let (mut listed, mut inserted) = (Vec::new(), 0);
    for number in 0..SEGMENTS {
        let segment = ScanQuery::segment(Segment::new(number, SEGMENTS)?).limit(4)?;
        let mut cursor = None;
        loop {
            let page = store.scan.scan(&THINGS, &segment.clone().after(cursor.as_ref())?).await?;
            ensure!(inserted < 100, "the scan does not end");
            for document in &page.documents {
                if document.key.sort() == "passing" {
                    cx.note(format!("delete {}, which was listed", document.key));
                    other.delete(&THINGS, &document.key, &Condition::Always).await?;
                } else if document.key.sort() == "standing 1" {
                    cx.note(format!("overwrite {}, which was listed", document.key));
                    other.put(&THINGS, &document.key, &put()?).await?;
                }
            }
            listed.extend(page.documents.into_iter().map(|document| document.key));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            inserted += 1;
            let new = Key::new(format!("p{}", inserted % 12), format!("new {inserted}"))?;
            cx.note(format!("insert {new}"));
            other.put(&THINGS, &new, &put()?).await?;
        }
    }
    for key in standing {
        let times = listed.iter().filter(|found| **found == key).count();
        ensure_eq!(times, 1, "times that the scan listed {key}, which stood throughout");
    }
    Ok(())
}
