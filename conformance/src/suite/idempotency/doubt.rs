//! Writes that were lost on their way, and stores that are away.

use std::fmt::Debug;
use std::sync::Arc;

use anyport_ports::idempotency::{Claimed, Completion, Idempotency, Owner, Release, Renewal};
use anyport_ports::{ErrorKind, Result};

use super::stepped::{Step, Stepped};
use super::{Bench, LEASE, acquire, answer, asking, claim, ensure_in_progress, ensure_is, ensure_replays, resources};
use crate::built::{IdempotencyHandle, Parts};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::faults::Faults;
use crate::suite::losing::{Losing, Loss};
use crate::suite::outage::Outage;

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources;
        "IDM-DOUBT-1" => a_lost_claim_is_not_done_twice_and_not_in_its_own_way,
        "IDM-DOUBT-2" => a_lost_write_of_the_owner_does_not_fence_it,
        "IDM-DOWN-1" => a_store_that_is_away_is_an_error,
    ]
}

async fn a_lost_claim_is_not_done_twice_and_not_in_its_own_way(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let other = bench.process().await?;
    for loss in Loss::ALL {
        for stale in [false, true] {
            let losing = Losing::before(&bench.handle.store.documents);
            let shaky = bench.handle.over(Parts { documents: losing.clone() as _, ..bench.below() });
            let when =
                format!("work {} whose claim meets {loss:?}", if stale { "past its lease" } else { "of nobody" });
            let claim = claim(&when)?;
            if stale {
                acquire(&*other, &claim, &when).await?;
                bench.pass(LEASE);
            }
            losing.lose(loss);
            let owner = acquire(&*shaky, &claim, &when).await?;
            ensure_eq!(owner.attempt(), 1 + u32::from(stale), "the attempt of {when}");
            ensure_in_progress(&*other, &claim, &when).await?;
            losing.catch_up().await;
            ensure_in_progress(&*other, &claim, &when).await?;
            ensure_is(&shaky.complete(&owner, &answer(200)).await?, &Completion::Completed, &when)?;
            ensure_replays(&*other, &claim, &answer(200), &when).await?;
        }
    }

    // And where nobody tells what became of it.
    for (name, last, done) in [("done", Step::Unanswered, true), ("not done", Step::Lost, false)] {
        let when = format!("work whose claim was {name}, and nobody tells");
        let documents = Stepped::ending(&bench.handle.store.documents, 0, last);
        let shaky = bench.handle.over(Parts { documents, ..bench.below() });
        let claim = claim(name)?;
        expect_error(shaky.claim(&claim).await, ErrorKind::Indeterminate, &when)?;
        if done {
            ensure_in_progress(&*other, &claim, &when).await?;
            bench.pass(LEASE);
        }
        acquire(&*other, &claim, &when).await?;
    }
    Ok(())
}

/// What an owner does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Complete,
    Release,
    Renew,
}

impl Deed {
    const ALL: [Self; 3] = [Self::Complete, Self::Release, Self::Renew];

    /// Does it; whether it was done, and not fenced.
    async fn perform(self, process: &dyn Idempotency, owner: &Owner) -> Result<bool> {
        Ok(match self {
            Self::Complete => process.complete(owner, &answer(200)).await? == Completion::Completed,
            Self::Release => process.release(owner).await? == Release::Released,
            Self::Renew => matches!(process.renew(owner).await?, Renewal::Renewed(_)),
        })
    }

    /// Fails unless the record is as it is once this was done, well after the first lease.
    async fn ensure_done(self, process: &dyn Idempotency, what: &str) -> Verdict {
        let claim = claim(what)?;
        match self {
            Self::Complete => ensure_replays(process, &claim, &answer(200), what).await,
            Self::Renew => ensure_in_progress(process, &claim, what).await,
            Self::Release => {
                let owner = acquire(process, &asking(what, "another order")?, what).await?;
                ensure_eq!(owner.attempt(), 1, "the attempt after {what}");
                Ok(())
            }
        }
    }
}

async fn a_lost_write_of_the_owner_does_not_fence_it(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let other = bench.process().await?;
    for loss in Loss::ALL {
        for deed in Deed::ALL {
            let losing = Losing::before(&bench.handle.store.documents);
            let shaky = bench.handle.over(Parts { documents: losing.clone() as _, ..bench.below() });
            let when = format!("{deed:?} that meets {loss:?}");
            let owner = acquire(&*shaky, &claim(&when)?, &when).await?;
            bench.pass(LEASE / 2);
            losing.lose(loss);
            ensure!(deed.perform(&*shaky, &owner).await?, "{when} is told to be fenced, and nobody took the work over");
            losing.catch_up().await;
            bench.pass(LEASE / 2);
            deed.ensure_done(&*other, &when).await?;
        }
    }
    Ok(())
}

async fn a_store_that_is_away_is_an_error(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let other = bench.process().await?;
    for outage in Outage::ALL {
        let faults = Faults::none();
        let shaky = cx.connect_through(&faults).await?;
        let process = shaky.over(Parts { documents: Arc::clone(&shaky.store.documents), ..bench.below() });
        let deeds = Deed::ALL.map(|deed| (deed, format!("{deed:?} during {outage:?}")));
        let mut owners = Vec::new();
        for (_, when) in &deeds {
            owners.push(acquire(&*process, &claim(when)?, when).await?);
        }
        let fresh = claim(&format!("claim during {outage:?}"))?;
        outage.begin(&faults).await;
        outage.expect(process.claim(&fresh).await, "a claim")?;
        for ((deed, when), owner) in deeds.iter().zip(&owners) {
            let before = bench.document(&claim(when)?).await?;
            outage.expect(process.claim(&claim(when)?).await, "a claim of work in progress")?;
            outage.expect(deed.perform(&*process, owner).await, when)?;
            bench.ensure_unchanged(&claim(when)?, before.as_ref(), when).await?;
        }
        outage.end(&faults).await;
        for ((deed, when), owner) in deeds.iter().zip(&owners) {
            ensure!(deed.perform(&*process, owner).await?, "{when}, tried again after it, is told to be fenced");
        }
        match other.claim(&fresh).await? {
            Claimed::Acquired(owner) => ensure_eq!(owner.attempt(), 1, "the attempt after a claim during {outage:?}"),
            found => ensure!(false, "a claim during {outage:?} left something: {found:?}"),
        }
    }
    Ok(())
}
