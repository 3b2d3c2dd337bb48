//! The power of the checks of messages, blobs and secrets: the reference model passes each, every seeded fault dies by
//! the check it names, and every check kills one.

#[path = "decorators/mod.rs"]
mod decorators;
#[path = "outbox/mod.rs"]
mod outbox;

use std::sync::Arc;

use anyport_conformance::check::Check;
use anyport_conformance::faults::Faultable;
use anyport_conformance::mutants::{Mutants, kill_matrix};
use anyport_conformance::reference::Reference;
use anyport_conformance::report::Outcome;
use anyport_conformance::run::{Options, run_check};
use anyport_conformance::subject::Subject;
use anyport_conformance::suite::Suite;

const OPTIONS_SEED: u64 = 7;

/// The complete suite's checks, and faults, of one port.
fn only(port: &str) -> (Suite, Mutants) {
    let (suite, mutants) = (Suite::complete(), Mutants::all());
    macro_rules! only {
        ($($port:ident),+) => {
            match port {
                $(stringify!($port) => (
                    Suite { $port: suite.$port, ..Suite::default() },
                    Mutants { $port: mutants.$port, ..Mutants::default() },
                ),)+
                other => panic!("no port of this test: {other}"),
            }
        };
    }
    only!(messages, blobs, secrets, changes, idempotency, leases, outbox)
}

async fn assert_reference_passes<H: Faultable>(port: &'static str, checks: &[Check<H>])
where
    Reference: Subject<H>,
{
    assert!(!checks.is_empty(), "{port} has no checks");
    let mut failures = Vec::new();
    for check in checks {
        let report = run_check(port, Arc::new(Reference), check, Options::seeded(OPTIONS_SEED)).await;
        if let Outcome::Failed { message, trace } = report.outcome {
            failures.push(format!("{} {}: {message}\n    {}", check.clause, check.name, trace.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "the reference model fails:\n{}", failures.join("\n"));
}

async fn assert_power(port: &str) {
    let (suite, mutants) = only(port);
    let matrix = kill_matrix(&suite, &mutants, Options::seeded(OPTIONS_SEED), &|_| {}).await;
    assert!(!matrix.rows.is_empty(), "{port} has no seeded faults");
    let survivors: Vec<String> = matrix
        .rows
        .iter()
        .filter(|row| !row.killed_by_named)
        .map(|row| format!("{} survives {}, killed by {:?}", row.name, row.named_check, row.killers))
        .collect();
    assert!(survivors.is_empty(), "seeded faults that their check does not notice:\n{}", survivors.join("\n"));
    assert_eq!(matrix.checks_without_kill, Vec::<String>::new(), "checks that no seeded fault fails");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_model_passes_every_check() {
    let suite = Suite::complete();
    assert_reference_passes("messages", &suite.messages).await;
    assert_reference_passes("blobs", &suite.blobs).await;
    assert_reference_passes("secrets", &suite.secrets).await;
    assert_reference_passes("changes", &suite.changes).await;
    assert_reference_passes("idempotency", &suite.idempotency).await;
    assert_reference_passes("leases", &suite.leases).await;
    assert_reference_passes("outbox", &suite.outbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_messages_dies_by_its_check() {
    assert_power("messages").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_blobs_dies_by_its_check() {
    assert_power("blobs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_secrets_dies_by_its_check() {
    assert_power("secrets").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_leases_dies_by_its_check() {
    assert_power("leases").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_changes_dies_by_its_check() {
    assert_power("changes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_outbox_and_inbox_dies_by_its_check() {
    assert_power("outbox").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_idempotency_dies_by_its_check() {
    assert_power("idempotency").await;
}
