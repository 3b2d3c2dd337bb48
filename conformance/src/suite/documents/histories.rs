//! Concurrent histories: what many clients see at once could have happened one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyport_ports::documents::{Body, Condition as PortCondition, Documents, Key, Partition, Put, Version};
use anyport_ports::{ErrorKind, Result};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use tokio::sync::Barrier;

use crate::check::{Check, Context, Verdict, Violation, checks};
use crate::faults::Faults;
use crate::linearizability::{
    Action, Budget, Condition, Recorder, RegisterOp, RegisterRet, Verdict as Judgement, check_documents,
};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

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

type History = Recorder<RegisterOp, RegisterRet>;

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
        let client = Client {
            number,
            documents: store.documents,
            recorder: Arc::clone(&recorder),
            values: Arc::clone(&values),
            partition: partition.clone(),
            seen: vec![Vec::new(); keys],
            random: StdRng::seed_from_u64(random.random()),
        };
        let (together, share) = (Arc::clone(&together), operations.div_ceil(clients as usize));
        tasks.spawn(async move {
            together.wait().await;
            client.run(share).await
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|panic| Violation::new(format!("a client panicked: {panic}")))??;
    }
    // What stands in the end bears witness to every write, over a network that has recovered.
    let witness = Client {
        number: clients,
        documents: cx.connect().await?.documents,
        recorder: Arc::clone(&recorder),
        values,
        partition,
        seen: vec![Vec::new(); keys],
        random,
    };
    witness.read_all().await?;
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

/// The content of every document.
#[derive(Serialize, Deserialize)]
struct Content {
    value: u64,
}

struct Client {
    number: u32,
    documents: Arc<dyn Documents>,
    recorder: Arc<History>,
    values: Arc<AtomicU64>,
    partition: Partition,
    /// By key, the versions that this client has seen: the last one is the best guess of the current one.
    seen: Vec<Vec<String>>,
    random: StdRng,
}

impl Client {
    async fn run(mut self, operations: usize) -> Verdict {
        for _ in 0..operations {
            let key = self.random.random_range(0..self.seen.len());
            let action = self.action(key);
            self.perform(key, action).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn read_all(mut self) -> Verdict {
        for key in 0..self.seen.len() {
            self.perform(key, Action::Get).await?;
        }
        Ok(())
    }

    fn action(&mut self, key: usize) -> Action {
        let value = self.values.fetch_add(1, Ordering::Relaxed);
        match self.random.random_range(0..100) {
            0..30 => Action::Get,
            30..45 => Action::Put { value, condition: Condition::Always },
            45..57 => Action::Put { value, condition: Condition::Absent },
            57..62 => Action::Put { value, condition: Condition::Present },
            62..82 => Action::Put { value, condition: self.version(key) },
            82..88 => Action::Delete { condition: Condition::Always },
            88..90 => Action::Delete { condition: Condition::Present },
            _ => Action::Delete { condition: self.version(key) },
        }
    }

    /// Mostly the last version seen, now and then an earlier one; of a key not seen yet, that it is absent.
    fn version(&mut self, key: usize) -> Condition {
        let seen = &self.seen[key];
        let back = if self.random.random_ratio(1, 5) { self.random.random_range(1..4) } else { 1 };
        match seen.len().checked_sub(back) {
            Some(at) => Condition::Version(seen[at].clone()),
            None => Condition::Absent,
        }
    }

    async fn perform(&mut self, number: usize, action: Action) -> Verdict {
        let name = format!("k{number}");
        let key = self.partition.key(name.clone())?;
        let call = self.recorder.invoke(self.number, RegisterOp { key: name, action: action.clone() });
        match self.call(&key, &action).await {
            Ok(ret) => {
                if let RegisterRet::Found { version, .. } | RegisterRet::Written { version } = &ret {
                    self.seen[number].push(version.clone());
                }
                self.recorder.ok(call, ret);
            }
            Err(error) => match error.kind() {
                ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::PreconditionFailed => {
                    self.recorder.ok(call, RegisterRet::Refused);
                }
                ErrorKind::Indeterminate => self.recorder.indeterminate(call),
                // These promise that nothing was written.
                ErrorKind::Unavailable | ErrorKind::Throttled => self.recorder.failed(call),
                _ => return Err(error.into()),
            },
        }
        Ok(())
    }

    async fn call(&self, key: &Key, action: &Action) -> Result<RegisterRet> {
        match action {
            Action::Get => match self.documents.get(&THINGS, key).await? {
                None => Ok(RegisterRet::Absent),
                Some(document) => {
                    let Content { value } = document.body.parse()?;
                    Ok(RegisterRet::Found { value, version: document.version.as_str().to_owned() })
                }
            },
            Action::Put { value, condition } => {
                let put = Put::new(Body::of(&Content { value: *value })?).when(port_condition(condition));
                let version = self.documents.put(&THINGS, key, &put).await?;
                Ok(RegisterRet::Written { version: version.as_str().to_owned() })
            }
            Action::Delete { condition } => {
                self.documents.delete(&THINGS, key, &port_condition(condition)).await?;
                Ok(RegisterRet::Deleted)
            }
        }
    }
}

fn port_condition(condition: &Condition) -> PortCondition {
    match condition {
        Condition::Always => PortCondition::Always,
        Condition::Absent => PortCondition::Absent,
        Condition::Present => PortCondition::Present,
        Condition::Version(version) => PortCondition::Version(Version::new(version)),
    }
}
