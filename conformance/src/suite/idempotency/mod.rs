//! Checks of idempotency.
//!
//! What counts is judged by whatever clock idempotency is given: nearly every check gives it one that it moves itself, and
//! waits for nothing, on any store.

mod cache;
mod claims;
mod crash;
mod done;
mod doubt;
mod free;
mod large;
mod model;
mod overtaking;
mod prints;
mod records;
mod skew;
mod stepped;
mod together;

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::documents::Document;
use anyport_ports::idempotency::{
    COLLECTION, Claim, Claimed, Fingerprint, Idempotency, IdempotencyKey, Lease, Owner, Retention, Scope,
    StoredResponse,
};
use anyport_ports::resources::{CollectionSpec, Resources};
use anyport_ports::{Clock, Result};

use super::THINGS;
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, Violation, ensure, ensure_eq};

/// Every check.
pub fn checks() -> Vec<Check<IdempotencyHandle>> {
    [
        claims::checks(),
        prints::checks(),
        overtaking::checks(),
        done::checks(),
        large::checks(),
        free::checks(),
        records::checks(),
        doubt::checks(),
        crash::checks(),
        skew::checks(),
        together::checks(),
        cache::checks(),
        model::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn resources() -> Resources {
    let collections = [COLLECTION, THINGS].map(|name| CollectionSpec::new(name, Vec::new()));
    Resources { collections: collections.into(), ..Resources::default() }
}

const LEASE: Duration = Duration::from_secs(30);
const RETENTION: Duration = Duration::from_hours(1);

/// The shortest step of time.
const TICK: Duration = Duration::from_millis(1);

/// A claim of this key to do what the text asks for.
fn asking(key: &str, what: &str) -> Result<Claim> {
    let scope = Scope::new("shop", "place-order").of_tenant("ada");
    let (lease, retention) = (Lease::new(LEASE)?, Retention::new(RETENTION)?);
    let fingerprint = Fingerprint::of_payload(what.as_bytes());
    Ok(Claim::new(scope, IdempotencyKey::new(key)?, fingerprint, lease, retention))
}

fn claim(key: &str) -> Result<Claim> {
    asking(key, "an order")
}

/// An answer that is told apart from others by its status.
fn answer(status: u16) -> StoredResponse {
    StoredResponse::new(status, format!("answer {status}"))
}

/// Idempotency in one namespace and by one clock, which stands until it is moved.
struct Bench {
    cx: Context<IdempotencyHandle>,
    handle: IdempotencyHandle,
    clock: Arc<ManualClock>,
}

impl Bench {
    async fn of(cx: &Context<IdempotencyHandle>) -> Result<Self> {
        // From now on: the store throws records away by its own clock.
        let clock = Arc::new(ManualClock::starting_at(cx.clock().now()));
        Ok(Self { cx: cx.clone(), handle: cx.connect().await?, clock })
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as _
    }

    /// Another process.
    async fn process(&self) -> Result<Arc<dyn Idempotency>> {
        Ok(self.cx.connect().await?.by(self.clock()))
    }

    /// What idempotency is made of here.
    fn below(&self) -> Parts {
        Parts { documents: Arc::clone(&self.handle.store.documents), clock: self.clock(), spill: None }
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.cx.note(format!("{time:?} pass"));
    }

    /// The document of a claim's record as it stands.
    async fn document(&self, claim: &Claim) -> Result<Option<Document>> {
        let at = claim.address()?;
        self.handle.store.documents.get(at.collection(), at.key()).await
    }

    /// Fails unless the record is still the same.
    async fn ensure_unchanged(&self, claim: &Claim, before: Option<&Document>, after: &str) -> Verdict {
        let found = self.document(claim).await?;
        let seen = |document: Option<&Document>| {
            document.map(|document| (document.body.to_json(), document.version.clone(), document.expires_at))
        };
        ensure_eq!(seen(found.as_ref()), seen(before), "the record after {after}");
        Ok(())
    }
}

/// The owner of the work, which must be free.
async fn acquire(process: &dyn Idempotency, claim: &Claim, when: &str) -> Result<Owner, Violation> {
    match process.claim(claim).await? {
        Claimed::Acquired(owner) => Ok(owner),
        other => Err(Violation::new(format!("{when}: expected Acquired, found {other:?}"))),
    }
}

/// Fails unless the work is in progress.
async fn ensure_in_progress(process: &dyn Idempotency, claim: &Claim, when: &str) -> Verdict {
    let found = process.claim(claim).await?;
    ensure!(matches!(found, Claimed::InProgress { .. }), "{when}: expected InProgress, found {found:?}");
    Ok(())
}

/// Fails unless the claim is answered with this answer, to the byte.
async fn ensure_replays(process: &dyn Idempotency, claim: &Claim, expected: &StoredResponse, when: &str) -> Verdict {
    match process.claim(claim).await? {
        Claimed::Replay(replay) if replay.response == *expected => Ok(()),
        Claimed::Replay(replay) => Err(Violation::new(format!(
            "{when}: another answer is replayed than was given: expected {expected:?}, found {:?}",
            replay.response
        ))),
        other => Err(Violation::new(format!("{when}: expected Replay, found {other:?}"))),
    }
}

/// Fails unless the completion is this.
fn ensure_is<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T, when: &str) -> Verdict {
    ensure!(found == expected, "{when}: expected {expected:?}, found {found:?}");
    Ok(())
}
