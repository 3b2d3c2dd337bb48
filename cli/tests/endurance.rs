//! Thousands of operations through faults on the wire, on every adapter over a network: nothing acknowledged is lost.
//! `anyport conformance --faults` runs as many as one likes, on whatever the environment leads to.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::sync::Arc;

use anyport_cli::adapters::{Trust, named};
use anyport_conformance::endurance::{self, EnduranceReport, PortEndurance};
use anyport_conformance::mutants::Mutants;
use anyport_conformance::subject::Adapter;

const OPERATIONS: u64 = 10_000;

/// Without servers in the environment the report says so, and has not passed.
async fn endure(adapter: &str) -> EnduranceReport {
    let adapter = named(adapter, Trust::ServersAlone).unwrap();
    let report = endurance::run(&adapter, OPERATIONS, 11, &unwatched()).await;
    assert!(report.passed(), "something acknowledged was lost, or not all could be judged:\n{report}");
    let total = |count: fn(&PortEndurance) -> u64| report.ports.iter().map(count).sum::<u64>();
    assert!(total(|port| port.acknowledged) > OPERATIONS / 4, "little was done:\n{report}");
    assert!(total(|port| port.indeterminate) > 0 && total(|port| port.not_done) > 0, "no faults were met:\n{report}");
    report
}

fn unwatched() -> endurance::Ended {
    Arc::new(|| {})
}

fn ports(report: &EnduranceReport) -> Vec<&str> {
    report.ports.iter().map(|port| port.port.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_aws() {
    assert_eq!(ports(&endure("aws").await), ["documents", "messages", "blobs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_google_cloud() {
    assert_eq!(ports(&endure("gcp").await), ["documents"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_redis() {
    assert_eq!(ports(&endure("redis").await), ["documents", "messages"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_in_sqlite() {
    assert_eq!(ports(&endure("sqlite").await), ["documents", "messages", "blobs"]);
}

/// What an adapter may get wrong about a write in doubt, each as a fault seeded into a sound one: found out, through the
/// same faults on the same wire.
async fn assert_found_out(sound: &str, faults: &[&str]) {
    let sound = named(sound, Trust::ServersAlone).unwrap().documents.unwrap();
    let mutants = Mutants::all().documents;
    for fault in faults {
        let mutant = mutants.iter().find(|mutant| mutant.name == *fault).unwrap();
        let mutated = Adapter::named(*fault).documents(mutant.over(Arc::clone(&sound)));
        let report = endurance::run(&mutated, OPERATIONS, 11, &unwatched()).await;
        assert!(!report.passed() && report.ports[0].lost > 0, "not found out:\n{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_on_aws_that_take_what_is_in_doubt_for_not_done_are_found_out() {
    assert_found_out("aws", &["ambiguous_reported_failed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_on_redis_that_are_wrong_about_what_is_in_doubt_are_found_out() {
    assert_found_out("redis", &["ambiguous_reported_failed", "blind_retry"]).await;
}
