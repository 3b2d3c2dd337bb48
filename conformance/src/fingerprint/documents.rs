//! The trace of a store of documents.

use anyport_ports::documents::{Body, Condition, IndexQuery, Key, Page, Put, Query, ScanQuery, Segment};
use anyport_ports::{CollectionName, IndexName};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::Transcript;
use crate::check::{Context, Violation};
use crate::subject::{DocumentStore, Subject};
use crate::suite::documents::player::Player;
use crate::suite::documents::sequence::{
    BODIES, Call, Expiry, Guard, PARTITIONS, Part, SORTS, STATES, Span, Spot, Step, Write, calls,
};
use crate::suite::{THINGS, resources};

const CALLS: usize = 480;

/// Documents that expire during the trace: each costs a store in real time some seconds.
const EXPIRIES: usize = 3;

pub(super) async fn trace(subject: &dyn Subject<DocumentStore>, seed: u64) -> Result<Transcript, Violation> {
    let calls = [one_of_each(), listings(), draw(seed)?, listings()].concat();
    let context = Context::fresh(subject, &resources(), seed).await?;
    let mut player = Player::new(&context, "trace/".to_owned()).await?;
    let mut transcript = Transcript::default();
    for call in calls {
        let answer = player.perform(&call).await;
        transcript.note(format!("{:?} -> {answer}", call.step));
    }
    unknown(&context.connect().await?, &mut transcript).await?;
    Ok(transcript)
}

/// What is said of a collection and of an index that were never provisioned.
async fn unknown(store: &DocumentStore, transcript: &mut Transcript) -> Result<(), Violation> {
    let nowhere = CollectionName::from_static("never-provisioned");
    let key = Key::new("p", "a")?;
    let put = Put::new(Body::of(&serde_json::json!({}))?);
    let documents = &*store.documents;
    let count = |page: Page| page.documents.len().to_string();
    transcript.note_result("get in nowhere", documents.get(&nowhere, &key).await, |found| found.is_some().to_string());
    transcript.note_result("put in nowhere", documents.put(&nowhere, &key, &put).await, |_| "written".to_owned());
    let delete = documents.delete(&nowhere, &key, &Condition::Always).await;
    transcript.note_result("delete in nowhere", delete, |()| "deleted".to_owned());
    let query = documents.query(&nowhere, &Query::partition(key.partition().clone())).await;
    transcript.note_result("query nowhere", query, count);
    let scan = store.scan.scan(&nowhere, &ScanQuery::segment(Segment::whole())).await;
    transcript.note_result("scan nowhere", scan, count);
    let undeclared = IndexQuery::new(IndexName::from_static("never-declared"), "open");
    transcript.note_result("query no index", documents.query_index(&THINGS, &undeclared).await, count);
    Ok(())
}

/// A document under every sort key, so that whatever is listed has something to get wrong.
fn one_of_each() -> Vec<Call> {
    let writes = SORTS.into_iter().zip(BODIES.into_iter().cycle()).map(|(sort, body)| {
        let spot = Spot { partition: PARTITIONS[0], sort };
        Step::Put(spot, Write { body, expiry: Expiry::Never, guard: Guard::Always })
    });
    writes.map(|step| Call { second_handle: false, step }).collect()
}

/// Every kind of listing of everything, either way.
fn listings() -> Vec<Call> {
    let mut steps = vec![Step::Scan { segments: 3, limit: 2 }];
    for descending in [false, true] {
        let (span, limit) = (Span::All, 100);
        steps.extend(PARTITIONS.map(|partition| Step::Query { partition, span, descending, limit }));
        steps.extend(STATES.map(|state| Step::QueryIndex { state, span, descending, limit }));
    }
    steps.into_iter().map(|step| Call { second_handle: true, step }).collect()
}

/// The calls of this seed. Time passes directly after what is soon to expire was written, and at no other time, so that
/// a slow store sees as much of it as a fast one.
fn draw(seed: u64) -> Result<Vec<Call>, Violation> {
    let mut bytes = [0; 32];
    ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let drawn = calls(CALLS).new_tree(&mut runner);
    let drawn = drawn.map_err(|reason| Violation::new(format!("the trace cannot be drawn: {reason}")))?;

    let mut timed = Vec::new();
    let mut waits = 0;
    for mut call in drawn.current() {
        let mut expires = false;
        for expiry in expiries_of(&mut call.step).filter(|expiry| **expiry == Expiry::Soon) {
            if waits < EXPIRIES {
                (waits, expires) = (waits + 1, true);
            } else {
                *expiry = Expiry::Later;
            }
        }
        let second_handle = call.second_handle;
        timed.push(call);
        if expires {
            timed.push(Call { second_handle, step: Step::Pass });
        }
    }
    Ok(timed)
}

fn expiries_of(step: &mut Step) -> impl Iterator<Item = &mut Expiry> {
    let writes: Vec<_> = match step {
        Step::Put(_, write) => vec![write],
        Step::Transact { parts, .. } => {
            let written = parts.iter_mut().filter_map(|(_, part)| match part {
                Part::Put(write) => Some(write),
                Part::Delete(_) | Part::Check(_) => None,
            });
            written.collect()
        }
        _ => Vec::new(),
    };
    writes.into_iter().map(|write| &mut write.expiry)
}
