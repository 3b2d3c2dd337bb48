//! Endurance: thousands of operations over an unreliable network, after which nothing acknowledged may be missing.
//!
//! Eight clients work at once, each through faults of its own. What they were told is held against what stands in the
//! end, read over a network that has recovered: documents and blobs by the linearizability of each key's history,
//! messages by a ledger.

mod ledger;
mod messages;
mod registers;
mod report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_ports::resources::{CollectionSpec, Resources, SubscriptionSpec};

use crate::subject::Adapter;
use crate::suite::{FILES, NEWS, THINGS};
pub use report::{EnduranceReport, PortEndurance};

/// Clients at work at once.
const CLIENTS: u32 = 8;

/// Calls of a hundred that meet a fault.
const FAULTY_PERCENT: u32 = 20;

/// Nothing may hang: a port whose clients take longer than this has failed.
const TIMEOUT: Duration = Duration::from_hours(1);

/// Called for every operation that has ended.
pub type Ended = Arc<dyn Fn() + Send + Sync>;

/// Runs this many operations, shared out evenly among the ports that the adapter offers and that can be written to.
/// Everything random comes from the seed. Who waits for it is told by `ended`.
pub async fn run(adapter: &Adapter, operations: u64, seed: u64, ended: &Ended) -> EnduranceReport {
    let started = Instant::now();
    let offered = [adapter.documents.is_some(), adapter.messages.is_some(), adapter.blobs.is_some()];
    let share = operations.div_ceil(offered.into_iter().filter(|offered| *offered).count().max(1) as u64);
    let mut ports = Vec::new();
    if let Some(subject) = &adapter.documents {
        ports.push(timed("documents", registers::documents(&**subject, share, seed, ended)).await);
    }
    if let Some(subject) = &adapter.messages {
        ports.push(timed("messages", messages::run(&**subject, share, seed, ended)).await);
    }
    if let Some(subject) = &adapter.blobs {
        ports.push(timed("blobs", registers::blobs(&**subject, share, seed, ended)).await);
    }
    EnduranceReport { adapter: adapter.name.clone(), seed, ports, seconds: started.elapsed().as_secs_f64() }
}

async fn timed(
    port: &'static str,
    run: impl Future<Output = Result<PortEndurance, crate::check::Violation>>,
) -> PortEndurance {
    let started = Instant::now();
    let found = match tokio::time::timeout(TIMEOUT, run).await {
        Ok(Ok(found)) => found,
        Ok(Err(violation)) => PortEndurance::failed(violation.to_string()),
        Err(_) => PortEndurance::failed(format!("did not end within {TIMEOUT:?}")),
    };
    PortEndurance { port: port.to_owned(), seconds: started.elapsed().as_secs_f64(), ..found }
}

/// What the clients need. Receives whose answers are lost use up attempts: there are as many as any store allows.
fn resources() -> Resources {
    let subscription = |name: &str| SubscriptionSpec { topic: NEWS, name: name.to_owned(), max_attempts: 1000 };
    Resources {
        collections: vec![CollectionSpec::new(THINGS, Vec::new())],
        topics: vec![NEWS],
        subscriptions: vec![subscription("first"), subscription("second")],
        buckets: vec![FILES],
        secrets: Vec::new(),
    }
}
