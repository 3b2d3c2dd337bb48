//! The trace of a store of blobs.

use std::collections::BTreeMap;

use anyport_ports::blobs::{
    BlobCondition, BlobInfo, BlobName, BlobPage, BlobRange, Etag, ListBlobs, MIN_PART_BYTES, NewUpload, PartNumber,
    PutBlob,
};
use anyport_ports::{BucketName, Cursor, Result};
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::Transcript;
use super::transcript::digest;
use crate::check::{Context, Violation};
use crate::subject::{BlobStore, Subject};
use crate::suite::{FILES, resources};

const CALLS: usize = 160;

const NAMES: [&str; 8] = ["a", "a/b", "a/c/d", "A", "é/ü", " ", "..b", "b?c#d%2F"];

/// Larger than any blob of the trace.
const LARGE: usize = 16 * 1024 * 1024;

pub(super) async fn trace(subject: &dyn Subject<BlobStore>, seed: u64) -> Result<Transcript, Violation> {
    let cx = Context::fresh(subject, &resources(), seed).await?;
    let mut tracer = Tracer {
        store: cx.connect().await?,
        random: ChaCha20Rng::seed_from_u64(seed),
        etags: BTreeMap::new(),
        written: 0,
        transcript: Transcript::default(),
    };
    for _ in 0..CALLS {
        tracer.step().await?;
    }
    tracer.upload().await?;
    let nowhere = BucketName::from_static("never-provisioned");
    let answer = tracer.store.blobs.head(&nowhere, &BlobName::new("a")?).await;
    tracer.transcript.note_result("head in no bucket", answer, |info| show(&info));
    Ok(tracer.transcript)
}

struct Tracer {
    store: BlobStore,
    random: ChaCha20Rng,
    /// By name, the etags that writes gave, in order. No two writes have the same bytes, so no two of a name are equal.
    etags: BTreeMap<&'static str, Vec<Etag>>,
    written: u32,
    transcript: Transcript,
}

impl Tracer {
    fn below(&mut self, end: u32) -> u32 {
        self.random.next_u32() % end
    }

    async fn step(&mut self) -> Result<(), Violation> {
        let name = NAMES[self.below(8) as usize];
        match self.below(12) {
            0..4 => self.put(name).await,
            4..7 => self.get(name).await,
            7 => {
                let answer = self.store.blobs.head(&FILES, &BlobName::new(name)?).await;
                self.transcript.note_result(&format!("head {name:?}"), answer, |info| show(&info));
                Ok(())
            }
            8 => {
                let answer = self.store.blobs.delete(&FILES, &BlobName::new(name)?).await;
                self.transcript.note_result(&format!("delete {name:?}"), answer, |()| "done".to_owned());
                Ok(())
            }
            9 => {
                // A copy may or may not have the etag of its source: it is written to a name under which none is asked for.
                let copy = format!("copies/{name}");
                let answer = self.store.blobs.copy(&FILES, &BlobName::new(name)?, &BlobName::new(copy)?).await;
                self.transcript.note_result(&format!("copy {name:?}"), answer, |_| "done".to_owned());
                Ok(())
            }
            _ => self.list().await,
        }
    }

    async fn put(&mut self, name: &'static str) -> Result<(), Violation> {
        self.written += 1;
        let mut bytes = vec![0; self.below(3_000) as usize];
        self.random.fill_bytes(&mut bytes);
        bytes.extend(self.written.to_le_bytes());
        let given = self.etags.get(name).map_or(0, Vec::len);
        let (condition, what) = match self.below(4) {
            0 => (BlobCondition::Absent, "if absent".to_owned()),
            1 if given > 0 => {
                // Mostly the last one given, which the blob may have.
                let back = if self.below(3) == 0 { self.below(3) as usize } else { 0 };
                let at = given.saturating_sub(1 + back);
                (BlobCondition::Matches(self.etags[name][at].clone()), format!("if it matches {at}"))
            }
            _ => (BlobCondition::Always, String::new()),
        };
        let put = PutBlob::new("application/x-trace", bytes)?
            .with_metadata("number", self.written.to_string())?
            .when(condition);
        let answer = self.store.blobs.put(&FILES, &BlobName::new(name)?, &put).await;
        let etags = &mut self.etags;
        self.transcript.note_result(&format!("put {name:?} {what}"), answer, |etag| {
            let given = etags.entry(name).or_default();
            let seen = given.contains(&etag);
            given.push(etag);
            if seen { "an etag it had before".to_owned() } else { format!("etag {}", given.len() - 1) }
        });
        Ok(())
    }

