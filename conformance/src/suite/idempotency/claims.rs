//! Who gets to do the work.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::idempotency::{
    Claim, Claimed, Completion, Fingerprint, Idempotency, IdempotencyKey, Lease, Retention, Scope,
};
use anyport_ports::{Clock as _, Result};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{
    Bench, LEASE, RETENTION, TICK, acquire, answer, asking, claim, ensure_in_progress, ensure_is, ensure_replays,
    resources,
};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::suite::documents::insistently;

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources;
        "IDM-CLAIM-1" => of_concurrent_claims_exactly_one_is_acquired,
        "IDM-CLAIM-2" => work_past_its_lease_is_taken_over_by_exactly_one,
        "IDM-CLAIM-3" => completed_work_is_replayed_until_its_retention_is_over,
        "IDM-CLAIM-5" => a_claim_that_is_refused_changes_nothing,
        "IDM-SCOPE-1" => a_key_belongs_to_its_application_operation_and_tenant,
    ]
}

/// Who claim the same work at once.
const RACERS: usize = 64;

/// What all get who claim at once, on several handles.
async fn race(processes: &[Arc<dyn Idempotency>], claim: &Claim) -> Result<Vec<Claimed>, Violation> {
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for process in processes.iter().cycle().take(RACERS) {
        let (start, process, claim) = (Arc::clone(&start), Arc::clone(process), claim.clone());
        racers.spawn(async move {
            start.wait().await;
            insistently(|| process.claim(&claim)).await
        });
    }
    Ok(racers.join_all().await.into_iter().collect::<Result<_>>()?)
}

/// Fails unless exactly one acquired the work, as this attempt, and all others were told that it is in progress.
fn ensure_one_winner(claimed: &[Claimed], attempt: u32) -> Verdict {
    let attempts: Vec<u32> = claimed
        .iter()
        .filter_map(|claimed| if let Claimed::Acquired(owner) = claimed { Some(owner.attempt()) } else { None })
        .collect();
    ensure_eq!(attempts, [attempt], "the attempts of those who acquired the work, of {RACERS} at once");
    let strange = claimed.iter().find(|claimed| !matches!(claimed, Claimed::Acquired(_) | Claimed::InProgress { .. }));
    ensure!(strange.is_none(), "one of {RACERS} at once was told {strange:?}");
    Ok(())
}

async fn of_concurrent_claims_exactly_one_is_acquired(cx: Context<IdempotencyHandle>) -> Verdict {
    let mut processes = Vec::new();
    for _ in 0..8 {
        processes.push(cx.connect().await?.idempotency());
    }
    for round in 0..4 {
        cx.note(format!("round {round}"));
        ensure_one_winner(&race(&processes, &claim(&format!("round {round}"))?).await?, 1)?;
    }
    Ok(())
}

async fn work_past_its_lease_is_taken_over_by_exactly_one(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let mut processes = Vec::new();
    for _ in 0..8 {
        processes.push(bench.process().await?);
    }
    let (claim, first) = (claim("k")?, &*processes[0]);
    for attempt in 1..4 {
        if attempt == 1 {
            acquire(first, &claim, "work that nobody claimed").await?;
        } else {
            ensure_one_winner(&race(&processes, &claim).await?, attempt)?;
        }
        for left in [LEASE, TICK] {
            match first.claim(&claim).await? {
                Claimed::InProgress { retry_after } => ensure_eq!(retry_after, left, "the time that a lease has left"),
                other => return Err(Violation::new(format!("{left:?} before a lease is over: {other:?}"))),
            }
            bench.pass(if left == LEASE { LEASE.saturating_sub(TICK) } else { TICK });
        }
    }

    // And once by the time of the adapter.
    let process = cx.connect().await?.idempotency();
    let brief = Lease::new(Duration::from_millis(400))?;
    let (scope, key) = (Scope::new("shop", "place-order"), IdempotencyKey::new("brief")?);
    let claim = Claim::new(scope, key, Fingerprint::of_bytes(b""), brief, Retention::new(RETENTION)?);
    let owner = acquire(&*process, &claim, "work that nobody claimed").await?;
    while cx.clock().now() < owner.lease_until() {
        cx.pass(owner.lease_until().since(cx.clock().now())).await;
    }
    let next = acquire(&*process, &claim, "work past its lease").await?;
    ensure_eq!((next.attempt(), next.id() == owner.id()), (2, false), "the attempt, and whether the owner is the same");
    Ok(())
}

