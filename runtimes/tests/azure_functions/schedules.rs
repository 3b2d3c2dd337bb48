//! Timers.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::azure_functions::Outcome;
use anyport_memory::ManualClock;
use anyport_ports::Clock as _;

use crate::site::{Setup, Site};
use crate::workload::{Calls, workload};

#[tokio::test]
async fn principle_a4_a_slot_runs_once_however_often_azure_functions_says_so() {
    let (clock, calls) = (Arc::new(ManualClock::new()), Calls::default());
    let site = Site::with(&workload(&calls), Setup { clock: clock.clone(), ..Setup::default() }).await;
    // The clock starts at midnight of a day; the first call fails, and waits for its next attempt.
    clock.advance(Duration::from_hours(3) + Duration::from_secs(1));
    let failed = site.host.timer("nightly").await.unwrap();
    assert!(matches!(&failed, Outcome::Failed(problem) if problem.contains("Anyport.FunctionFailed")), "{failed:?}");
    let busy = site.host.timer("nightly").await.unwrap();
    assert!(matches!(&busy, Outcome::Failed(problem) if problem.contains("Anyport.Busy")), "{busy:?}");
    clock.advance(Duration::from_mins(1));
    assert!(site.host.timer("nightly").await.unwrap().is_success());
    assert!(site.host.timer("nightly").await.unwrap().is_success());
    assert!(site.host.timer_past_due("nightly").await.unwrap().is_success());
    let slots = calls.all();
    assert_eq!(slots.len(), 2, "it failed, was done, and was done already: {slots:?}");
    assert!(slots[0].ends_with("T03:00:00.000Z") && slots[0] == slots[1], "{slots:?}");
}

#[tokio::test]
async fn a_timer_that_comes_a_little_early_is_for_the_slot_that_comes() {
    let (clock, calls) = (Arc::new(ManualClock::new()), Calls::default());
    let site = Site::with(&workload(&calls), Setup { clock: clock.clone(), ..Setup::default() }).await;
    calls.note("so that the first call does not fail");
    clock.advance(Duration::from_hours(3) - Duration::from_millis(200));
    let before = clock.now();
    assert!(site.host.timer("nightly").await.unwrap().is_success());
    let slot = calls.all()[1].strip_prefix("nightly ").unwrap().to_owned();
    assert!(slot.ends_with("T03:00:00.000Z") && *slot > *before.to_string(), "{slot} at {before}");
    clock.advance(Duration::from_millis(400));
    assert!(site.host.timer("nightly").await.unwrap().is_success());
    assert_eq!(calls.all().len(), 2, "it is done already when it comes");
}
