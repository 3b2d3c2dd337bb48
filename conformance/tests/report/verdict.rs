use anyport_conformance::report::{AdapterReport, Report, Summary};

use crate::sample;

#[test]
fn counts_come_from_the_checks() {
    let report = sample::report();
    let acme = &report.adapters[2];
    assert_eq!(acme.summary.failed, 2);
    assert_eq!(acme.summary.masked, 2);
    assert_eq!(acme.summary.skipped, 2, "selected checks that did not run");
    assert_eq!(acme.summary.passed, acme.checks.len() - 4);
    let passed = report.adapters.iter().map(|adapter| adapter.summary.passed).sum();
    assert_eq!(report.summary, Summary { passed, failed: 2, skipped: 2, masked: 2 });
}

#[test]
fn every_reason_against_a_pass_is_named() {
    let report = sample::report();
    assert!(!report.is_pass());
    assert_eq!(
        report.problems(),
        [
            "2 checks failed",
            "2 checks did not run",
            "the adapters' fingerprints differ",
            "1 seeded fault survives",
            "1 seeded fault is missed by its named check",
            "2 checks kill no seeded fault",
        ]
    );
    assert_eq!(sample::passing().problems(), [""; 0]);
    assert!(sample::passing().is_pass());
}

#[test]
fn an_empty_run_is_not_a_pass() {
    assert_eq!(Report::new(1, "now", Vec::new(), None).problems(), ["nothing was run"]);
    let idle = AdapterReport::new("memory", None, 0, Vec::new(), 0.0);
    assert_eq!(Report::new(1, "now", vec![idle], None).problems(), ["no check was selected for memory"]);
    let mut matrix = sample::passing().kill_matrix.expect("the sample has one");
    matrix.rows.clear();
    assert_eq!(matrix.problems(), ["the kill matrix has no seeded faults"]);
}

#[test]
fn a_loss_through_faults_is_a_reason_and_a_run_of_them_alone_is_a_run() {
    let alone = |flawed| {
        let adapter = AdapterReport::new("acme", None, 0, Vec::new(), 0.0).endured(sample::endurance("acme", flawed));
        Report::new(1, "now", vec![adapter], None).problems()
    };
    assert_eq!(alone(false), [""; 0]);
    assert_eq!(alone(true), ["acme lost 1 acknowledged write through faults"]);
    let mut unjudged = sample::endurance("acme", false);
    unjudged.ports[0].violations.push("inconclusive".to_owned());
    let mut report = sample::passing();
    report.adapters[0].endurance = Some(unjudged);
    assert_eq!(report.problems(), ["the endurance of acme could not be judged"]);
}

#[test]
fn a_fingerprint_that_was_not_taken_is_named() {
    let mut report = sample::passing();
    report.adapters[1].fingerprint = None;
    assert_eq!(report.problems(), ["no fingerprint of sqlite could be taken"]);
}