async fn completed_work_is_replayed_until_its_retention_is_over(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let (claim, first) = (claim("k")?.correlated("the first"), answer(201));
    let again = claim.clone().correlated("the second");
    let owner = acquire(&*process, &claim, "work that nobody claimed").await?;
    // Its retention begins with its completion.
    bench.pass(LEASE / 2);
    ensure_is(&process.complete(&owner, &first).await?, &Completion::Completed, "a completion")?;
    let over_at = bench.clock.now().plus(RETENTION);
    for time in [Duration::ZERO, LEASE, RETENTION.saturating_sub(LEASE + TICK)] {
        bench.pass(time);
        ensure_replays(&*other, &again, &first, "a claim of completed work").await?;
        match other.claim(&again).await? {
            Claimed::Replay(replay) => {
                ensure_eq!(replay.expires_at, over_at, "until when the answer is kept");
                ensure_eq!(
                    replay.first_correlation_id.as_deref(),
                    Some("the first"),
                    "the correlation that asked first"
                );
            }
            other => return Err(Violation::new(format!("a claim of completed work: {other:?}"))),
        }
    }
    bench.pass(TICK);
    let owner = acquire(&*other, &again, "work completed and past its retention").await?;
    ensure_eq!(owner.attempt(), 1, "the attempt at work past its retention");
    ensure_in_progress(&*process, &claim, "work acquired anew").await
}

async fn a_claim_that_is_refused_changes_nothing(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let (same, different) = (claim("k")?, asking("k", "another order")?);
    let owner = acquire(&*process, &same, "work that nobody claimed").await?;
    let refuse = async |claim: &Claim, when: &str| -> Verdict {
        let before = bench.document(&same).await?;
        let claimed = other.claim(claim).await?;
        ensure!(!matches!(claimed, Claimed::Acquired(_)), "{when}: expected a refusal, found {claimed:?}");
        bench.ensure_unchanged(&same, before.as_ref(), when).await
    };
    refuse(&same, "a claim of work in progress").await?;
    refuse(&different, "a claim of something else while work is in progress").await?;
    bench.pass(LEASE);
    refuse(&different, "a claim of something else past the lease").await?;
    ensure_is(&process.complete(&owner, &answer(200)).await?, &Completion::Completed, "the owner's completion")?;
    refuse(&same, "a claim of completed work").await?;
    refuse(&different, "a claim of something else when work is completed").await
}

async fn a_key_belongs_to_its_application_operation_and_tenant(cx: Context<IdempotencyHandle>) -> Verdict {
    let process = Bench::of(&cx).await?.process().await?;
    let long = "n".repeat(300);
    let scopes = [
        Scope::new("a", "b"),
        Scope::new("a", "b").of_tenant(""),
        Scope::new("a", "b").of_tenant("c"),
        Scope::new("a", "b").of_tenant("C"),
        Scope::new("a", "B").of_tenant("c"),
        Scope::new("A", "b").of_tenant("c"),
        Scope::new("a", "b#c"),
        Scope::new("a#b", "c"),
        Scope::new("a", "").of_tenant("b#c"),
        Scope::new("a", "b").of_tenant(" c"),
        Scope::new("a", "b").of_tenant("\u{e9}"),
        Scope::new("a", "b").of_tenant("e\u{301}"),
        Scope::new("a", "b").of_tenant(&long),
        Scope::new("a", "b").of_tenant(format!("{long}n")),
    ];
    let (lease, retention) = (Lease::new(LEASE)?, Retention::new(RETENTION)?);
    for scope in scopes {
        for key in ["k", "K", " k", "k#"] {
            let when = format!("the key {key:?} in {scope:?}, which nobody used");
            let key = IdempotencyKey::new(key)?;
            let claim = Claim::new(scope.clone(), key, Fingerprint::of_bytes(b""), lease, retention);
            acquire(&*process, &claim, &when).await?;
        }
    }
    Ok(())
}
