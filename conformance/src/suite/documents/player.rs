//! Performs sequences of operations and writes their results down in one canonical form, in which adapters that behave
//! alike say the same: a version is told by which write of its document gave it, an expiry by how it was chosen, an
//! error by its kind.

use std::collections::HashMap;
use std::ops::Bound;
use std::time::Duration;

use anyport_ports::documents::{
    Body, Condition, Direction, Document, Index, IndexPosition, IndexQuery, Key, Keys, Operation, Page, Partition, Put,
    Query, ScanQuery, Segment, TextRange, Transaction, Version,
};
use anyport_ports::{Clock as _, Error, ErrorKind, Result, Timestamp};
use sha2::{Digest as _, Sha256};

use super::listing::{index_pages, pages, scan_pages};
use super::sequence::{Call, Edge, Expiry, Guard, PARTITIONS, Part, Span, Spot, Step, Write};
use crate::check::{Context, Violation};
use crate::subject::DocumentStore;
use crate::suite::{BY_STATE, THINGS};

/// How long a document that expires soon is seen: no whole number of seconds, in case that is all a store keeps.
const SOON: Duration = Duration::from_millis(2_137);
const DAY: Duration = Duration::from_millis(24 * 60 * 60 * 1_000 + 731);

/// Nothing is done this long before and after a document expires, so that it is no matter how long a call takes.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_millis(500);

/// How long writes may take to show in an index.
const SETTLES: Duration = Duration::from_secs(30);

/// Texts longer than this are shown by their beginning and their hash.
const LONG: usize = 240;

/// Performs operations on the partitions of one sequence.
pub(crate) struct Player {
    cx: Context<DocumentStore>,
    handles: [DocumentStore; 2],
    /// Begins the partition keys and states of this sequence, and of no other in the namespace.
    mark: String,
    began: Timestamp,
    /// By key, the versions that writes gave, in order.
    versions: HashMap<Key, Vec<Version>>,
    expiries: HashMap<Timestamp, Expiry>,
}

impl Player {
    /// A player of one sequence: the mark keeps it apart from others in the namespace.
    pub(crate) async fn new(cx: &Context<DocumentStore>, mark: String) -> Result<Self> {
        let handles = [cx.connect().await?, cx.connect().await?];
        let (versions, expiries) = (HashMap::new(), HashMap::new());
        Ok(Self { cx: cx.clone(), handles, mark, began: cx.clock().now(), versions, expiries })
    }

