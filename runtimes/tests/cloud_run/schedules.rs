//! Cloud Scheduler, and tasks that stand in for it.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::cloud_run::Published;
use anyport_memory::ManualClock;

use crate::site::{Plan, Site};
use crate::workload::{Calls, text, workload};

async fn site(calls: &Calls) -> (Arc<ManualClock>, Site) {
    let clock = Arc::new(ManualClock::new());
    let plan = Plan { clock: clock.clone(), ..Plan::default() };
    (clock, Site::planned(workload(calls), plan).await)
}

/// Fact 8.
#[tokio::test]
async fn principle_a4_a_slot_runs_once_however_often_the_job_says_so() {
    let calls = Calls::default();
    let (clock, site) = site(&calls).await;
    let told = async |time| site.service.schedule("nightly", Some(time)).await;
    // The first call fails.
    let failed = told("2026-01-02T03:00:07Z").await;
    assert_eq!((failed.status(), failed.retry_after().is_some()), (503, true));
    let busy = told("2026-01-02T03:00:07Z").await;
    assert_eq!(
        (busy.status(), busy.retry_after()),
        (503, Some(Duration::from_secs(1))),
        "it waits for its next attempt"
    );
    clock.advance(Duration::from_mins(1));
    assert_eq!(told("2026-01-02T03:00:07Z").await.status(), 204);
    assert_eq!(told("2026-01-02T03:00:59.123456+00:00").await.status(), 204);
    let slot = "nightly 2026-01-02T03:00:00.000Z";
    assert_eq!(calls.all(), [slot, slot], "it failed, was done, and was done already");
    assert_eq!(told("2026-01-03T03:00:00Z").await.status(), 204);
    assert_eq!(calls.all().last().unwrap(), "nightly 2026-01-03T03:00:00.000Z");
}

#[tokio::test]
async fn a_job_that_tells_no_time_is_for_the_latest_slot() {
    let calls = Calls::default();
    let (clock, site) = site(&calls).await;
    clock.advance(Duration::from_hours(5));
    for time in [None, Some("soon")] {
        site.service.schedule("nightly", time).await;
        clock.advance(Duration::from_mins(1));
    }
    let slot = "nightly 2026-01-01T03:00:00.000Z";
    assert_eq!(calls.all(), [slot, slot], "the first call fails");
    assert_eq!(site.service.schedule("nightly", None).await.status(), 204);
    assert_eq!(calls.all().len(), 2);
}

#[tokio::test]
async fn a_task_calls_a_schedule_for_when_it_was_to_be_run() {
    let calls = Calls::default();
    let (clock, site) = site(&calls).await;
    clock.advance(Duration::from_hours(5));
    assert_eq!(site.service.task("nightly", 1, "").await.status(), 500, "the first call fails");
    clock.advance(Duration::from_mins(1));
    assert_eq!(site.service.task("nightly", 2, "").await.status(), 204);
    let slot = "nightly 2026-01-01T03:00:00.000Z";
    assert_eq!(calls.all(), [slot, slot]);
}

#[tokio::test]
async fn what_is_not_the_clock_calls_no_schedule() {
    let calls = Calls::default();
    let (_, site) = site(&calls).await;
    let subscription = anyport_conformance::hosts::cloud_run::Subscription::wrapped("nightly", "test-jobs.work");
    assert!(subscription.push(&site.service, &Published::new(text("fine")), 1).await.is_acknowledged());
    assert!(site.service.blob_created("nightly", "test-uploads", "imports/a").await.is_acknowledged());
    assert!(calls.all().is_empty());
}
