//! Concurrent histories that an atomic store can produce, odd as some look.

use anyport_conformance::linearizability::{Condition, RegisterOp as Op, RegisterRet as Ret};

use crate::{accepted, call, found, lost, written};

#[test]
fn nothing_at_all_is_accepted() {
    accepted(&[]);
}

#[test]
fn concurrent_writes_may_fall_in_either_order() {
    accepted(&[
        call(1, 0, 10, Op::put("a", 1), written("v1")),
        call(2, 1, 9, Op::put("a", 2), written("v2")),
        call(3, 2, 3, Op::get("a"), found(2, "v2")),
        call(3, 4, 5, Op::get("a"), found(1, "v1")),
    ]);
}

#[test]
fn a_read_during_a_write_may_see_either_state() {
    accepted(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        call(1, 2, 9, Op::put("a", 2), written("v2")),
        call(2, 3, 4, Op::get("a"), found(1, "v1")),
        call(3, 5, 6, Op::get("a"), found(2, "v2")),
    ]);
}

#[test]
fn one_of_two_swaps_wins() {
    accepted(&[
        call(1, 0, 1, Op::create("a", 1), written("v1")),
        call(1, 2, 6, Op::compare_and_swap("a", "v1", 2), Ret::Refused),
        call(2, 3, 7, Op::compare_and_swap("a", "v1", 3), written("v3")),
        call(2, 8, 9, Op::get("a"), found(3, "v3")),
    ]);
}

#[test]
fn the_whole_life_of_a_document_is_accepted() {
    accepted(&[
        call(1, 0, 1, Op::get("a"), Ret::Absent),
        call(1, 2, 3, Op::put_if("a", 1, Condition::Present), Ret::Refused),
        call(1, 4, 5, Op::create("a", 2), written("v2")),
        call(1, 6, 7, Op::put_if("a", 3, Condition::Present), written("v3")),
        call(1, 8, 9, Op::delete_if("a", "v2"), Ret::Refused),
        call(1, 10, 11, Op::delete_if("a", "v3"), Ret::Deleted),
        call(1, 12, 13, Op::delete("a"), Ret::Deleted),
        call(1, 14, 15, Op::delete_when("a", Condition::Present), Ret::Refused),
        call(1, 16, 17, Op::create("a", 4), written("v4")),
    ]);
}

#[test]
fn an_indeterminate_write_may_never_apply() {
    accepted(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        lost(2, 2, Op::put("a", 2)),
        call(1, 3, 4, Op::get("a"), found(1, "v1")),
        call(1, 5, 6, Op::compare_and_swap("a", "v1", 3), written("v3")),
    ]);
}

#[test]
fn an_indeterminate_write_may_apply_long_after() {
    accepted(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        lost(2, 2, Op::put("a", 2)),
        call(2, 3, 4, Op::get("a"), found(1, "v1")),
        call(2, 5, 6, Op::get("a"), found(1, "v1")),
        call(1, 7, 8, Op::get("a"), found(2, "v2")),
        // The version became known only by that read.
        call(1, 9, 10, Op::compare_and_swap("a", "v2", 3), written("v3")),
    ]);
}

#[test]
fn an_indeterminate_write_that_nobody_read_explains_a_refusal() {
    accepted(&[
        lost(1, 0, Op::create("a", 1)),
        call(2, 1, 2, Op::create("a", 2), Ret::Refused),
        call(2, 3, 4, Op::compare_and_swap("a", "guess", 3), Ret::Refused),
        call(2, 5, 6, Op::compare_and_swap("a", "other", 4), written("v4")),
    ]);
}

#[test]
fn an_indeterminate_delete_explains_an_absence() {
    accepted(&[
        call(1, 0, 1, Op::put("a", 1), written("v1")),
        lost(2, 2, Op::delete_if("a", "v1")),
        call(1, 3, 4, Op::get("a"), found(1, "v1")),
        call(1, 5, 6, Op::get("a"), Ret::Absent),
        call(1, 7, 8, Op::create("a", 2), written("v2")),
    ]);
}

#[test]
fn a_delete_that_could_find_nothing_may_be_needed_later() {
    // The delete fits before the create, where it has no effect, but only after it does the refusal make sense.
    accepted(&[
        call(1, 1, 4, Op::create("a", 1), written("v1")),
        call(2, 3, 7, Op::delete("a"), Ret::Deleted),
        call(1, 5, 6, Op::compare_and_swap("a", "v1", 2), Ret::Refused),
    ]);
}

#[test]
fn keys_do_not_touch_each_other() {
    accepted(&[
        call(1, 0, 1, Op::create("a", 1), written("1")),
        call(1, 2, 3, Op::create("b", 1), written("1")),
        call(2, 4, 5, Op::delete_if("a", "1"), Ret::Deleted),
        call(2, 6, 7, Op::get("b"), found(1, "1")),
    ]);
}
