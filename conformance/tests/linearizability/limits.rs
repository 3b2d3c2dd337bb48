//! What the checker does at its limits, and with histories it cannot judge.

use anyport_conformance::linearizability::{
    Budget, InvalidHistory, RegisterOp as Op, RegisterRet as Ret, Verdict, check_documents,
};

use crate::simulation::{Fault, Simulation};
use crate::{call, found, judge, refused, written};

#[test]
fn a_search_out_of_budget_is_inconclusive() {
    let history = [
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::put("a", 2), written("v2")),
        call(1, 4, 5, Op::get("a"), found(2, "v2")),
    ];
    let verdict = |configurations| check_documents(&history, Budget { configurations }).expect("well formed");
    assert_eq!(verdict(2), Verdict::Inconclusive { partition: "a".to_owned(), explored: 2 });
    assert!(!verdict(2).is_linearizable());
    assert!(verdict(2).to_string().starts_with("inconclusive"));
    assert!(verdict(3).is_linearizable());
}

#[test]
fn a_violation_outweighs_an_inconclusive_key() {
    let mut history: Vec<_> =
        (0..9).map(|n| call(1, 2 * n, 2 * n + 1, Op::put("a", n), written(&format!("v{n}")))).collect();
    let verdict = |history: &[_]| check_documents(history, Budget { configurations: 3 }).expect("well formed");
    assert!(matches!(verdict(&history), Verdict::Inconclusive { .. }));
    history.push(call(2, 0, 1, Op::delete_if("b", "v0"), Ret::Deleted));
    assert_eq!(verdict(&history).violation().map(|violation| violation.partition.as_str()), Some("b"));
}

#[test]
fn a_value_written_twice_is_a_fault_of_the_workload() {
    let history = [
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::put("b", 1), written("v1")),
        call(1, 4, 5, Op::put("a", 1), written("v2")),
    ];
    let refusal = check_documents(&history, Budget::default()).expect_err("the value is not unique");
    assert_eq!(refusal, InvalidHistory::ValueWrittenTwice { key: "a".to_owned(), value: 1 });
}

#[test]
fn a_return_before_its_invocation_is_a_fault_of_the_workload() {
    let history = [call(1, 5, 4, Op::get("a"), Ret::Absent)];
    let refusal = check_documents(&history, Budget::default()).expect_err("the clock runs backwards");
    assert!(matches!(refusal, InvalidHistory::ReturnsBeforeInvocation { invoked_at: 5, returned_at: 4, .. }));
}

#[test]
fn histories_of_the_suite_s_size_are_judged_within_the_default_budget() {
    for seed in 0..20 {
        let history = Simulation::new(seed).keys(4).clients(8).operations(200).run(Fault::None);
        let verdict = judge(&history);
        assert!(verdict.is_linearizable(), "seed {seed}: {verdict}");

        // A wrong last read makes the search exhaust every order before it may say so.
        let mut broken = history;
        let end = broken.iter().filter_map(|entry| entry.returned.as_ref()).map(|r| r.at).max().unwrap_or(0);
        broken.push(call(9, end + 1, end + 2, Op::get("key-0"), found(u64::MAX, "nobody's")));
        let violation = refused(&broken);
        assert_eq!(violation.partition, "key-0", "seed {seed}");
        assert!(violation.lines().len() > 3, "{violation}");
    }
}
