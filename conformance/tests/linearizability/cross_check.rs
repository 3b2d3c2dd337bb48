//! The checker and stateright's tester, which share no code, must agree on small histories.

use std::collections::HashSet;

use anyport_conformance::linearizability::{Action, Condition, RegisterOp as Op, RegisterRet as Ret, Verdict};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use crate::simulation::{Fault, Register, Simulation, mutate};
use crate::{Call, judge};

impl SequentialSpec for Register {
    type Op = Op;
    type Ret = Ret;

    fn invoke(&mut self, op: &Op) -> Ret {
        self.apply(op)
    }
}

fn stateright_accepts(history: &[Call]) -> bool {
    let mut events = Vec::new();
    for (index, entry) in history.iter().enumerate() {
        events.push((entry.invoked_at, index, None));
        if let Some(returned) = &entry.returned {
            events.push((returned.at, index, Some(returned.ret.clone())));
        }
    }
    events.sort_by_key(|(at, ..)| *at);
    let mut tester = LinearizabilityTester::new(Register::default());
    for (_, index, ret) in events {
        let entry = &history[index];
        // A thread that waits for a lost answer can do nothing else there, so that operation gets its own.
        let thread = if entry.returned.is_some() { entry.client as usize } else { 1_000 + index };
        match ret {
            None => tester.on_invoke(thread, entry.op.clone()).map(|_| ()),
            Some(ret) => tester.on_return(thread, ret).map(|_| ()),
        }
        .expect("the events are in order");
    }
    tester.is_consistent()
}

/// Stateright's side knows every version from the start, the checker only those that some answer shows: where a
/// mutation took away the only such answer, the two are asked different questions.
fn every_expected_version_is_shown(history: &[Call]) -> bool {
    let shown: HashSet<&str> = history
        .iter()
        .filter_map(|entry| match entry.ret()? {
            Ret::Found { version, .. } | Ret::Written { version } => Some(version.as_str()),
            _ => None,
        })
        .collect();
    history.iter().all(|entry| match &entry.op.action {
        Action::Put { condition: Condition::Version(version), .. }
        | Action::Delete { condition: Condition::Version(version) } => shown.contains(version.as_str()),
        _ => true,
    })
}

#[derive(Default)]
struct Tally {
    linearizable: usize,
    violations: usize,
}

impl Tally {
    fn compare(&mut self, history: &[Call], origin: &str) {
        let verdict = judge(history);
        match (&verdict, stateright_accepts(history)) {
            (Verdict::Linearizable, true) => self.linearizable += 1,
            (Verdict::Violation(_), false) => self.violations += 1,
            (_, accepts) => {
                let history: Vec<String> = history.iter().map(ToString::to_string).collect();
                panic!("{origin}: {verdict}\nstateright accepts: {accepts}\n{}", history.join("\n"));
            }
        }
    }
}

#[test]
fn histories_of_an_atomic_store_agree() {
    let mut tally = Tally::default();
    for seed in 0..1_000 {
        let history = Simulation::new(seed).clients(2 + u32::try_from(seed % 3).expect("small")).run(Fault::None);
        tally.compare(&history, &format!("seed {seed}"));
    }
    assert_eq!((tally.linearizable, tally.violations), (1_000, 0));
}

#[test]
fn histories_of_faulty_stores_agree() {
    for fault in [Fault::StaleRead, Fault::ConditionIgnored, Fault::WriteDropped, Fault::WriteReportedRefused] {
        let mut tally = Tally::default();
        for seed in 0..500 {
            let history = Simulation::new(seed).run(fault);
            tally.compare(&history, &format!("{fault:?}, seed {seed}"));
        }
        assert!(tally.violations > 50, "{fault:?} showed in {} histories", tally.violations);
        assert!(tally.linearizable > 50, "{fault:?} spared {} histories", tally.linearizable);
    }
}

#[test]
fn mutated_histories_agree() {
    let mut tally = Tally::default();
    for seed in 0..2_000 {
        let mut history = Simulation::new(seed).run(Fault::None);
        mutate(&mut history, seed);
        if every_expected_version_is_shown(&history) {
            tally.compare(&history, &format!("seed {seed}"));
        }
    }
    assert!(tally.violations > 500, "{} violations", tally.violations);
    assert!(tally.linearizable > 100, "{} linearizable", tally.linearizable);
}
