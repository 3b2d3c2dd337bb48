//! Functions called by the clock, which in these tests is moved by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_memory::ManualClock;
use anyport_ports::{Error, ErrorKind};
use anyport_runtimes::{Function, Limits, Tick, Workload};

use crate::client::eventually;
use crate::site::Site;

const HOUR: Duration = Duration::from_hours(1);

/// The slots that the function was called for, in order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    async fn reach(&self, expected: &[&str]) {
        eventually("the calls expected", async || (self.all().len() >= expected.len()).then_some(())).await;
        assert_eq!(self.all(), expected);
    }
}

/// What the function does in its first call.
#[derive(Clone, Copy, PartialEq)]
enum First {
    Succeeds,
    Fails,
    NeverEnds,
}

fn hourly(calls: &Calls, first: First) -> Workload {
    let calls = calls.clone();
    let tick = move |tick: Tick| {
        let mut so_far = calls.0.lock().unwrap();
        so_far.push(tick.scheduled_for.to_string()[11..16].to_owned());
        let is_first = so_far.len() == 1;
        async move {
            match first {
                First::Fails if is_first => Err(Error::new(ErrorKind::Unavailable, "not now")),
                First::NeverEnds if is_first => std::future::pending().await,
                _ => Ok(()),
            }
        }
    };
    let limits = Limits { timeout: Duration::from_mins(1), ..Limits::default() };
    Workload::new("clock").function(Function::schedule("tick", "0 * * * *", tick).limits(limits))
}

fn site() -> (Arc<ManualClock>, Site) {
    // 2026-01-01T00:30Z: between two slots.
    let clock = Arc::new(ManualClock::new());
    clock.advance(HOUR / 2);
    (clock.clone(), Site::on(clock))
}

/// Waits until a replica has registered the schedule: only slots after that come.
async fn registered(site: &Site) {
    use anyport_ports::documents::{Documents as _, Key};
    let key = Key::new("schedule/tick", "registered").unwrap();
    eventually("the schedule is registered", async || {
        site.handle().get(&anyport_runtimes::RUNTIME_COLLECTION, &key).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn a_slot_fires_once_across_replicas() {
    let ((clock, site), calls) = (site(), Calls::default());
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(site.start(hourly(&calls, First::Succeeds)).await);
    }
    registered(&site).await;
    let slots = ["01:00", "02:00", "03:00", "04:00", "05:00"];
    for number in 1..=slots.len() {
        clock.advance(HOUR);
        calls.reach(&slots[..number]).await;
    }
    for server in servers {
        server.shutdown().await;
    }
    assert_eq!(calls.all(), slots, "none fired again on another replica");
}

#[tokio::test]
async fn a_slot_that_failed_is_tried_again() {
    let ((clock, site), calls) = (site(), Calls::default());
    let server = site.start(hourly(&calls, First::Fails)).await;
    registered(&site).await;
    clock.advance(HOUR);
    calls.reach(&["01:00"]).await;
    // The pause before the second attempt is over only when the clock says so.
    eventually("the second attempt", async || {
        clock.advance(Duration::from_secs(1));
        (calls.all().len() == 2).then_some(())
    })
    .await;
    assert_eq!(calls.all(), ["01:00", "01:00"]);
    server.shutdown().await;
}

#[tokio::test]
async fn a_slot_whose_owner_died_is_taken_over_when_its_lease_is_past() {
    let ((clock, site), calls) = (site(), Calls::default());
    let dies = site.start(hourly(&calls, First::NeverEnds)).await;
    registered(&site).await;
    clock.advance(HOUR);
    calls.reach(&["01:00"]).await;
    drop(dies);
    let heir = site.start(hourly(&calls, First::NeverEnds)).await;
    clock.advance(Duration::from_mins(1));
    // Long enough for the heir to have looked, and found the slot taken.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(calls.all().len(), 1, "the lease is longer than the timeout");
    clock.advance(Duration::from_secs(15));
    calls.reach(&["01:00", "01:00"]).await;
    heir.shutdown().await;
}

#[tokio::test]
async fn only_the_latest_slot_missed_is_made_up_for_and_only_within_the_window() {
    let ((clock, mut site), calls) = (site(), Calls::default());
    let server = site.start(hourly(&calls, First::Succeeds)).await;
    registered(&site).await;
    server.shutdown().await;
    clock.advance(3 * HOUR);

    site.settings.schedule_catch_up = Duration::from_mins(10);
    let late = site.start(hourly(&calls, First::Succeeds)).await;
    clock.advance(HOUR / 2);
    calls.reach(&["04:00"]).await;
    late.shutdown().await;

    site.settings.schedule_catch_up = HOUR;
    clock.advance(2 * HOUR + HOUR / 2);
    let in_time = site.start(hourly(&calls, First::Succeeds)).await;
    calls.reach(&["04:00", "06:00"]).await;
    in_time.shutdown().await;
}
