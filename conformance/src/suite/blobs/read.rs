//! Reading: whole, in ranges, and while somebody writes.

use anyport_ports::ErrorKind;
use anyport_ports::blobs::BlobRange;

use super::shelf::{Shelf, ensure_same, noise};
use crate::check::{Check, Context, Verdict, checks, ensure_eq, expect_error};
use crate::subject::BlobStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-GET-1" => an_absent_blob_is_not_found,
        "BLB-GET-2" => a_range_gives_exactly_its_bytes,
        "BLB-GET-3" => a_read_gives_the_bytes_of_one_write,
    ]
}

async fn an_absent_blob_is_not_found(cx: Context<BlobStore>) -> Verdict {
    let shelf = Shelf::of(&cx).await?;
    shelf.put("folder/blob", "there").await?;
    // Among them parts of a name that exists, and one that goes on.
    for absent in ["absent", "folder", "folder/blo", "folder/blob/x", "Folder/Blob"] {
        shelf.expect_absent(absent, &format!("{absent:?}, which nobody wrote")).await?;
        for range in [BlobRange::From(0), BlobRange::Between(0, 1), BlobRange::Last(1)] {
            let what = format!("reading {range:?} of {absent:?}, which nobody wrote");
            expect_error(shelf.get(absent, range).await, ErrorKind::NotFound, &what)?;
        }
    }
    Ok(())
}

async fn a_range_gives_exactly_its_bytes(cx: Context<BlobStore>) -> Verdict {
    const BODY: &[u8] = b"0123456789";
    let shelf = Shelf::of(&cx).await?;
    shelf.put("digits", BODY).await?;
    shelf.put("empty", "").await?;
    let ranges = [
        (BlobRange::All, 0..10),
        (BlobRange::From(0), 0..10),
        (BlobRange::From(3), 3..10),
        (BlobRange::From(9), 9..10),
        (BlobRange::Between(0, 1), 0..1),
        (BlobRange::Between(2, 5), 2..5),
        (BlobRange::Between(0, 10), 0..10),
        (BlobRange::Between(9, 10), 9..10),
        (BlobRange::Between(8, 11), 8..10),
        (BlobRange::Between(0, u64::MAX), 0..10),
        (BlobRange::Last(1), 9..10),
        (BlobRange::Last(4), 6..10),
        (BlobRange::Last(10), 0..10),
        (BlobRange::Last(11), 0..10),
        (BlobRange::Last(u64::MAX), 0..10),
    ];
    for (range, expected) in ranges {
        let blob = shelf.get("digits", range).await?;
        let (found, length) = (blob.range.clone(), blob.info.length);
        let bytes = blob.bytes(100).await?;
        let (start, end) = (expected.start, expected.end);
        let slice: Vec<u8> = (start..end).map(|at| b'0' + u8::try_from(at).unwrap_or(u8::MAX)).collect();
        ensure_same(&bytes, &slice, &format!("{range:?}"))?;
        ensure_eq!((found, length), (expected, 10), "the range told for {range:?}, and the length of the whole blob");
    }
    let nothing = [
        ("digits", BlobRange::From(10)),
        ("digits", BlobRange::From(11)),
        ("digits", BlobRange::From(u64::MAX)),
        ("digits", BlobRange::Between(10, 11)),
        ("digits", BlobRange::Between(10, 10)),
        ("digits", BlobRange::Between(3, 3)),
        ("digits", BlobRange::Between(5, 2)),
        ("digits", BlobRange::Last(0)),
        ("empty", BlobRange::From(0)),
        ("empty", BlobRange::Between(0, 1)),
    ];
    for (name, range) in nothing {
        let what = format!("{range:?}, which holds no byte of {name}");
        expect_error(shelf.get(name, range).await, ErrorKind::InvalidInput, &what)?;
    }
    shelf.expect("empty", b"", "all of an empty blob").await
}

async fn a_read_gives_the_bytes_of_one_write(cx: Context<BlobStore>) -> Verdict {
    const LENGTH: usize = 1024 * 1024;
    let (reader, writer) = (Shelf::of(&cx).await?, Shelf::of(&cx).await?);
    for round in 0..2_u8 {
        let (old, new) = (noise(LENGTH, 2 * round + 1), noise(LENGTH, 2 * round + 2));
        writer.put("replaced", old.clone()).await?;
        let reading = reader.get("replaced", BlobRange::All).await?;
        let told = reading.info.etag.clone();
        // By a write of the same length, and by a longer one.
        let body = if round == 0 { new.to_vec() } else { [&new[..], &old[..]].concat() };
        writer.put("replaced", body).await?;
        let found = reading.bytes(2 * LENGTH).await?;
        ensure_same(&found, &old, &format!("a read of {told:?} that had begun, replaced in round {round}"))?;
    }
    Ok(())
}
