//! What is written is what is read.

use std::collections::{BTreeMap, BTreeSet};

use anyport_ports::blobs::{BlobRange, MAX_PUT_BYTES, PutBlob};
use bytes::Bytes;

use super::shelf::{Shelf, noise};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq};
use crate::subject::BlobStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-PUT-1" => bytes_come_back_exactly_and_replace_what_was_there_at_once,
        "BLB-PUT-4" => other_bytes_have_another_etag,
        "BLB-META-1" => content_type_and_metadata_come_back_exactly,
        "BLB-DEL-1" => a_deleted_blob_is_gone_at_once,
    ]
}

async fn bytes_come_back_exactly_and_replace_what_was_there_at_once(cx: Context<BlobStore>) -> Verdict {
    let (writer, reader) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies = [
        Bytes::new(),
        Bytes::from(every_byte),
        Bytes::from_static(b"\r\n line ends \n"),
        Bytes::from_static(&[0]),
        Bytes::from_static(&[0x1f, 0x8b, 0x08, 0x00]),
        noise(MAX_PUT_BYTES, 1),
        Bytes::from_static(b"short again"),
        Bytes::new(),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let etag = writer.put("same-name", body.clone()).await?;
        for shelf in [&reader, &writer] {
            shelf.expect("same-name", &body, &format!("write {number} of the same blob")).await?;
        }
        let info = reader.head("same-name").await?;
        ensure_eq!((info.length, &info.etag), (body.len() as u64, &etag), "length and etag of write {number}");
    }
    Ok(())
}

async fn other_bytes_have_another_etag(cx: Context<BlobStore>) -> Verdict {
    let shelf = Shelf::of(&cx).await?;
    let mut etags = BTreeSet::new();
    for body in ["one", "two", "three", "", "One", "one "] {
        let etag = shelf.put("changing", body).await?;
        ensure!(etags.insert(etag.as_str().to_owned()), "{body:?} has an etag that other bytes had: {etag:?}");
        ensure_eq!(shelf.head("changing").await?.etag, etag, "the etag by head");
        ensure_eq!(shelf.get("changing", BlobRange::All).await?.info.etag, etag, "the etag by get");
    }
    Ok(())
}

async fn content_type_and_metadata_come_back_exactly(cx: Context<BlobStore>) -> Verdict {
    let (shelf, reader) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    let long = "v".repeat(1_000);
    let writes: [(&str, &[(&str, &str)]); 4] = [
        ("Text/CSV; charset=UTF-8; header=present", &[("uploaded_by", "Ada Lovelace"), ("order", "O-1/2 \"x\" %41")]),
        ("application/octet-stream", &[("uploaded_by", "someone else"), ("long", &long)]),
        ("image/svg+xml", &[("a", "="), ("a1", "MiXed CaSe"), ("a_1", "a=b; c=d, e"), ("numbers_0_9", "0042")]),
        ("text/plain", &[]),
    ];
    for (content_type, metadata) in writes {
        let mut put = PutBlob::new(content_type, "body")?;
        for (name, value) in metadata {
            put = put.with_metadata(*name, *value)?;
        }
        shelf.put_as("described", &put).await?;
        let expected: BTreeMap<String, String> =
            metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let views = [
            ("head", reader.head("described").await?),
            ("get", reader.get("described", BlobRange::All).await?.info),
            ("get of a range", reader.get("described", BlobRange::Last(1)).await?.info),
        ];
        for (view, info) in views {
            ensure_eq!(info.content_type, content_type, "content type by {view}");
            ensure_eq!(info.metadata, expected, "metadata by {view}");
            ensure_eq!((info.name.as_str(), info.length), ("described", 4), "name and length by {view}");
        }
    }
    Ok(())
}

async fn a_deleted_blob_is_gone_at_once(cx: Context<BlobStore>) -> Verdict {
    let (shelf, other) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    shelf.put("standing", "stays").await?;
    shelf.put("standing/below", "stays too").await?;
    shelf.put("doomed", "goes").await?;
    other.expect("doomed", b"goes", "before the delete").await?;
    shelf.delete("doomed").await?;
    for view in [&shelf, &other] {
        view.expect_absent("doomed", "after the delete").await?;
    }
    shelf.delete("doomed").await?;
    shelf.delete("never-there").await?;
    shelf.delete("standing").await?;
    other.expect("standing/below", b"stays too", "a blob below the name of one that was deleted").await?;
    shelf.put("doomed", "back").await?;
    other.expect("doomed", b"back", "written again after the delete").await
}
