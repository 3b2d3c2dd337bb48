//! Checks of leases.
//!
//! Leases run by whatever clock they are given, and their documents never expire: nearly every check gives them one that it
//! moves itself, and waits for nothing, on any store.

mod acquire;
mod doubt;
mod holders;
mod model;
mod tokens;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::leases::{DocumentLeases, FencingToken, Held, LeaseName, LeaseTtl, Leases};
use anyport_ports::resources::Resources;
use anyport_ports::{Clock, Result};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::built::LeaseHandle;
use crate::check::{Check, Context, Verdict, Violation, ensure};

/// Every check.
pub fn checks() -> Vec<Check<LeaseHandle>> {
    [acquire::checks(), tokens::checks(), holders::checks(), doubt::checks(), model::checks()]
        .into_iter()
        .flatten()
        .collect()
}

fn resources() -> Resources {
    DocumentLeases::resources()
}

/// Who compete for a free lease at once.
const RACERS: usize = 64;

/// The shortest step of time.
const TICK: Duration = Duration::from_millis(1);

fn ttl() -> Result<LeaseTtl> {
    LeaseTtl::new(Duration::from_secs(30))
}

fn name(text: &str) -> Result<LeaseName> {
    LeaseName::new(text)
}

/// Leases in one namespace and by one clock, which stands until it is moved.
struct Bench {
    cx: Context<LeaseHandle>,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn of(cx: &Context<LeaseHandle>) -> Self {
        Self { cx: cx.clone(), clock: Arc::new(ManualClock::new()) }
    }

    /// The leases as another process sees them.
    async fn leases(&self) -> Result<Arc<dyn Leases>> {
        Ok(self.cx.connect().await?.by(Arc::clone(&self.clock) as Arc<dyn Clock>))
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.cx.note(format!("{time:?} pass"));
    }
}

/// The lease, which must be free.
async fn take(leases: &dyn Leases, name: &LeaseName, when: &str) -> Result<Held, Violation> {
    let held = leases.acquire(name, ttl()?).await?;
    held.ok_or_else(|| Violation::new(format!("{when}: the lease {name:?} is free, and acquire said it is held")))
}

/// Fails unless the lease is held.
async fn ensure_taken(leases: &dyn Leases, name: &LeaseName, when: &str) -> Verdict {
    let found = leases.acquire(name, ttl()?).await?;
    ensure!(found.is_none(), "{when}: the lease {name:?} is held, and was acquired: {found:?}");
    Ok(())
}

/// Fails unless each token is greater than the one before.
fn ensure_rising(tokens: &[FencingToken]) -> Verdict {
    ensure!(tokens.is_sorted_by(|earlier, later| earlier < later), "tokens must rise, found {tokens:?}");
    Ok(())
}

/// All who acquire this lease at once, on several handles: who got it. A store that asks to slow down is asked again.
async fn race<F>(leases: Vec<Arc<dyn Leases>>, acquire: impl Fn(Arc<dyn Leases>) -> F) -> Result<Vec<Held>, Violation>
where
    F: Future<Output = Result<Option<Held>>> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for leases in leases.iter().cycle().take(RACERS) {
        let (start, racer) = (Arc::clone(&start), acquire(Arc::clone(leases)));
        racers.spawn(async move {
            start.wait().await;
            racer.await
        });
    }
    let answers: Result<Vec<Option<Held>>> = racers.join_all().await.into_iter().collect();
    Ok(answers?.into_iter().flatten().collect())
}
