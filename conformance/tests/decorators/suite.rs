//! Every decorator passes the suite, alone and with the others, and has the fingerprint of what it decorates.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::faults::Faultable;
use anyport_conformance::fingerprint::fingerprint;
use anyport_conformance::mutants::{Mutant, Wrap};
use anyport_conformance::reference::Reference;
use anyport_conformance::report::Outcome;
use anyport_conformance::run::{Options, run};
use anyport_conformance::subject::{
    Adapter, BlobStore, ChangeStore, DocumentStore, MessageStore, SecretStore, Subject, TestClock,
};
use anyport_conformance::suite::Suite;
use anyport_ports::decorators::{Around, TimeLimited, Traced};

use super::{retrying, timer};

/// A handle whose ports can be decorated.
trait Decorate: Faultable {
    fn decorated(self, around: impl Around + Clone) -> Self;
}

impl Decorate for DocumentStore {
    fn decorated(self, around: impl Around + Clone) -> Self {
        Self { documents: around.clone().over(self.documents), scan: around.over(self.scan) }
    }
}

impl Decorate for ChangeStore {
    fn decorated(self, around: impl Around + Clone) -> Self {
        Self { documents: around.clone().over(self.documents), changes: around.over(self.changes) }
    }
}

impl Decorate for MessageStore {
    fn decorated(self, around: impl Around + Clone) -> Self {
        Self { messages: around.over(self.messages) }
    }
}

impl Decorate for BlobStore {
    fn decorated(self, around: impl Around + Clone) -> Self {
        Self { blobs: around.clone().over(self.blobs), signer: around.over(self.signer), ..self }
    }
}

impl Decorate for SecretStore {
    fn decorated(self, around: impl Around + Clone) -> Self {
        Self { secrets: around.over(self.secrets), ..self }
    }
}

/// What is put around a store.
trait Decoration: 'static {
    const NAME: &'static str;

    fn around<H: Decorate>(handle: H) -> H;

    fn wrap<H: Decorate>(_clock: Arc<dyn TestClock>) -> Wrap<H> {
        Box::new(Self::around)
    }

    fn subject<H: Decorate>() -> impl Subject<H> + use<H, Self>
    where
        Self: Sized,
        Reference: Subject<H>,
    {
        Mutant { name: Self::NAME, description: "", breaks: "", seed: Self::wrap }.subject()
    }

    fn adapter() -> Adapter
    where
        Self: Sized,
    {
        Adapter::named(Self::NAME)
            .documents(Self::subject())
            .changes(Self::subject())
            .messages(Self::subject())
            .blobs(Self::subject())
            .secrets(Self::subject())
    }
}

fn patient() -> TimeLimited {
    TimeLimited::new(timer(), Duration::from_mins(1))
}

struct Retries;

impl Decoration for Retries {
    const NAME: &'static str = "retrying";

    fn around<H: Decorate>(handle: H) -> H {
        handle.decorated(retrying())
    }
}

struct Limits;

impl Decoration for Limits {
    const NAME: &'static str = "time-limited";

    fn around<H: Decorate>(handle: H) -> H {
        handle.decorated(patient())
    }
}

struct Traces;

impl Decoration for Traces {
    const NAME: &'static str = "traced";

    fn around<H: Decorate>(handle: H) -> H {
        handle.decorated(Traced)
    }
}

struct AllTogether;

impl Decoration for AllTogether {
    const NAME: &'static str = "limited, retried, limited again and traced";

    fn around<H: Decorate>(handle: H) -> H {
        handle.decorated(patient()).decorated(retrying()).decorated(patient()).decorated(Traced)
    }
}

async fn assert_passes<D: Decoration>() {
    let options = Options::seeded(7);
    let adapter = D::adapter();
    let report = run(&adapter, &Suite::complete(), options, &()).await;
    let failures: Vec<String> = report
        .checks
        .iter()
        .filter_map(|check| match &check.outcome {
            Outcome::Failed { message, trace } => {
                Some(format!("{} {}: {message}\n    {}", check.clause, check.name, trace.join("\n    ")))
            }
            _ => None,
        })
        .collect();
    assert_eq!(report.checks.len(), Suite::complete().names().len(), "checks that ran");
    assert!(failures.is_empty(), "{} breaks the contract:\n{}", D::NAME, failures.join("\n"));
    let bare = fingerprint(&Reference::adapter(), options.seed).await.unwrap();
    assert_eq!(report.fingerprint, Some(bare), "{} behaves differently", D::NAME);
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_o_retries_around_every_port_pass_the_suite() {
    assert_passes::<Retries>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_o_time_limits_around_every_port_pass_the_suite() {
    assert_passes::<Limits>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_o_spans_around_every_port_pass_the_suite() {
    assert_passes::<Traces>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_o_all_decorators_around_each_other_pass_the_suite() {
    assert_passes::<AllTogether>().await;
}
