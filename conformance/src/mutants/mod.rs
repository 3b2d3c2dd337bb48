//! Seeded faults: adapters that are wrong in one known way each, to show that the suite notices.
//!
//! Each is a decorator over the reference model. A suite that passes one of them does not pin down the clause that the
//! fault breaks; a check that fails on none of them adds nothing.

mod below;
mod blobs;
mod changes;
mod documents;
mod idempotency;
mod leases;
mod messages;
mod outbox;
mod secrets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_ports::resources::Resources;
use anyport_ports::{Error, Result};
use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};

use crate::built::{IdempotencyHandle, LeaseHandle, OutboxHandle};
use crate::check::Check;
use crate::faults::{Faultable, Faults, LOST_REQUEST};
use crate::reference::Reference;
use crate::report;
use crate::run::{Options, run, run_check};
use crate::subject::{BlobStore, ChangeStore, DocumentStore, MessageStore, Namespace, SecretStore, Subject, TestClock};
use crate::suite::Suite;

/// Makes the faulty handle of a sound one. Made once for each namespace, so that what a fault remembers is shared by its
/// handles unless it means to be forgetful.
pub type Wrap<H> = Box<dyn Fn(H) -> H + Send + Sync>;

/// A seeded fault.
pub struct Mutant<H: Faultable> {
    /// Its name, in `snake_case`.
    pub name: &'static str,
    /// What it does wrong.
    pub description: &'static str,
    /// The clause that it breaks first of all, whose check must notice.
    pub breaks: &'static str,
    /// Makes it.
    pub seed: fn(Arc<dyn TestClock>) -> Wrap<H>,
}

impl<H: Faultable> Mutant<H>
where
    Reference: Subject<H>,
{
    /// The reference model with this fault, as a port of an adapter under test.
    pub fn subject(&self) -> impl Subject<H> + use<H> {
        self.over(Arc::new(Reference))
    }
}

impl<H: Faultable> Mutant<H> {
    /// This sound adapter with this fault, as a port of an adapter under test.
    pub fn over(&self, sound: Arc<dyn Subject<H>>) -> impl Subject<H> + use<H> {
        Mutated { sound, seed: self.seed }
    }
}

/// Every seeded fault, by port, and by what is built from ports.
#[derive(Default)]
pub struct Mutants {
    /// Of documents.
    pub documents: Vec<Mutant<DocumentStore>>,
    /// Of the change feed of documents.
    pub changes: Vec<Mutant<ChangeStore>>,
    /// Of messages.
    pub messages: Vec<Mutant<MessageStore>>,
    /// Of blobs.
    pub blobs: Vec<Mutant<BlobStore>>,
    /// Of secrets.
    pub secrets: Vec<Mutant<SecretStore>>,
    /// Of idempotency.
    pub idempotency: Vec<Mutant<IdempotencyHandle>>,
    /// Of leases.
    pub leases: Vec<Mutant<LeaseHandle>>,
    /// Of outbox and inbox.
    pub outbox: Vec<Mutant<OutboxHandle>>,
}

