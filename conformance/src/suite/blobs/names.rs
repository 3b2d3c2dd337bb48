//! Names of blobs and buckets.

use std::collections::BTreeSet;

use anyport_ports::blobs::{BlobCondition, BlobName, ListBlobs, MAX_BLOB_NAME_BYTES, SignedUrlTtl, Verb};
use anyport_ports::{BucketName, ErrorKind};
use bytes::Bytes;

use super::shelf::Shelf;
use super::signed::path_and_query;
use crate::check::{Check, Context, Verdict, checks, ensure_eq};
use crate::subject::BlobStore;
use crate::suite::{OTHER_FILES, resources};

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-NAM-1" => different_names_are_different_blobs_in_every_bucket,
        "BLB-NAM-2" => an_absent_bucket_is_not_found,
    ]
}

/// Names that some file system, URL or store takes for one another, or for something else than a name.
fn odd_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "name",
        "NAME",
        "Name",
        "name ",
        " name",
        ".name",
        "..name",
        "name/..x",
        "na me",
        "na+me",
        "na%20me",
        "na%2Fme",
        "na%2fme",
        "na/me",
        "name/x",
        "~",
        "name?x=1",
        "name#x",
        "name&x",
        "name:x",
        "name*",
        "<name>",
        "\"name\"",
        "'name'",
        "na|me",
        "na;me",
        "é",
        "e\u{301}",
        "ﬁ",
        "fi",
        "ß",
        "ss",
        "SS",
        "İ",
        "ı",
        "K",
        "\u{212a}",
        "日本",
        "😀",
        "👩\u{200d}👩",
        "\u{feff}x",
        "\u{202e}x",
        "\u{fffd}",
        "\u{a0}",
        "\u{10fffd}",
        "CON",
        "nul.txt",
        "_",
        "__proto__",
        "$x",
        "{x}",
        "[x]",
        "@x",
        "!x",
        "=x",
        "x,y",
        "0",
        "00",
        "-",
        ".meta",
        "name.meta",
        "name.json",
        "name$tmp",
        "%",
        "%00",
        "%zz",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    names.push("a".repeat(MAX_BLOB_NAME_BYTES));
    names.push("a".repeat(MAX_BLOB_NAME_BYTES - 1));
    names.push("é".repeat(MAX_BLOB_NAME_BYTES / 2));
    // Of as many segments as may be.
    names.push(format!("{}aaaaaa", "a/".repeat(253)));
    names.push("%".repeat(MAX_BLOB_NAME_BYTES));
    names
}

async fn different_names_are_different_blobs_in_every_bucket(cx: Context<BlobStore>) -> Verdict {
    let names = odd_names();
    let (shelf, other) = (Shelf::of(&cx).await?, Shelf::of_bucket(&cx, OTHER_FILES).await?);
    for (number, name) in names.iter().enumerate() {
        shelf.put_when(name, format!("body {number}"), BlobCondition::Absent).await?;
    }
    for (number, name) in names.iter().enumerate() {
        shelf.expect(name, format!("body {number}").as_bytes(), &format!("the blob {name:?}")).await?;
        ensure_eq!(shelf.head(name).await?.name.as_str(), name, "the name by head");
    }
    let sorted: BTreeSet<&String> = names.iter().collect();
    ensure_eq!(shelf.names().await?.iter().collect::<Vec<_>>(), Vec::from_iter(sorted), "names listed");

    ensure_eq!(other.names().await?, Vec::<String>::new(), "names listed in the other bucket");
    other.put_when("name", "of the other bucket", BlobCondition::Absent).await?;
    shelf.expect("name", b"body 0", "a blob after its namesake in another bucket was written").await?;
    shelf.delete("name").await?;
    other.expect("name", b"of the other bucket", "a blob after its namesake in another bucket was deleted").await?;
    for (number, name) in names.iter().enumerate().skip(1) {
        shelf.expect(name, format!("body {number}").as_bytes(), "a blob after another was deleted").await?;
    }
    Ok(())
}

async fn an_absent_bucket_is_not_found(cx: Context<BlobStore>) -> Verdict {
    const ABSENT: BucketName = BucketName::from_static("never-provisioned");
    let shelf = Shelf::of_bucket(&cx, ABSENT).await?;
    let refuse = |kind: Option<ErrorKind>, operation: &str| match kind {
        Some(ErrorKind::NotFound) => Ok(()),
        other => Err(format!("{operation} in a bucket that was never provisioned: expected NotFound, found {other:?}")),
    };
    let kind = |error: anyport_ports::Error| error.kind();
    let page = shelf.store.blobs.list(&ABSENT, &ListBlobs::prefix("")).await;
    let outcomes = [
        ("put", shelf.put("name", "x").await.err().map(kind)),
        ("put if absent", shelf.put_when("name", "x", BlobCondition::Absent).await.err().map(kind)),
        ("get", shelf.read("name").await.err().map(kind)),
        ("head", shelf.head("name").await.err().map(kind)),
        ("delete", shelf.delete("name").await.err().map(kind)),
        ("list", page.err().map(kind)),
        ("copy", shelf.copy("name", "copy").await.err().map(kind)),
        ("begin_upload", shelf.begin("name").await.err().map(kind)),
    ];
    for (operation, outcome) in outcomes {
        refuse(outcome, operation).map_err(crate::check::Violation::new)?;
    }
    let ttl = SignedUrlTtl::new(std::time::Duration::from_mins(1))?;
    let signed = shelf.store.signer.sign(&ABSENT, &BlobName::new("name")?, Verb::Get, ttl).await?;
    let answer = shelf.store.fetch.fetch(Verb::Get, path_and_query(&signed), Bytes::new()).await?;
    ensure_eq!(answer.status, 404, "the status of a signed GET in a bucket that was never provisioned");
    Ok(())
}
