//! What a failing check of documents shows: a random sequence shrunk to the steps that matter, a history cut to those
//! that contradict each other.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::sync::Arc;

use anyport_conformance::mutants::Mutants;
use anyport_conformance::report::Outcome;
use anyport_conformance::run::{Options, run_check};
use anyport_conformance::suite::Suite;

/// The failure that the check of this clause ends with on this fault: message and trace.
async fn failure(clause: &str, fault: &str) -> (String, Vec<String>) {
    let suite = Suite::complete();
    let check = suite.documents.iter().find(|check| check.clause == clause).unwrap();
    let mutants = Mutants::all();
    let mutant = mutants.documents.iter().find(|mutant| mutant.name == fault).unwrap();
    let report = run_check("documents", Arc::new(mutant.subject()), check, Options::seeded(7)).await;
    match report.outcome {
        Outcome::Failed { message, trace } => (message, trace),
        other => panic!("{clause} passes {fault}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_random_sequence_is_shrunk_to_the_steps_that_matter() {
    let (message, trace) = failure("DOC-MODEL-1", "refused_delete_hides_from_batches").await;
    // A document is written, its delete is refused, and it is missing from a batch.
    assert_eq!(trace.len(), 3, "{message}\n{trace:#?}");
    for (step, line) in ["Put(", "Delete(", "GetMany("].into_iter().zip(&trace) {
        assert!(line.contains(step), "{trace:#?}");
    }
    assert!(message.contains("the reference model answers"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_tells_which_operations_contradict_each_other() {
    let (message, trace) = failure("DOC-LIN-1", "reads_coalesced").await;
    assert!(message.starts_with("not linearizable: key"), "{message}");
    assert!(trace.iter().any(|line| line.contains("clients")), "the round's shape and seed: {trace:#?}");
    assert!(trace.iter().any(|line| line.contains("client ") && line.contains("get(")), "{trace:#?}");
}
