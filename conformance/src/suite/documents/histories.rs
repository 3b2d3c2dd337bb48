//! Concurrent histories: what many clients see at once could have happened one after another.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyport_ports::Error;
use anyport_ports::documents::Partition;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::Barrier;

use crate::check::{Check, Context, Verdict, Violation, checks};
use crate::faults::Faults;
use crate::linearizability::{Budget, Verdict as Judgement, check_documents};
use crate::registers::{Client, DocumentRegisters, History};
use crate::subject::DocumentStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-LIN-1" => concurrent_operations_take_effect_one_after_another,
        "DOC-LIN-2" => so_they_do_over_an_unreliable_network,
    ]
}

/// Histories in a check: enough that a race which one in three shows is missed once in ten thousand runs.
const ROUNDS: u64 = 16;

/// Calls of a hundred that meet a fault in DOC-LIN-2.
const FAULTY_PERCENT: u32 = 25;

async fn concurrent_operations_take_effect_one_after_another(cx: Context<DocumentStore>) -> Verdict {
    rounds(&cx, None).await
}

async fn so_they_do_over_an_unreliable_network(cx: Context<DocumentStore>) -> Verdict {
    rounds(&cx, Some(FAULTY_PERCENT)).await
}

async fn rounds(cx: &Context<DocumentStore>, faulty_percent: Option<u32>) -> Verdict {
    for round in 0..ROUNDS {
        let seed = cx.seed().wrapping_add(round);
        history(cx, seed, round, faulty_percent).await?;
    }
    Ok(())
}

/// One round: clients run at once on keys of their own round, and what they saw is judged.
async fn history(cx: &Context<DocumentStore>, seed: u64, round: u64, faulty_percent: Option<u32>) -> Verdict {
    let mut random = StdRng::seed_from_u64(seed);
    let (clients, keys): (u32, usize) = (random.random_range(4..=8), random.random_range(3..=8));
    let operations: usize = random.random_range(100..=200);
    cx.note(format!("round {round}: {clients} clients, {keys} keys, {operations} operations, seed {seed}"));
    let partition = Partition::new(format!("history {round}"))?;
    let recorder: Arc<History> = Arc::default();
    let values = Arc::new(AtomicU64::new(1));
    let together = Arc::new(Barrier::new(clients as usize));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..clients {
        let store = match faulty_percent {
            Some(percent) => cx.connect_through(&Faults::random(seed ^ u64::from(number) << 32, percent)).await?,
            None => cx.connect().await?,
        };
        let registers = DocumentRegisters { documents: store.documents, partition: partition.clone() };
        let mut client = Client::new(number, registers, keys, &recorder, &values, random.random());
        let (together, share) = (Arc::clone(&together), operations.div_ceil(clients as usize));
        tasks.spawn(async move {
            together.wait().await;
            for _ in 0..share {
                let key = client.any_key();
                client.act(key).await?;
                tokio::task::yield_now().await;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|panic| Violation::new(format!("a client panicked: {panic}")))??;
    }
    // What stands in the end bears witness to every write, over a network that has recovered.
    let registers = DocumentRegisters { documents: cx.connect().await?.documents, partition };
    Client::new(clients, registers, keys, &recorder, &values, seed).read_all().await?;
    judge(&recorder)
}

fn judge(recorder: &History) -> Verdict {
    let history = recorder.history();
    let judgement = check_documents(&history, Budget::default())
        .map_err(|invalid| Violation::new(format!("the history cannot be judged: {invalid}")))?;
    match judgement {
        Judgement::Linearizable => Ok(()),
        Judgement::Violation(violation) => Err(Violation {
            message: format!("not linearizable: key {:?}: {}", violation.partition, violation.summary),
            trace: violation.lines(),
        }),
        inconclusive @ Judgement::Inconclusive { .. } => Err(Violation::new(inconclusive.to_string())),
    }
}
