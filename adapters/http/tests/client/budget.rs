//! The budget of retries.

use anyport_ports::ErrorKind;

use super::scripted::Step::{Answer, NotSent};
use super::{get, millis, scripted, send};

#[tokio::test(start_paused = true)]
async fn principle_b7_the_budget_bounds_the_retries_of_a_service_in_trouble() {
    let (client, network) = scripted(|payments| {
        payments.retries_per_second = 1;
        payments.retry_percent = 20;
        payments.pause = millis(1);
    });
    network.otherwise(NotSent);
    for _ in 0..100 {
        assert_eq!(send(&client, &get()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    // Ten seconds of one a second, and a fifth of a hundred calls. Without it there would be 200.
    let retries = network.attempts() - 100;
    assert!((20..=30).contains(&retries), "{retries} retries of 100 calls");
}

#[tokio::test(start_paused = true)]
async fn the_budget_fills_again() {
    let (client, network) = scripted(|payments| {
        payments.retries_per_second = 1;
        payments.retry_percent = 0;
        payments.pause = millis(1);
    });
    network.otherwise(NotSent);
    for _ in 0..20 {
        drop(send(&client, &get()).await);
    }
    let spent = network.attempts();
    assert_eq!(spent, 20 + 10);
    drop(send(&client, &get()).await);
    assert_eq!(network.attempts(), spent + 1, "nothing is left");
    tokio::time::sleep(millis(12_000)).await;
    network.script([NotSent, Answer(200)]);
    assert_eq!(send(&client, &get()).await.unwrap().status, 200);
}
