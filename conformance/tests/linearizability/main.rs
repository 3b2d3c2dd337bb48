//! The linearizability checker, held against histories whose verdict is known.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod cross_check;
mod known_bad;
mod known_good;
mod limits;
mod recording;
mod simulation;

use anyport_conformance::linearizability::{
    Budget, Entry, RegisterOp, RegisterRet, Verdict, Violation, check_documents,
};

type Call = Entry<RegisterOp, RegisterRet>;

fn call(client: u32, from: u64, to: u64, op: RegisterOp, ret: RegisterRet) -> Call {
    Entry::completed(client, from, to, op, ret)
}

fn lost(client: u32, from: u64, op: RegisterOp) -> Call {
    Entry::indeterminate(client, from, op)
}

fn found(value: u64, version: &str) -> RegisterRet {
    RegisterRet::Found { value, version: version.to_owned() }
}

fn written(version: &str) -> RegisterRet {
    RegisterRet::Written { version: version.to_owned() }
}

fn judge(history: &[Call]) -> Verdict {
    check_documents(history, Budget::default()).expect("the history is well formed")
}

#[track_caller]
fn refused(history: &[Call]) -> Violation {
    match judge(history) {
        Verdict::Violation(violation) => violation,
        other => panic!("expected a violation, got: {other}"),
    }
}

#[track_caller]
fn accepted(history: &[Call]) {
    let verdict = judge(history);
    assert!(verdict.is_linearizable(), "{verdict}");
}
