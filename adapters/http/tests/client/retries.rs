//! What is sent again, when, and what is said of what is not known.

use std::time::{Duration, SystemTime};

use anyport_ports::outbound::{Method, Outbound as _};
use anyport_ports::{CallContext, ErrorKind};
use tokio::time::Instant;

use super::scripted::Step::{Answer, Hang, Lost, NotSent, RetryAfter, Slow};
use super::{get, millis, post, scripted, send, to_payments};

#[tokio::test(start_paused = true)]
async fn principle_b7_no_call_is_ever_past_its_deadline() {
    let scripts = [
        vec![Hang],
        vec![Lost, Hang],
        vec![NotSent, NotSent, NotSent, NotSent, NotSent, NotSent, NotSent, NotSent],
        vec![Slow(millis(900)), Lost],
        vec![Answer(500), Slow(millis(1200))],
        vec![RetryAfter(503, "1".to_owned()), Hang],
        vec![RetryAfter(503, "3600".to_owned())],
    ];
    for script in scripts {
        for deadline in [1, 40, 250, 1000, 1999].map(millis) {
            let (client, network) = scripted(|payments| payments.attempts = 10);
            network.script(script.clone());
            network.otherwise(Hang);
            let started = Instant::now();
            let call = CallContext::none().with_deadline((started + deadline).into_std());
            let ended = client.send(&get().idempotency_key("k"), &call).await;
            let took = started.elapsed();
            assert!(took <= deadline, "{script:?} ended {ended:?} after {took:?}, its deadline being {deadline:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_nothing_is_sent() {
    let (client, network) = scripted(|_| {});
    let call = CallContext::none().with_deadline(Instant::now().into_std());
    let error = client.send(&post(), &call).await.unwrap_err();
    assert_eq!((error.kind(), network.attempts()), (ErrorKind::Unavailable, 0));
}

#[tokio::test(start_paused = true)]
async fn the_sooner_of_all_time_limits_counts() {
    let hours = Duration::from_hours(999_999);
    let cases =
        [(millis(300), hours, 300), (hours, millis(400), 400), (hours, hours, 700), (Duration::MAX, hours, 700)];
    for (asked, callers, expected) in cases {
        let (client, network) = scripted(|payments| {
            payments.timeout = millis(5000);
            payments.attempt_timeout = millis(700);
            payments.attempts = 1;
        });
        network.otherwise(Hang);
        let started = Instant::now();
        let call = CallContext::none().with_deadline((started + callers).into_std());
        send_timed(&client, &call, asked).await;
        assert_eq!(started.elapsed(), millis(expected), "{asked:?}, {callers:?}");
    }
}

async fn send_timed(client: &anyport_http::HttpClient, call: &CallContext, timeout: Duration) {
    let error = client.send(&get().timeout(timeout), call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "a read that was not answered: {error}");
}

#[tokio::test(start_paused = true)]
async fn principle_b7_a_post_without_a_key_is_not_sent_again_once_it_may_have_been_carried_out() {
    for step in [Lost, Hang, Answer(500), Answer(502), Answer(503), Answer(504), Answer(408), Answer(429)] {
        for request in [post(), to_payments(Method::Patch, "/charges/7")] {
            let (client, network) = scripted(|_| {});
            network.script([step.clone()]);
            let ended = send(&client, &request).await;
            assert_eq!(network.attempts(), 1, "{request:?} after {step:?}: {ended:?}");
            match ended {
                Ok(response) => assert!(matches!(step, Answer(status) if status == response.status), "{step:?}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Indeterminate, "{step:?}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn principle_b7_with_a_key_a_post_is_sent_again_with_the_same_key() {
    for step in [Lost, Hang, Answer(500), Answer(502), Answer(503), Answer(504), Answer(408), Answer(429)] {
        let (client, network) = scripted(|_| {});
        network.script([step.clone(), step.clone(), Answer(201)]);
        let response = send(&client, &post().timeout(millis(60_000)).idempotency_key("order \"7\"")).await.unwrap();
        assert_eq!(response.status, 201, "{step:?}");
        let key = Some(r#""order \"7\"""#.to_owned());
        assert_eq!(network.header("idempotency-key"), [key.clone(), key.clone(), key], "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_idempotent_by_its_method_needs_no_key() {
    for method in [Method::Get, Method::Head, Method::Put, Method::Delete] {
        let (client, network) = scripted(|_| {});
        network.script([Lost, Answer(503), Answer(200)]);
        assert_eq!(send(&client, &to_payments(method, "/charges/7")).await.unwrap().status, 200);
        assert_eq!(network.attempts(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_carried_out_is_sent_again() {
    for step in [NotSent, RetryAfter(503, "1".to_owned()), RetryAfter(429, "1".to_owned())] {
        let (client, network) = scripted(|_| {});
        network.script([step.clone(), Answer(201)]);
        assert_eq!(send(&client, &post()).await.unwrap().status, 201, "{step:?}");
        assert_eq!(network.attempts(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_will_not_change_are_answers() {
    for status in [200, 204, 301, 400, 401, 404, 409, 422, 501] {
        let (client, network) = scripted(|_| {});
        network.script([Answer(status)]);
        assert_eq!(send(&client, &get().idempotency_key("k")).await.unwrap().status, status);
        assert_eq!(network.attempts(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_is_still_running_is_waited_for() {
    let (client, network) = scripted(|_| {});
    network.script([Hang, RetryAfter(409, "2".to_owned()), Answer(201)]);
    assert_eq!(send(&client, &post().idempotency_key("k")).await.unwrap().status, 201);
    assert!(network.pauses()[1] >= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_service_is_not_asked_sooner_than_it_says() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(5));
    for (after, at_least) in [("3".to_owned(), 3000), (date, 3500), ("0".to_owned(), 50)] {
        let (client, network) = scripted(|_| {});
        network.script([RetryAfter(429, after.clone()), Answer(200)]);
        send(&client, &get()).await.unwrap();
        assert!(network.pauses()[0] >= millis(at_least), "{after}: {:?}", network.pauses());
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_past_the_deadline_is_not_begun() {
    let (client, network) = scripted(|payments| payments.timeout = millis(2000));
    network.script([RetryAfter(503, "2".to_owned())]);
    let started = Instant::now();
    assert_eq!(send(&client, &get()).await.unwrap().status, 503);
    assert_eq!((network.attempts(), started.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_attempts_are_bounded() {
    let (client, network) = scripted(|payments| payments.attempts = 5);
    network.otherwise(NotSent);
    let error = send(&client, &post()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let pauses = network.pauses();
    assert_eq!(pauses.len(), 4);
    for (pause, whole) in pauses.iter().zip([100, 200, 400, 800]) {
        // Timers go by the millisecond.
        assert!((millis(whole / 2)..=millis(whole + 1)).contains(pause), "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubt_outlasts_later_attempts() {
    for first in [Lost, Hang, Answer(500), Answer(504)] {
        for last in [NotSent, Answer(503), RetryAfter(429, "1".to_owned())] {
            let (client, network) = scripted(|payments| payments.attempts = 2);
            network.script([first.clone(), last.clone()]);
            let error = send(&client, &post().idempotency_key("k")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Indeterminate, "{first:?}, then {last:?}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_leaves_nothing_in_doubt() {
    for step in [Lost, NotSent, Hang] {
        let (client, network) = scripted(|_| {});
        network.otherwise(step.clone());
        assert_eq!(send(&client, &get()).await.unwrap_err().kind(), ErrorKind::Unavailable, "{step:?}");
    }
    let (client, network) = scripted(|payments| payments.attempts = 2);
    network.script([Lost, Answer(503)]);
    assert_eq!(send(&client, &get()).await.unwrap().status, 503);
}
