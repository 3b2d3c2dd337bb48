//! The power of the documents' checks: a sound store passes them all, each seeded fault dies by the check that it is
//! named for, and no check is idle.

use std::sync::Arc;

use anyport_conformance::mutants::{Mutants, kill_matrix};
use anyport_conformance::reference::Reference;
use anyport_conformance::report::Outcome;
use anyport_conformance::run::{Options, run_check};
use anyport_conformance::suite::Suite;

fn documents() -> Suite {
    Suite { documents: Suite::complete().documents, ..Suite::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_model_passes_every_check() {
    let mut failures = Vec::new();
    for check in &documents().documents {
        let report = run_check("documents", Arc::new(Reference), check, Options::seeded(7)).await;
        println!("{:12} {:64} {:.3} s", report.clause, report.name, report.seconds);
        if report.outcome != Outcome::Passed {
            failures.push(report);
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn principle_l_every_seeded_fault_dies_and_no_check_is_idle() {
    let mutants = Mutants { documents: Mutants::all().documents, ..Mutants::default() };
    let matrix = kill_matrix(&documents(), &mutants, Options::seeded(7), &|_| {}).await;
    for mutant in &matrix.rows {
        println!("{:40} {:12} {}", mutant.name, mutant.named_check, mutant.killers.join(" "));
    }
    let survivors: Vec<_> = matrix.rows.iter().filter(|mutant| !mutant.killed_by_named).collect();
    assert!(survivors.is_empty(), "not noticed by the check they are named for: {survivors:#?}");
    assert!(matrix.checks_without_kill.is_empty(), "idle: {:?}", matrix.checks_without_kill);
    let mut names: Vec<_> = matrix.rows.iter().map(|mutant| mutant.name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "two faults of one name: {names:?}");
}
