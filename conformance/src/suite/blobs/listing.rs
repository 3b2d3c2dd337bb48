//! Listing blobs by name.

use std::collections::BTreeSet;

use anyport_ports::blobs::{BlobName, ListBlobs};
use anyport_ports::{Cursor, ErrorKind};

use super::shelf::Shelf;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::BlobStore;
use crate::suite::{FILES, resources};

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-LST-1" => a_listing_is_exact_and_in_order_on_pages_of_any_size,
        "BLB-LST-2" => a_delimiter_folds_names_into_common_prefixes,
        "BLB-LST-3" => a_listing_goes_on_while_blobs_come_and_go,
    ]
}

/// In UTF-8 byte order, which is neither that of UTF-16 (the last two) nor one that ignores case.
const NAMES: [&str; 12] =
    ["A", "B/c", "a", "a b", "a-b", "a.b", "a/1", "a/2", "a/2/x", "ab", "a\u{ff5e}", "a\u{1f600}"];

async fn a_listing_is_exact_and_in_order_on_pages_of_any_size(cx: Context<BlobStore>) -> Verdict {
    let (shelf, reader) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    ensure_eq!(reader.names().await?, Vec::<String>::new(), "the listing of an empty bucket");
    for (written, name) in NAMES.iter().rev().enumerate() {
        shelf.put(name, "x").await?;
        ensure_eq!(reader.names().await?.len(), written + 1, "blobs listed right after {name:?} was written");
    }
    for prefix in ["", "a", "a/", "a/2", "a/2/x", "a/2/xy", "B", "b", "z", "a\u{1f600}"] {
        let expected: Vec<&str> = NAMES.into_iter().filter(|name| name.starts_with(prefix)).collect();
        for limit in [1_000, expected.len().max(1), 3, 2, 1] {
            let listed = reader.list(&ListBlobs::prefix(prefix).limit(limit)?).await?;
            ensure_eq!(listed.names, expected, "names that begin with {prefix:?}, on pages of {limit}");
            ensure!(listed.prefixes.is_empty(), "common prefixes without a delimiter: {:?}", listed.prefixes);
        }
    }
    let page = reader.store.blobs.list(&FILES, &ListBlobs::prefix("a/1")).await?;
    let info = page.blobs.into_iter().next().ok_or_else(|| Violation::new("a/1 is not listed"))?;
    let known = reader.head("a/1").await?;
    ensure_eq!((info.length, info.etag), (known.length, known.etag), "length and etag by list");
    let garbage = ListBlobs::prefix("").after(Some(&Cursor::from_text("garbage")));
    expect_error(garbage, ErrorKind::InvalidInput, "a cursor that no listing gave")
}

async fn a_delimiter_folds_names_into_common_prefixes(cx: Context<BlobStore>) -> Verdict {
    let shelf = Shelf::of(&cx).await?;
    let names =
        ["a", "a/.x", "a/1", "a/2/x", "a/2/y", "a/3", "a/4/z", "b-1", "b-2", "b/1", "c→d→e", "c→f", "d--e", "d/f"];
    for name in names {
        shelf.put(name, "x").await?;
    }
    let cases: [(&str, char, &[&str], &[&str]); 9] = [
        ("", '/', &["a", "b-1", "b-2", "c→d→e", "c→f", "d--e"], &["a/", "b/", "d/"]),
        ("a", '/', &["a"], &["a/"]),
        ("a/", '/', &["a/.x", "a/1", "a/3"], &["a/2/", "a/4/"]),
        ("a/2/", '/', &["a/2/x", "a/2/y"], &[]),
        ("a", '.', &["a", "a/1", "a/2/x", "a/2/y", "a/3", "a/4/z"], &["a/."]),
        ("d-", '-', &[], &["d--"]),
        ("b", '-', &["b/1"], &["b-"]),
        ("b", 'b', &["b-1", "b-2", "b/1"], &[]),
        ("c→", '→', &["c→f"], &["c→d→"]),
    ];
    for (prefix, delimiter, blobs, prefixes) in cases {
        for limit in [1_000, 3, 2, 1] {
            let listed = shelf.list(&ListBlobs::prefix(prefix).delimiter(delimiter).limit(limit)?).await?;
            let what = format!("{prefix:?} delimited by {delimiter:?}, on pages of {limit}");
            ensure_eq!(listed.names, blobs, "names listed under {what}");
            ensure_eq!(listed.prefixes, prefixes, "common prefixes under {what}");
        }
    }
    Ok(())
}

async fn a_listing_goes_on_while_blobs_come_and_go(cx: Context<BlobStore>) -> Verdict {
    let (lister, writer) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    for number in (10..30).step_by(2) {
        writer.put(&format!("n{number}"), "x").await?;
    }
    let listing = ListBlobs::prefix("n").limit(3)?;
    let mut names: Vec<String> = Vec::new();
    let mut next: Option<Cursor> = None;
    for page in 0.. {
        let found = lister.store.blobs.list(&FILES, &listing.clone().after(next.as_ref())?).await?;
        names.extend(found.names().map(BlobName::as_str).map(str::to_owned));
        next = found.next;
        if next.is_none() {
            break;
        }
        match page {
            // Behind: two come and two go. Ahead: one comes and one goes. And where the page ended, the last goes.
            0 => {
                writer.put("n09", "x").await?;
                writer.put("n11", "x").await?;
                writer.delete("n10").await?;
                writer.delete("n14").await?;
                writer.put("n19", "x").await?;
                writer.delete("n20").await?;
            }
            1 => {
                writer.delete("n09").await?;
                writer.delete("n11").await?;
                writer.delete("n12").await?;
            }
            _ => {}
        }
    }
    let once: BTreeSet<&String> = names.iter().collect();
    ensure_eq!(once.len(), names.len(), "different names among those listed, {names:?}");
    let expected = ["n10", "n12", "n14", "n16", "n18", "n19", "n22", "n24", "n26", "n28"];
    ensure_eq!(names, expected, "names listed while blobs came and went");
    Ok(())
}
