//! The endurance run: sound stores lose nothing, and one that does is found out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyport_conformance::endurance::{self, EnduranceReport};
use anyport_conformance::faults::Faultable;
use anyport_conformance::mutants::{Mutant, Mutants};
use anyport_conformance::reference::Reference;
use anyport_conformance::subject::Adapter;

/// Runs it, and counts what it says has ended.
async fn run(adapter: &Adapter, operations: u64) -> EnduranceReport {
    let ended = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&ended);
    let count: endurance::Ended = Arc::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let report = endurance::run(adapter, operations, 7, &count).await;
    let run: u64 = report.ports.iter().map(|port| port.operations).sum();
    assert_eq!(ended.load(Ordering::Relaxed), run, "{report}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_model_loses_nothing_and_tells_what_is_in_doubt() {
    let report = run(&Reference::adapter(), 3000).await;
    assert!(report.passed(), "{report}");
    let names: Vec<&str> = report.ports.iter().map(|port| port.port.as_str()).collect();
    assert_eq!(names, ["documents", "messages", "blobs"]);
    for port in &report.ports {
        assert!(port.operations >= 1000 && port.indeterminate > 0 && port.not_done > 0 && port.lost == 0, "{report}");
        let told = port.acknowledged + port.refused + port.not_done + port.indeterminate;
        assert_eq!(told, port.operations, "{report}");
    }
}

/// The seeded fault of this name.
fn named<'a, H: Faultable>(mutants: &'a [Mutant<H>], name: &str) -> &'a Mutant<H> {
    let found = mutants.iter().find(|mutant| mutant.name == name);
    found.unwrap_or_else(|| panic!("no seeded fault is named {name}"))
}

async fn assert_found_out(adapter: Adapter) {
    let report = run(&adapter, 2000).await;
    assert!(!report.passed() && report.ports[0].lost > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_loses_what_it_acknowledged_is_found_out() {
    let mutants = Mutants::all();
    for name in ["cas_ignores_the_token", "lost_update_by_delete", "ambiguous_reported_failed", "blind_retry"] {
        assert_found_out(Adapter::named(name).documents(named(&mutants.documents, name).subject())).await;
    }
    for name in ["publish_drops_but_ok", "fan_out_to_one", "ack_forgotten", "ambiguous_publish_reported_failed"] {
        assert_found_out(Adapter::named(name).messages(named(&mutants.messages, name).subject())).await;
    }
    for name in ["cas_ignored", "if_none_match_ignored", "ambiguous_put_reported_failed"] {
        assert_found_out(Adapter::named(name).blobs(named(&mutants.blobs, name).subject())).await;
    }
}
