//! Documents and blobs: clients on the same keys, in segments short enough for their histories to be judged.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyport_ports::documents::Partition;
use anyport_ports::{Error, Result};
use async_trait::async_trait;
use tokio::task::JoinSet;

use super::{CLIENTS, Ended, FAULTY_PERCENT, PortEndurance, resources};
use crate::check::Violation;
use crate::faults::{Faultable, Faults};
use crate::linearizability::{Budget, Entry, RegisterOp, RegisterRet, Verdict, check_documents};
use crate::registers::{BlobRegisters, Client, DocumentRegisters, History, Registers, Told};
use crate::subject::{BlobStore, DocumentStore, Subject};

/// Keys of a segment: every second operation is on one of the first eight.
const KEYS: usize = 64;

/// Operations of a segment.
const SEGMENT: u64 = 640;

/// Of a hundred operations on documents, transactions.
const TRANSACTIONS_PERCENT: u32 = 10;

pub(super) async fn documents(
    subject: &dyn Subject<DocumentStore>,
    operations: u64,
    seed: u64,
    ended: &Ended,
) -> Result<PortEndurance, Violation> {
    run::<DocumentStore, DocumentRegisters>(subject, operations, seed, ended).await
}

pub(super) async fn blobs(
    subject: &dyn Subject<BlobStore>,
    operations: u64,
    seed: u64,
    ended: &Ended,
) -> Result<PortEndurance, Violation> {
    run::<BlobStore, BlobRegisters>(subject, operations, seed, ended).await
}

/// Registers of a store, and what a client does with them.
#[async_trait]
trait Endured<H>: Registers + Sized {
    /// Those of one segment.
    fn of_segment(handle: &H, segment: u64) -> Result<Self>;

    async fn step(client: &mut Client<Self>) -> Result<Told>;
}

#[async_trait]
impl Endured<DocumentStore> for DocumentRegisters {
    fn of_segment(handle: &DocumentStore, segment: u64) -> Result<Self> {
        let partition = Partition::new(format!("segment {segment}"))?;
        Ok(Self { documents: Arc::clone(&handle.documents), partition })
    }

    async fn step(client: &mut Client<Self>) -> Result<Told> {
        let key = client.key_mostly_hot();
        if client.sometimes(TRANSACTIONS_PERCENT) {
            return client.act_together([key, (key + 1) % KEYS]).await;
        }
        client.act(key).await
    }
}

#[async_trait]
impl Endured<BlobStore> for BlobRegisters {
    fn of_segment(handle: &BlobStore, segment: u64) -> Result<Self> {
        Ok(Self { blobs: Arc::clone(&handle.blobs), prefix: format!("segment-{segment}") })
    }

    async fn step(client: &mut Client<Self>) -> Result<Told> {
        let key = client.key_mostly_hot();
        client.act(key).await
    }
}

async fn run<H: Faultable, R: Endured<H>>(
    subject: &dyn Subject<H>,
    operations: u64,
    seed: u64,
    ended: &Ended,
) -> Result<PortEndurance, Violation> {
    let namespace = subject.fresh(&resources()).await?;
    let sound = namespace.connect().await?;
    let mut handles = Vec::new();
    for number in 0..CLIENTS {
        let faults = Faults::random(seed ^ (u64::from(number) << 32), FAULTY_PERCENT);
        handles.push(namespace.connect_through(&faults).await?);
    }
    let mut found = PortEndurance::default();
    let mut histories = Vec::new();
    let values = Arc::new(AtomicU64::new(1));
    for segment in 0..operations.div_ceil(SEGMENT) {
        let recorder: Arc<History> = Arc::default();
        let asked = SEGMENT.min(operations - segment * SEGMENT);
        let mut clients = JoinSet::new();
        for (number, handle) in (0..).zip(&handles) {
            let seed = seed.wrapping_add(segment * u64::from(CLIENTS) + u64::from(number));
            let client = Client::new(number, R::of_segment(handle, segment)?, KEYS, &recorder, &values, seed);
            let share = asked / u64::from(CLIENTS) + u64::from(u64::from(number) < asked % u64::from(CLIENTS));
            clients.spawn(work(client, share, Arc::clone(ended)));
        }
        while let Some(ended) = clients.join_next().await {
            found.add(ended.map_err(|panic| Violation::new(format!("a client panicked: {panic}")))?);
        }
        let mut witness = Client::new(CLIENTS, R::of_segment(&sound, segment)?, KEYS, &recorder, &values, seed);
        witness.read_all().await?;
        histories.push((recorder, witness));
    }
    // Once more when all is over: what was acknowledged is still there.
    for (recorder, mut witness) in histories {
        witness.read_all().await?;
        judge(&recorder, &mut found);
    }
    Ok(found)
}

async fn work<H: Faultable, R: Endured<H>>(mut client: Client<R>, operations: u64, ended: Ended) -> PortEndurance {
    let mut found = PortEndurance::default();
    for _ in 0..operations {
        match R::step(&mut client).await {
            Ok(told) => found.count(told),
            Err(error) => found.violations.push(unexpected(&error)),
        }
        ended();
        tokio::task::yield_now().await;
    }
    found
}

pub(super) fn unexpected(error: &Error) -> String {
    format!("unexpected error: {error:?}")
}

/// Judges each key by itself, so that every loss counts.
fn judge(recorder: &History, found: &mut PortEndurance) {
    let history = recorder.history();
    for number in 0..KEYS {
        let key = format!("k{number}");
        let part: Vec<Entry<RegisterOp, RegisterRet>> =
            history.iter().filter(|entry| entry.op.key == key).cloned().collect();
        match check_documents(&part, Budget::default()) {
            Ok(Verdict::Linearizable) => {}
            Ok(Verdict::Violation(violation)) => found.lose(violation.to_string()),
            Ok(inconclusive @ Verdict::Inconclusive { .. }) => found.violations.push(inconclusive.to_string()),
            Err(invalid) => found.violations.push(format!("the history cannot be judged: {invalid}")),
        }
    }
}