impl Mutants {
    /// All of them.
    pub fn all() -> Self {
        Self {
            documents: documents::mutants(),
            changes: changes::mutants(),
            messages: messages::mutants(),
            blobs: blobs::mutants(),
            secrets: secrets::mutants(),
            idempotency: idempotency::mutants(),
            leases: leases::mutants(),
            outbox: outbox::mutants(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.documents.len()
            + self.changes.len()
            + self.messages.len()
            + self.blobs.len()
            + self.secrets.len()
            + self.idempotency.len()
            + self.leases.len()
            + self.outbox.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Runs every check of a port against every fault of it, and tells who noticed which. `told` hears the name of each fault
/// when it is done.
pub async fn kill_matrix(
    suite: &Suite,
    mutants: &Mutants,
    options: Options,
    told: &(dyn Fn(&str) + Sync),
) -> report::KillMatrix {
    let started = Instant::now();
    // A fault may make a check wait for what never comes; the reference model needs a fraction of a second.
    let options = Options { timeout: options.timeout.min(Duration::from_secs(20)), ..options };
    // A check that fails on the sound model would notice every fault, and prove nothing.
    let sound = run(&Reference::adapter(), suite, options, &()).await;
    let failed = |check: &&report::CheckReport| matches!(check.outcome, report::Outcome::Failed { .. });
    let unsound = sound.checks.iter().filter(failed).map(|check| check.clause.clone()).collect();
    let mut rows = Vec::new();
    rows.extend(measure("documents", &suite.documents, &mutants.documents, options, told).await);
    rows.extend(measure("changes", &suite.changes, &mutants.changes, options, told).await);
    rows.extend(measure("messages", &suite.messages, &mutants.messages, options, told).await);
    rows.extend(measure("blobs", &suite.blobs, &mutants.blobs, options, told).await);
    rows.extend(measure("secrets", &suite.secrets, &mutants.secrets, options, told).await);
    rows.extend(measure("idempotency", &suite.idempotency, &mutants.idempotency, options, told).await);
    rows.extend(measure("leases", &suite.leases, &mutants.leases, options, told).await);
    rows.extend(measure("outbox", &suite.outbox, &mutants.outbox, options, told).await);
    let kills =
        |clause: &str| rows.iter().any(|row: &report::Mutant| row.killers.iter().any(|killer| killer == clause));
    let idle = suite.clauses().into_iter().filter(|clause| !kills(clause)).map(str::to_owned).collect();
    report::KillMatrix {
        rows,
        checks_without_kill: idle,
        checks_failing_the_reference: unsound,
        seconds: started.elapsed().as_secs_f64(),
    }
}

async fn measure<H: Faultable>(
    port: &'static str,
    checks: &[Check<H>],
    mutants: &[Mutant<H>],
    options: Options,
    told: &(dyn Fn(&str) + Sync),
) -> Vec<report::Mutant>
where
    Reference: Subject<H>,
{
    let mut rows = Vec::new();
    for mutant in mutants {
        let subject: Arc<dyn Subject<H>> = Arc::new(mutant.subject());
        let killers: Vec<String> = stream::iter(checks)
            .map(|check| run_check(port, Arc::clone(&subject), check, options))
            .buffered(options.jobs)
            .filter(|report| std::future::ready(matches!(report.outcome, report::Outcome::Failed { .. })))
            .map(|report| report.clause)
            .collect()
            .await;
        rows.push(report::Mutant {
            name: mutant.name.to_owned(),
            port: port.to_owned(),
            description: mutant.description.to_owned(),
            killed_by_named: killers.iter().any(|killer| killer == mutant.breaks),
            named_check: mutant.breaks.to_owned(),
            killers,
        });
        told(mutant.name);
    }
    rows
}

/// Whether this came of a connection that broke after the request was sent and before the store did anything: what an
/// adapter cannot know, and one that is wrong believes it does.
fn is_lost_request(error: &Error) -> bool {
    error.message().ends_with(LOST_REQUEST)
}

/// A sound adapter with a seeded fault.
struct Mutated<H: Faultable> {
    sound: Arc<dyn Subject<H>>,
    seed: fn(Arc<dyn TestClock>) -> Wrap<H>,
}

#[async_trait]
impl<H: Faultable> Subject<H> for Mutated<H> {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        let sound = self.sound.fresh(resources).await?;
        let wrap = (self.seed)(sound.clock());
        Ok(Arc::new(MutatedNamespace { sound, wrap }))
    }
}

struct MutatedNamespace<H: Faultable> {
    sound: Arc<dyn Namespace<H>>,
    wrap: Wrap<H>,
}

#[async_trait]
impl<H: Faultable> Namespace<H> for MutatedNamespace<H> {
    async fn connect(&self) -> Result<H> {
        self.sound.connect().await.map(&self.wrap)
    }

    /// The seeded fault is on the near side, in the adapter, and so sees what the wire's faults do.
    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        self.sound.connect_through(faults).await.map(&self.wrap)
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        self.sound.clock()
    }
}