    /// How much time has passed since the player was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.cx.clock().now().since(self.began)
    }

    /// Lets time pass until this much has since the player was made.
    pub(crate) async fn catch_up(&self, elapsed: Duration) {
        let behind = elapsed.saturating_sub(self.elapsed());
        if !behind.is_zero() {
            self.cx.pass(behind).await;
        }
    }

    /// Waits while a document is about to expire.
    pub(crate) async fn avoid_expiries(&self) {
        while let Some(until) = self.expiries.keys().find_map(|expiry| {
            let now = self.cx.clock().now();
            (expiry.minus(BEFORE) <= now && now < expiry.plus(AFTER)).then(|| expiry.plus(AFTER).since(now))
        }) {
            self.cx.pass(until).await;
        }
    }

    /// Performs one operation and tells its result.
    pub(crate) async fn perform(&mut self, call: &Call) -> String {
        let result = self.step(&call.step, usize::from(call.second_handle)).await;
        result.unwrap_or_else(|failure| match failure {
            Failure::Refused(kind) => kind.to_string(),
            Failure::Violation(violation) => violation.message,
        })
    }

    async fn step(&mut self, step: &Step, handle: usize) -> Result<String, Failure> {
        let store = self.handles[handle].clone();
        match step {
            Step::Get(spot) => {
                let found = store.documents.get(&THINGS, &self.key(*spot)?).await?;
                Ok(self.show_one(found.as_ref()))
            }
            Step::GetMany(spots) => {
                let keys = spots.iter().map(|spot| self.key(*spot)).collect::<Result<Vec<_>>>()?;
                let found = store.documents.get_many(&THINGS, &Keys::new(keys)?).await?;
                Ok(found.iter().map(|found| self.show_one(found.as_ref())).collect::<Vec<_>>().join(", "))
            }
            Step::Put(spot, write) => {
                let key = self.key(*spot)?;
                let put = self.put(&key, write)?;
                let version = store.documents.put(&THINGS, &key, &put).await?;
                Ok(self.written(key, version))
            }
            Step::Delete(spot, guard) => {
                let key = self.key(*spot)?;
                store.documents.delete(&THINGS, &key, &self.condition(&key, *guard)).await?;
                Ok("deleted".to_owned())
            }
            Step::Query { partition, span, descending, limit } => {
                let query = Query::partition(self.partition(partition)?)
                    .within(range(*span))
                    .direction(direction(*descending))
                    .limit(*limit)?;
                Ok(self.show_pages(&pages(&*store.documents, &query).await?))
            }
            Step::QueryIndex { state, span, descending, limit } => {
                let query = IndexQuery::new(BY_STATE, self.marked(state))
                    .within(range(*span))
                    .direction(direction(*descending))
                    .limit(*limit)?;
                Ok(self.show_pages(&self.settled(&store, &query).await?))
            }
            Step::Scan { segments, limit } => self.scan(&store, *segments, *limit).await,
            Step::Transact { partition, parts } => self.transact(&store, partition, parts).await,
            Step::Pass => {
                let soon = self.expiries.iter().filter(|(_, expiry)| **expiry == Expiry::Soon);
                let last = soon.map(|(instant, _)| *instant).max().unwrap_or(self.began);
                let left = last.plus(AFTER).since(self.cx.clock().now());
                if !left.is_zero() {
                    self.cx.pass(left).await;
                }
                Ok("time passed".to_owned())
            }
        }
    }

    /// Scans the collection and tells what is of this sequence.
    async fn scan(&self, store: &DocumentStore, segments: u32, limit: usize) -> Result<String, Failure> {
        let mut found = Vec::new();
        for number in 0..segments {
            let query = ScanQuery::segment(Segment::new(number, segments)?).limit(limit)?;
            found.extend(scan_pages(&*store.scan, &query).await?.into_iter().flat_map(|page| page.documents));
        }
        found.retain(|document| document.key.partition().as_str().starts_with(&self.mark));
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(self.show_pages(&[Page { documents: found, next: None }]))
    }

    async fn transact(
        &mut self,
        store: &DocumentStore,
        partition: &str,
        parts: &[(&'static str, Part)],
    ) -> Result<String, Failure> {
        let partition = self.partition(partition)?;
        let mut transaction = Transaction::in_partition(partition.clone());
        for (sort, part) in parts {
            let key = partition.key(*sort)?;
            transaction = transaction.with(
                *sort,
                match part {
                    Part::Put(write) => Operation::Put(self.put(&key, write)?),
                    Part::Delete(guard) => Operation::Delete(self.condition(&key, *guard)),
                    Part::Check(guard) => Operation::Check(self.condition(&key, *guard)),
                },
            )?;
        }
        let operations = transaction.operations();
        let keys = Keys::new(operations.iter().map(|(key, _)| key.clone()))?;
        let standing = store.documents.get_many(&THINGS, &keys).await?;
        let written = match store.documents.transact(&THINGS, &transaction).await {
            Ok(written) => written,
            Err(error) => return Ok(refusal(&error, operations, &standing)),
        };
        let puts = operations.iter().filter(|(_, operation)| matches!(operation, Operation::Put(_)));
        let answers: Vec<String> =
            puts.zip(&written).map(|((key, _), version)| self.written(key.clone(), version.clone())).collect();
        Ok(format!("{} versions: {}", written.len(), answers.join(", ")))
    }

    /// The pages of an index query, once the index shows what strongly consistent queries do; if it never does, as they
    /// are in the end.
    async fn settled(&self, store: &DocumentStore, query: &IndexQuery) -> Result<Vec<Page>, Failure> {
        let mut expected = Vec::new();
        let index = Index::new(BY_STATE, "state", "rank");
        for partition in PARTITIONS {
            let all = Query::partition(self.partition(partition)?);
            for document in pages(&*store.documents, &all).await?.into_iter().flat_map(|page| page.documents) {
                if let Some((state, rank)) = index.entry(&document.body)
                    && state == query.equals()
                    && query.range().contains(rank)
                {
                    expected
                        .push((IndexPosition { sort: rank.to_owned(), key: document.key.clone() }, document.version));
                }
            }
        }
        expected.sort_by(|(a, _), (b, _)| a.cmp(b));
        if query.runs() == Direction::Descending {
            expected.reverse();
        }
        let settled = self.cx.eventually(SETTLES, || async {
            let pages = index_pages(&*store.documents, query).await?;
            let listed = pages.iter().flat_map(|page| &page.documents);
            let as_expected = listed
                .map(|document| (&document.key, &document.version))
                .eq(expected.iter().map(|(place, version)| (&place.key, version)));
            Ok(as_expected.then_some(pages))
        });
        match settled.await? {
            Some(pages) => Ok(pages),
            None => Ok(index_pages(&*store.documents, query).await?),
        }
    }

    fn marked(&self, text: &str) -> String {
        text.replace('§', &self.mark)
    }

    fn partition(&self, name: &str) -> Result<Partition> {
        Partition::new(format!("{}{name}", self.mark))
    }

    fn key(&self, spot: Spot) -> Result<Key> {
        self.partition(spot.partition)?.key(spot.sort)
    }

    fn put(&mut self, key: &Key, write: &Write) -> Result<Put> {
        let json =
            self.marked(write.body).replace(r#""large":"large""#, &format!(r#""large":"{}""#, "x".repeat(20_000)));
        let put = Put::new(Body::from_json(&json)?).when(self.condition(key, write.guard));
        let now = self.cx.clock().now();
        let expiry = match write.expiry {
            Expiry::Never => return Ok(put),
            Expiry::Past => now.minus(DAY),
            Expiry::Soon => now.plus(SOON),
            Expiry::Later => now.plus(DAY),
            Expiry::MuchLater => now.plus(2 * DAY),
        };
        self.expiries.insert(expiry, write.expiry);
        Ok(put.expires_at(expiry))
    }

    fn condition(&self, key: &Key, guard: Guard) -> Condition {
        match guard {
            Guard::Always => Condition::Always,
            Guard::Absent => Condition::Absent,
            Guard::Present => Condition::Present,
            Guard::Version { back } => {
                let given = self.versions.get(key).and_then(|given| given.iter().rev().nth(back));
                Condition::Version(given.cloned().unwrap_or_else(|| Version::new("none yet")))
            }
            Guard::Forged => Condition::Version(Version::new("1")),
        }
    }

    fn written(&mut self, key: Key, version: Version) -> String {
        let given = self.versions.entry(key).or_default();
        if given.contains(&version) {
            return "written, with a version that it had before".to_owned();
        }
        given.push(version);
        format!("written as v{}", given.len())
    }

    fn show_pages(&self, pages: &[Page]) -> String {
        let page = |page: &Page| {
            let documents: Vec<String> = page.documents.iter().map(|document| self.show(document)).collect();
            format!("[{}]", documents.join(", "))
        };
        pages.iter().map(page).collect::<Vec<_>>().join(" ")
    }

    fn show_one(&self, document: Option<&Document>) -> String {
        document.map_or_else(|| "absent".to_owned(), |document| self.show(document))
    }

    fn show(&self, document: &Document) -> String {
        let Document { key, body, version, expires_at } = document;
        let given = self.versions.get(key).and_then(|given| given.iter().position(|given| given == version));
        let version = given.map_or_else(|| "a version that no write gave".to_owned(), |at| format!("v{}", at + 1));
        let expiry = match expires_at.map(|instant| self.expiries.get(&instant)) {
            None => String::new(),
            Some(Some(expiry)) => format!(" expiring {expiry:?}"),
            Some(None) => " expiring when nobody said".to_owned(),
        };
        let partition = key.partition().as_str();
        let partition = partition.strip_prefix(&self.mark).unwrap_or(partition);
        let json = shortened(&body.to_json().replace(&self.mark, "§"));
        format!("{partition:?}/{:?} {version}{expiry} {json}", key.sort())
    }
}

/// What a refused transaction is told as: of several conditions that fail, the adapter may name any.
fn refusal(error: &Error, operations: &[(Key, Operation)], standing: &[Option<Document>]) -> String {
    let failing = operations.iter().zip(standing).filter_map(|((_, operation), standing)| {
        let version = standing.as_ref().map(|document| &document.version);
        operation.condition().check(version).err().map(|error| error.kind())
    });
    let mut kinds: Vec<&str> = failing.map(ErrorKind::as_str).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.contains(&error.kind().as_str()) { kinds.join(" or ") } else { error.kind().to_string() }
}

fn shortened(text: &str) -> String {
    if text.len() <= LONG {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(20).collect();
    let hash = Sha256::digest(text).iter().take(8).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
    format!("{beginning}... ({} bytes, {hash:016x})", text.len())
}

fn direction(descending: bool) -> Direction {
    if descending { Direction::Descending } else { Direction::Ascending }
}

fn range(span: Span) -> TextRange {
    let bound = |edge| match edge {
        Edge::Open => Bound::Unbounded,
        Edge::Included(text) => Bound::Included(text),
        Edge::Excluded(text) => Bound::Excluded(text),
    };
    match span {
        Span::All => TextRange::all(),
        Span::Prefix(prefix) => TextRange::prefix(prefix),
        Span::Between(start, end) => TextRange::between(bound(start), bound(end)),
    }
}

/// Why an operation has no answer.
enum Failure {
    /// The store said so.
    Refused(ErrorKind),
    /// The answer made no sense.
    Violation(Violation),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error.kind())
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}
