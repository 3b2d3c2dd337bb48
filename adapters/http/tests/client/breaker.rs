//! The circuit breaker.

use std::sync::Arc;
use std::time::Duration;

use anyport_http::HttpClient;
use anyport_ports::outbound::{Method, Request, Target};
use anyport_ports::{ErrorKind, Retry};
use tokio::time::Instant;

use super::scripted::Scripted;
use super::scripted::Step::{Answer, Hang, Lost, NotSent, RetryAfter};
use super::{get, millis, post, scripted, send};

/// One attempt a call; it opens at half of ten.
fn brittle() -> (HttpClient, Arc<Scripted>) {
    scripted(|payments| {
        payments.attempts = 1;
        payments.breaker.calls = 10;
    })
}

/// Opens the breaker.
async fn trip(client: &HttpClient, network: &Scripted) {
    network.script(std::iter::repeat_n(NotSent, 10));
    for _ in 0..10 {
        assert_eq!(send(client, &get()).await.unwrap_err().retry(), Retry::Backoff);
    }
}

#[tokio::test(start_paused = true)]
async fn principle_b7_the_breaker_opens_then_half_opens_and_closes() {
    let (client, network) = brittle();
    trip(&client, &network).await;
    assert_eq!(network.attempts(), 10);

    // Open: nothing is sent, at once, and it is said when to come again.
    tokio::time::sleep(millis(2000)).await;
    let started = Instant::now();
    let error = send(&client, &post()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.retry(), Retry::After(millis(3000)));
    assert_eq!((network.attempts(), started.elapsed()), (10, Duration::ZERO));

    // Half open: one is let through; it fails, and nothing is sent again.
    tokio::time::sleep(millis(3000)).await;
    network.script([NotSent]);
    drop(send(&client, &get()).await);
    assert_eq!(network.attempts(), 11);
    assert_eq!(send(&client, &get()).await.unwrap_err().retry(), Retry::After(millis(5000)));
    assert_eq!(network.attempts(), 11);

    // Half open again: it succeeds, and all are let through. What was before is forgotten.
    tokio::time::sleep(millis(5000)).await;
    for sent in 12..20 {
        assert_eq!(send(&client, &get()).await.unwrap().status, 200);
        assert_eq!(network.attempts(), sent);
    }
}

#[tokio::test(start_paused = true)]
async fn half_open_lets_one_through_at_a_time() {
    let (client, network) = brittle();
    trip(&client, &network).await;
    tokio::time::sleep(millis(5000)).await;
    network.script([Hang]);
    let (client, call) = (&client, get().timeout(millis(100)));
    let (probe, other) = tokio::join!(send(client, &call), send(client, &call));
    assert_eq!(network.attempts(), 11);
    assert!(probe.is_err() && other.unwrap_err().retry() == Retry::After(millis(5000)));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_on_the_one_call_leaves_it_to_the_next() {
    let (client, network) = brittle();
    trip(&client, &network).await;
    tokio::time::sleep(millis(5000)).await;
    network.script([Hang]);
    assert!(tokio::time::timeout(millis(10), send(&client, &get())).await.is_err());
    assert_eq!(send(&client, &get()).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn few_failures_among_many_calls_leave_it_closed() {
    let (client, network) = brittle();
    for _ in 0..50 {
        network.script([Answer(200), Answer(404), Answer(500)]);
        for _ in 0..3 {
            send(&client, &get()).await.unwrap();
        }
    }
    assert_eq!(network.attempts(), 150);
}

#[tokio::test(start_paused = true)]
async fn failures_of_long_ago_do_not_count() {
    let (client, network) = brittle();
    for _ in 0..5 {
        network.script([Lost, NotSent]);
        drop(send(&client, &get()).await);
        drop(send(&client, &get()).await);
        tokio::time::sleep(millis(10_000)).await;
    }
    network.script([Answer(200)]);
    assert_eq!(send(&client, &get()).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_to_slow_down_is_well() {
    let (client, network) = brittle();
    network.otherwise(RetryAfter(429, "3600".to_owned()));
    for _ in 0..20 {
        assert_eq!(send(&client, &get()).await.unwrap().status, 429);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_opens_between_attempts_leaves_what_is_known() {
    let (client, network) = scripted(|payments| {
        payments.attempts = 10;
        payments.breaker.calls = 2;
    });
    network.otherwise(Lost);
    let error = send(&client, &post().idempotency_key("k")).await.unwrap_err();
    assert_eq!((error.kind(), network.attempts()), (ErrorKind::Indeterminate, 2));
}

#[tokio::test(start_paused = true)]
async fn services_have_a_breaker_each() {
    let (client, network) = brittle();
    trip(&client, &network).await;
    let other = Request::new(Method::Get, Target::Url("https://other.example/x".to_owned()));
    assert_eq!(send(&client, &other).await.unwrap().status, 200);
    assert!(send(&client, &get()).await.is_err());
}
