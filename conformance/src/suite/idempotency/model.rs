//! Random sequences of operations, held against a model of a few lines.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_ports::idempotency::{Claimed, Completion, Idempotency, Owner, Release, Renewal};
use anyport_ports::{Clock as _, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Bench, LEASE, RETENTION, TICK, answer, asking, resources};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, checks, ensure};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-MODEL-1" => random_sequences_have_the_results_of_the_model]
}

const SEQUENCES: usize = 40;
const STEPS: usize = 60;
const KEYS: [&str; 2] = ["one", "other"];
const REQUESTS: [&str; 2] = ["an order", "another order"];

/// No sequence is begun after this long.
const ENOUGH: Duration = Duration::from_secs(10);

/// A record, as the contract has it.
#[derive(Clone)]
struct Model {
    request: usize,
    owner: usize,
    attempt: u32,
    lease_until: Timestamp,
    expires_at: Timestamp,
    answer: Option<u16>,
}

/// What there is, and who has ever claimed: by key, the owner's number in the model and the owner itself.
struct Play {
    process: Vec<Arc<dyn Idempotency>>,
    records: HashMap<usize, Model>,
    owners: Vec<(usize, Owner)>,
    mark: usize,
}

impl Play {
    fn expect_claim(&mut self, key: usize, request: usize, now: Timestamp) -> String {
        let fresh = |owner, attempt| Model {
            request,
            owner,
            attempt,
            lease_until: now.plus(LEASE),
            expires_at: now.plus(RETENTION),
            answer: None,
        };
        let owner = self.owners.len();
        let acquired = match self.records.get(&key) {
            Some(record) if now < record.expires_at => {
                if record.request != request {
                    return "mismatch".to_owned();
                }
                if let Some(status) = record.answer {
                    return format!("replay {status} until {}", record.expires_at);
                }
                if now < record.lease_until {
                    return format!("in progress for {:?}", record.lease_until.since(now));
                }
                fresh(owner, record.attempt + 1)
            }
            _ => fresh(owner, 1),
        };
        let told = format!("acquired {}", acquired.attempt);
        self.records.insert(key, acquired);
        told
    }

    async fn claim(&mut self, key: usize, request: usize, by: usize) -> anyport_ports::Result<String> {
        let claim = asking(&format!("{} {}", self.mark, KEYS[key]), REQUESTS[request])?;
        Ok(match self.process[by].claim(&claim).await? {
            Claimed::Mismatch => "mismatch".to_owned(),
            Claimed::Replay(replay) if replay.response == answer(replay.response.status) => {
                format!("replay {} until {}", replay.response.status, replay.expires_at)
            }
            Claimed::Replay(replay) => format!("replay of {:?}", replay.response),
            Claimed::InProgress { retry_after } => format!("in progress for {retry_after:?}"),
            Claimed::Acquired(owner) => {
                let told = format!("acquired {}", owner.attempt());
                self.owners.push((key, owner));
                told
            }
        })
    }

    fn expect_complete(&mut self, number: usize, status: u16, now: Timestamp) -> String {
        let key = self.owners[number].0;
        let request = self.requests_of(number);
        match self.records.get_mut(&key) {
            Some(record) if record.owner == number => {
                if record.answer.is_none() {
                    record.answer = Some(status);
                    record.expires_at = now.plus(RETENTION);
                }
                "completed".to_owned()
            }
            Some(Model { answer: Some(status), request: of, .. }) if Some(*of) == request => {
                format!("fenced by {status}")
            }
            _ => "fenced".to_owned(),
        }
    }

    /// Which of the requests an owner has.
    fn requests_of(&self, number: usize) -> Option<usize> {
        let own = self.owners[number].1.fingerprint();
        REQUESTS
            .iter()
            .position(|request| anyport_ports::idempotency::Fingerprint::of_payload(request.as_bytes()) == *own)
    }

    fn expect_release(&mut self, number: usize) -> &'static str {
        let key = self.owners[number].0;
        match self.records.get(&key) {
            Some(record) if record.owner != number || record.answer.is_some() => "fenced",
            _ => {
                self.records.remove(&key);
                "released"
            }
        }
    }

    fn expect_renew(&mut self, number: usize, now: Timestamp) -> &'static str {
        match self.records.get_mut(&self.owners[number].0) {
            Some(record) if record.owner == number && record.answer.is_none() => {
                record.lease_until = now.plus(LEASE);
                record.expires_at = now.plus(RETENTION);
                "renewed"
            }
            _ => "fenced",
        }
    }
}

async fn random_sequences_have_the_results_of_the_model(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let mut random = StdRng::seed_from_u64(cx.seed());
    let started = Instant::now();
    let process = vec![bench.process().await?, bench.process().await?];
    for mark in 0..SEQUENCES {
        if started.elapsed() > ENOUGH {
            break;
        }
        cx.note(format!("sequence {mark}"));
        let mut play = Play { process: process.clone(), records: HashMap::new(), owners: Vec::new(), mark };
        for _ in 0..STEPS {
            step(&cx, &bench, &mut random, &mut play).await?;
        }
    }
    Ok(())
}

/// Steps of time: within a lease, to its end and past it; to the end of a retention and past it.
const PAUSES: [Duration; 5] = [TICK, Duration::from_secs(10), LEASE, Duration::from_mins(30), RETENTION];

async fn step(cx: &Context<IdempotencyHandle>, bench: &Bench, random: &mut StdRng, play: &mut Play) -> Verdict {
    let (kind, by) = (random.random_range(0..10), random.random_range(0..play.process.len()));
    if kind < 2 {
        bench.pass(PAUSES[random.random_range(0..PAUSES.len())]);
        return Ok(());
    }
    let now = bench.clock.now();
    if kind < 6 || play.owners.is_empty() {
        let (key, request) = (random.random_range(0..KEYS.len()), usize::from(random.random_range(0..5) == 0));
        let expected = play.expect_claim(key, request, now);
        let found = play.claim(key, request, by).await?;
        cx.note(format!("claim {} for {}: {found}", KEYS[key], REQUESTS[request]));
        ensure!(found == expected, "a claim: the model says {expected}, found {found}");
        return Ok(());
    }
    // Mostly the latest, who may still be at it.
    let latest = play.owners.len() - 1;
    let number = latest - random.random_range(0..=latest.min(2));
    let (key, owner) = play.owners[number].clone();
    let process = Arc::clone(&play.process[by]);
    let (what, expected, found) = match kind {
        6 | 7 => {
            let status = random.random_range(200..600);
            let found = match process.complete(&owner, &answer(status)).await? {
                Completion::Completed => "completed".to_owned(),
                Completion::Fenced(None) => "fenced".to_owned(),
                Completion::Fenced(Some(response)) => format!("fenced by {}", response.status),
            };
            ("complete", play.expect_complete(number, status, now), found)
        }
        8 => {
            let found = if process.release(&owner).await? == Release::Released { "released" } else { "fenced" };
            ("release", play.expect_release(number).to_owned(), found.to_owned())
        }
        _ => {
            let found = match process.renew(&owner).await? {
                Renewal::Renewed(renewed) => {
                    play.owners[number].1 = renewed;
                    "renewed"
                }
                Renewal::Fenced => "fenced",
            };
            ("renew", play.expect_renew(number, now).to_owned(), found.to_owned())
        }
    };
    cx.note(format!("{what} {} as owner {number}: {found}", KEYS[key]));
    ensure!(found == expected, "{what} as owner {number}: the model says {expected}, found {found}");
    Ok(())
}