    async fn get(&mut self, name: &'static str) -> Result<(), Violation> {
        let (from, length) = (u64::from(self.below(3_500)), u64::from(self.below(1_000)));
        let range = match self.below(5) {
            0 => BlobRange::From(from),
            1 => BlobRange::Between(from, from + length),
            2 => BlobRange::Last(from),
            _ => BlobRange::All,
        };
        let read = self.read(name, range).await;
        let etags = self.etags.get(name);
        self.transcript.note_result(&format!("get {range:?} of {name:?}"), read, |(info, range, bytes)| {
            let etag = etags.and_then(|given| given.iter().position(|etag| *etag == info.etag));
            format!("{} etag {etag:?} {range:?} {}", show(&info), digest(&bytes))
        });
        Ok(())
    }

    async fn read(&self, name: &str, range: BlobRange) -> Result<(BlobInfo, std::ops::Range<u64>, Bytes)> {
        let blob = self.store.blobs.get(&FILES, &BlobName::new(name)?, range).await?;
        let (info, range) = (blob.info.clone(), blob.range.clone());
        Ok((info, range, blob.bytes(LARGE).await?))
    }

    async fn list(&mut self) -> Result<(), Violation> {
        const PREFIXES: [&str; 5] = ["", "a", "a/", "copies/", "é"];
        let prefix = PREFIXES[self.below(5) as usize];
        let delimited = self.below(2) == 0;
        let limit = [1, 2, 3, 1_000][self.below(4) as usize];
        let mut list = ListBlobs::prefix(prefix).limit(limit)?;
        if delimited {
            list = list.delimiter('/');
        }
        let what = format!("list {prefix:?} by {limit}, delimited: {delimited}");
        let mut next: Option<Cursor> = None;
        // More pages than there can be names.
        for _ in 0..4 * NAMES.len() {
            let page = self.store.blobs.list(&FILES, &list.clone().after(next.as_ref())?).await;
            next = page.as_ref().ok().and_then(|page| page.next.clone());
            self.transcript.note_result(&what, page, |page| show_page(&page));
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// An upload of two parts, the second sent first.
    async fn upload(&mut self) -> Result<(), Violation> {
        let name = BlobName::new("large")?;
        let mut parts = [vec![0; MIN_PART_BYTES], vec![0; 1_000]];
        for part in &mut parts {
            self.random.fill_bytes(part);
        }
        let upload = self.store.blobs.begin_upload(&FILES, &name, &NewUpload::new("text/csv")?).await?;
        for (number, part) in [(2, 1), (1, 0)] {
            let bytes = Bytes::from(std::mem::take(&mut parts[part]));
            let answer = self.store.blobs.put_part(&upload, PartNumber::new(number)?, bytes).await;
            self.transcript.note_result(&format!("put part {number}"), answer, |()| "done".to_owned());
        }
        let answer = self.store.blobs.complete_upload(&upload, 2).await;
        self.transcript.note_result("complete the upload", answer, |_| "done".to_owned());
        let read = self.read("large", BlobRange::All).await;
        self.transcript.note_result("get what was uploaded", read, |(info, _, bytes)| {
            format!("{} {}", show(&info), digest(&bytes))
        });
        Ok(())
    }
}

fn show(info: &BlobInfo) -> String {
    format!("{:?} {} {:?} {:?}", info.name, info.length, info.content_type, info.metadata)
}

fn show_page(page: &BlobPage) -> String {
    let blobs: Vec<String> = page.blobs.iter().map(|blob| format!("{:?} {}", blob.name, blob.length)).collect();
    format!("{blobs:?} {:?} goes on: {}", page.prefixes, page.next.is_some())
}
