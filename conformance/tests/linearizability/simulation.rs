//! A simulated store with concurrent clients: every interleaving comes from a seed, and its faults are known.

use std::collections::HashMap;

use anyport_conformance::linearizability::{Action, Condition, Entry, RegisterOp as Op, RegisterRet as Ret, Returned};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Call, found, lost, written};

/// The atomic register, written independently of the checker's model: here the version is a function of the value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Register(Option<u64>);

impl Register {
    pub(crate) fn apply(&mut self, op: &Op) -> Ret {
        match &op.action {
            Action::Get => self.0.map_or(Ret::Absent, |value| found(value, &version_of(value))),
            Action::Put { value, condition } if self.allows(condition) => {
                self.0 = Some(*value);
                written(&version_of(*value))
            }
            Action::Delete { condition } if self.allows(condition) => {
                self.0 = None;
                Ret::Deleted
            }
            Action::Put { .. } | Action::Delete { .. } => Ret::Refused,
        }
    }

    fn allows(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Absent => self.0.is_none(),
            Condition::Present => self.0.is_some(),
            Condition::Version(version) => self.0.is_some_and(|value| *version == version_of(value)),
        }
    }
}

pub(crate) fn version_of(value: u64) -> String {
    format!("v{value}")
}

/// What the simulated store does wrong, now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// A read answers with an earlier state.
    StaleRead,
    /// A condition is not looked at.
    ConditionIgnored,
    /// A write is acknowledged and dropped.
    WriteDropped,
    /// A write takes effect and is reported as refused.
    WriteReportedRefused,
}

struct Pending {
    index: usize,
    answer: Option<Ret>,
}

pub(crate) struct Simulation {
    rng: ChaCha8Rng,
    keys: usize,
    clients: u32,
    operations: usize,
    clock: u64,
    history: Vec<Call>,
    store: HashMap<String, Register>,
    earlier: HashMap<String, Vec<Register>>,
    versions_seen: HashMap<String, Vec<String>>,
}

impl Simulation {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            keys: 1,
            clients: 3,
            operations: 7,
            clock: 0,
            history: Vec::new(),
            store: HashMap::new(),
            earlier: HashMap::new(),
            versions_seen: HashMap::new(),
        }
    }

    pub(crate) fn keys(mut self, keys: usize) -> Self {
        self.keys = keys;
        self
    }

    pub(crate) fn clients(mut self, clients: u32) -> Self {
        self.clients = clients;
        self
    }

    pub(crate) fn operations(mut self, operations: usize) -> Self {
        self.operations = operations;
        self
    }

    /// Runs until every operation was answered or given up. One client step at a time: invoke, take effect, answer.
    pub(crate) fn run(mut self, fault: Fault) -> Vec<Call> {
        let mut clients: Vec<Option<Pending>> = (0..self.clients).map(|_| None).collect();
        let mut abandoned: Vec<usize> = Vec::new();
        while self.history.len() < self.operations || clients.iter().any(Option::is_some) {
            let client = self.rng.random_range(0..clients.len());
            clients[client] = match clients[client].take() {
                None if self.history.len() < self.operations => Some(self.invoke(client)),
                None => None,
                Some(pending) if self.rng.random_bool(0.05) => {
                    // The answer is lost; the operation itself may be, or may still come.
                    if pending.answer.is_none() {
                        abandoned.push(pending.index);
                    }
                    None
                }
                Some(Pending { index, answer: None }) => {
                    Some(Pending { index, answer: Some(self.take_effect(index, fault)) })
                }
                Some(Pending { index, answer: Some(ret) }) => {
                    self.answer(index, ret);
                    None
                }
            };
            if !abandoned.is_empty() && self.rng.random_bool(0.1) {
                let late = abandoned.swap_remove(0);
                self.take_effect(late, fault);
            }
        }
        self.history
    }

    fn invoke(&mut self, client: usize) -> Pending {
        let key = format!("key-{}", self.rng.random_range(0..self.keys));
        let value = self.history.len() as u64;
        let known = self.versions_seen.get(&key).and_then(|seen| {
            let recent = &seen[seen.len().saturating_sub(3)..];
            recent.choose(&mut self.rng).cloned()
        });
        let op = match (self.rng.random_range(0..10), known) {
            (0..3, _) => Op::get(key),
            (3, _) => Op::put(key, value),
            (4, _) => Op::put_if(key, value, Condition::Present),
            (5, _) => Op::delete(key),
            (6, Some(version)) => Op::delete_if(key, version),
            (7..10, Some(version)) => Op::compare_and_swap(key, version, value),
            _ => Op::create(key, value),
        };
        self.clock += 1;
        let client = u32::try_from(client).expect("few clients");
        self.history.push(lost(client, self.clock, op));
        Pending { index: self.history.len() - 1, answer: None }
    }

    fn take_effect(&mut self, index: usize, fault: Fault) -> Ret {
        let op = self.history[index].op.clone();
        let register = self.store.entry(op.key.clone()).or_default();
        let earlier = self.earlier.entry(op.key.clone()).or_default();
        earlier.push(register.clone());
        let before = register.clone();
        if !self.rng.random_bool(0.4) {
            return register.apply(&op);
        }
        match (fault, &op.action) {
            (Fault::StaleRead, Action::Get) => earlier.choose(&mut self.rng).cloned().unwrap_or_default().apply(&op),
            (Fault::ConditionIgnored, Action::Put { value, .. }) => register.apply(&Op::put(op.key, *value)),
            (Fault::ConditionIgnored, Action::Delete { .. }) => register.apply(&Op::delete(op.key)),
            (Fault::WriteDropped, Action::Put { .. } | Action::Delete { .. }) => {
                let answer = register.apply(&op);
                *register = before;
                answer
            }
            (Fault::WriteReportedRefused, Action::Put { .. } | Action::Delete { .. }) => {
                register.apply(&op);
                Ret::Refused
            }
            _ => register.apply(&op),
        }
    }

    fn answer(&mut self, index: usize, ret: Ret) {
        self.clock += 1;
        let entry = &mut self.history[index];
        if let Ret::Found { version, .. } | Ret::Written { version } = &ret {
            self.versions_seen.entry(entry.op.key.clone()).or_default().push(version.clone());
        }
        entry.returned = Some(Returned { at: self.clock, ret });
    }
}

/// Changes one answer of a history into another that the operation could have given. The history may stay right.
pub(crate) fn mutate(history: &mut [Call], seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let some_value = rng.random_range(0..=history.len() as u64);
    let answered: Vec<usize> = (0..history.len()).filter(|&index| history[index].returned.is_some()).collect();
    let Some(&index) = answered.choose(&mut rng) else { return };
    let Entry { op, returned: Some(returned), .. } = &mut history[index] else { return };
    returned.ret = match (&op.action, &returned.ret) {
        (Action::Get, Ret::Found { .. }) if rng.random_bool(0.3) => Ret::Absent,
        (Action::Get, _) => found(some_value, &version_of(some_value)),
        (Action::Put { value, .. }, Ret::Refused) => written(&version_of(*value)),
        (Action::Delete { .. }, Ret::Refused) => Ret::Deleted,
        _ => Ret::Refused,
    };
}
