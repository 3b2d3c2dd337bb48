//! Histories that no atomic store can produce.

use anyport_conformance::linearizability::{Condition, RegisterOp as Op, RegisterRet as Ret};

use crate::{call, found, lost, refused, written};

#[test]
fn a_stale_read_is_refused() {
    let violation = refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::put("a", 2), written("v2")),
        call(2, 4, 5, Op::get("a"), found(1, "v1")),
        call(2, 6, 7, Op::get("a"), found(2, "v2")),
    ]);
    assert_eq!(violation.partition, "a");
    assert_eq!(violation.linearised.len(), 2, "the two writes still make sense: {violation}");
    assert_eq!(
        violation.stuck,
        ["client 2 [4..5] get(\"a\") -> 1 at version \"v1\" is impossible when the document is 2"],
        "the later read, which is right, is cut off"
    );
}

#[test]
fn a_read_that_goes_back_in_time_is_refused() {
    refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 9, Op::put("a", 2), written("v2")),
        call(2, 3, 4, Op::get("a"), found(2, "v2")),
        call(3, 5, 6, Op::get("a"), found(1, "v1")),
    ]);
}

#[test]
fn a_lost_update_is_refused() {
    let violation = refused(&[
        call(1, 0, 1, Op::create("a", 1), written("v1")),
        call(1, 2, 6, Op::compare_and_swap("a", "v1", 2), written("v2")),
        call(2, 3, 7, Op::compare_and_swap("a", "v1", 3), written("v3")),
    ]);
    assert_eq!(violation.summary, "two conditional operations succeeded on the version \"v1\"");
    assert_eq!(violation.stuck.len(), 2);
}

#[test]
fn a_write_that_vanishes_is_refused() {
    refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(2, 2, 3, Op::put("a", 2), written("v2")),
        call(1, 4, 5, Op::compare_and_swap("a", "v1", 3), written("v3")),
    ]);
}

#[test]
fn two_creators_are_refused() {
    refused(&[call(1, 0, 4, Op::create("a", 1), written("v1")), call(2, 1, 5, Op::create("a", 2), written("v2"))]);
}

#[test]
fn a_version_reused_after_recreation_is_refused() {
    let violation = refused(&[
        call(1, 0, 1, Op::create("a", 1), written("1")),
        call(2, 2, 3, Op::delete("a"), Ret::Deleted),
        call(2, 4, 5, Op::create("a", 2), written("1")),
        call(1, 6, 7, Op::compare_and_swap("a", "1", 3), written("2")),
    ]);
    assert_eq!(violation.summary, "the version \"1\" was given to two writes");
}

#[test]
fn a_stale_version_that_succeeds_after_recreation_is_refused() {
    refused(&[
        call(1, 0, 1, Op::create("a", 1), written("v1")),
        call(2, 2, 3, Op::delete("a"), Ret::Deleted),
        call(2, 4, 5, Op::create("a", 2), written("v2")),
        call(1, 6, 7, Op::delete_if("a", "v1"), Ret::Deleted),
    ]);
}

#[test]
fn a_version_that_changes_without_a_write_is_refused() {
    let violation =
        refused(&[call(1, 0, 1, Op::create("a", 1), written("v1")), call(1, 2, 3, Op::get("a"), found(1, "v1b"))]);
    assert_eq!(violation.summary, "the version of the value 1 changed without a write");
}

#[test]
fn a_value_that_nobody_wrote_is_refused() {
    refused(&[call(1, 0, 1, Op::put("a", 1), written("v1")), call(2, 2, 3, Op::get("a"), found(99, "v99"))]);
}

#[test]
fn a_refused_write_that_took_effect_is_refused() {
    refused(&[
        call(1, 0, 1, Op::create("a", 1), written("v1")),
        call(2, 2, 3, Op::create("a", 2), Ret::Refused),
        call(1, 4, 5, Op::get("a"), found(2, "v2")),
    ]);
}

#[test]
fn a_refusal_without_a_reason_is_refused() {
    refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::compare_and_swap("a", "v1", 2), Ret::Refused),
    ]);
    refused(&[call(1, 0, 1, Op::create("a", 1), Ret::Refused)]);
    refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::put_if("a", 2, Condition::Present), Ret::Refused),
    ]);
}

#[test]
fn a_replacement_of_nothing_is_refused() {
    refused(&[call(1, 0, 1, Op::put_if("a", 1, Condition::Present), written("v1"))]);
    refused(&[call(1, 0, 1, Op::compare_and_swap("a", "v0", 1), written("v1"))]);
}

#[test]
fn a_deleted_document_that_returns_is_refused() {
    refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::delete("a"), Ret::Deleted),
        call(2, 4, 5, Op::get("a"), found(1, "v1")),
    ]);
}

#[test]
fn an_effect_before_its_invocation_is_refused() {
    refused(&[call(1, 0, 1, Op::get("a"), found(1, "v1")), call(2, 2, 3, Op::put("a", 1), written("v1"))]);
    refused(&[call(1, 0, 1, Op::get("a"), found(1, "v1")), lost(2, 2, Op::put("a", 1))]);
}

#[test]
fn an_indeterminate_write_that_applies_twice_is_refused() {
    refused(&[
        lost(1, 0, Op::put("a", 1)),
        call(2, 1, 2, Op::get("a"), found(1, "v1")),
        call(2, 3, 4, Op::put("a", 2), written("v2")),
        call(2, 5, 6, Op::get("a"), found(1, "v1")),
    ]);
}

#[test]
fn an_indeterminate_write_keeps_one_version() {
    // Its version is not known from the write, but the refusal and the success contradict each other.
    refused(&[
        lost(1, 0, Op::put("a", 1)),
        call(2, 1, 2, Op::get("a"), found(1, "v1")),
        call(2, 3, 4, Op::compare_and_swap("a", "v1", 2), Ret::Refused),
        call(2, 5, 6, Op::get("a"), found(1, "v1")),
    ]);
    // The same through a version that no read ever tied to the value.
    refused(&[
        lost(1, 0, Op::put("a", 1)),
        call(2, 1, 2, Op::create("a", 2), Ret::Refused),
        call(2, 3, 4, Op::compare_and_swap("a", "guess", 3), Ret::Refused),
        call(2, 5, 6, Op::compare_and_swap("a", "guess", 4), written("v4")),
    ]);
}

#[test]
fn a_violation_of_one_key_is_found_among_others() {
    let violation = refused(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 3, Op::put("b", 1), written("v1")),
        call(2, 4, 5, Op::get("b"), Ret::Absent),
        call(2, 6, 7, Op::get("a"), found(1, "v1")),
    ]);
    assert_eq!(violation.partition, "b");
}
