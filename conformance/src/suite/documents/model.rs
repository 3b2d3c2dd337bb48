//! Random sequences of operations, held against the reference model step by step; a sequence that differs is shrunk to
//! the shortest that still does.

use std::cell::Cell;
use std::time::{Duration, Instant};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::runtime::Handle;

use super::player::Player;
use super::sequence::{Call, calls};
use crate::check::{Check, Context, Verdict, Violation, checks};
use crate::reference::Reference;
use crate::subject::DocumentStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources; "DOC-MODEL-1" => random_sequences_have_the_results_of_the_reference]
}

const SEQUENCES: u32 = 192;
const LONGEST_SEQUENCE: usize = 48;

/// No sequence is begun after this long: a store in a far cloud gets through fewer of them.
const ENOUGH: Duration = Duration::from_secs(45);

/// A sequence that takes longer hangs.
const LONGEST_CASE: Duration = Duration::from_mins(1);

/// Shrinking ends here with the shortest sequence found by then.
const LONGEST_SHRINKING: Duration = Duration::from_secs(20);

async fn random_sequences_have_the_results_of_the_reference(cx: Context<DocumentStore>) -> Verdict {
    // The search for a shorter sequence is not async, so it has a thread of its own.
    let runtime = Handle::current();
    let searching = tokio::task::spawn_blocking(move || search(&cx, &runtime));
    searching.await.map_err(|panic| Violation::new(format!("the search panicked: {panic}")))?
}

fn search(cx: &Context<DocumentStore>, runtime: &Handle) -> Verdict {
    let config = Config {
        cases: SEQUENCES,
        failure_persistence: None,
        max_shrink_time: u32::try_from(LONGEST_SHRINKING.as_millis()).unwrap_or(u32::MAX),
        ..Config::default()
    };
    let seed: [u8; 32] = StdRng::seed_from_u64(cx.seed()).random();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let (started, played, failed) = (Instant::now(), Cell::new(0_u32), Cell::new(false));
    let play = |calls: &[Call]| {
        played.set(played.get() + 1);
        runtime.block_on(compare(cx, calls, format!("{}/", played.get())))
    };
    let outcome = runner.run(&calls(1..LONGEST_SEQUENCE), |calls| {
        if !failed.get() && started.elapsed() > ENOUGH {
            return Ok(());
        }
        play(&calls).map_err(|violation| {
            failed.set(true);
            TestCaseError::fail(violation.message)
        })
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(Violation::new(format!("the search was given up: {reason}"))),
        // Once more, for its trace. A race may hide this time, and is a violation none the less.
        Err(TestError::Fail(reason, minimal)) => play(&minimal).and_then(|()| {
            let trace = minimal.iter().map(|call| format!("{call:?}")).collect();
            Err(Violation { message: format!("{reason}; the same sequence then passed"), trace })
        }),
    }
}

/// Performs a sequence on the adapter and on a fresh reference model, side by side.
async fn compare(cx: &Context<DocumentStore>, calls: &[Call], mark: String) -> Verdict {
    let mut trace = Vec::new();
    let playing = tokio::time::timeout(LONGEST_CASE, async {
        let reference = Context::fresh(&Reference, &resources(), cx.seed()).await?;
        let mut expected = Player::new(&reference, mark.clone()).await?;
        let mut found = Player::new(cx, mark).await?;
        for call in calls {
            found.avoid_expiries().await;
            expected.catch_up(found.elapsed()).await;
            let (should, is) = (expected.perform(call).await, found.perform(call).await);
            trace.push(format!("{call:?} -> {is}"));
            if should != is {
                return Err(Violation::new(format!(
                    "step {} of a random sequence: the reference model answers {should}, the adapter {is}",
                    trace.len()
                )));
            }
        }
        Ok(())
    });
    let verdict = playing.await;
    let hangs = || Err(Violation::new(format!("a random sequence did not end within {LONGEST_CASE:?}")));
    verdict.unwrap_or_else(|_| hangs()).map_err(|violation| Violation { trace, ..violation })
}
