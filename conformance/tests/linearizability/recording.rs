//! The recorder under real threads.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;

use anyport_conformance::linearizability::{Recorder, RegisterOp as Op, RegisterRet as Ret};

use crate::{accepted, found, refused};

type Store = Mutex<HashMap<String, u64>>;

fn write(store: &Store, key: &str, value: u64) -> Ret {
    store.lock().expect("the store").insert(key.to_owned(), value);
    Ret::Written { version: format!("v{value}") }
}

fn read(store: &Store, key: &str) -> Ret {
    match store.lock().expect("the store").get(key) {
        Some(&value) => found(value, &format!("v{value}")),
        None => Ret::Absent,
    }
}

#[test]
fn threads_on_an_atomic_store_are_linearizable() {
    let (store, recorder) = (Store::default(), Recorder::new());
    thread::scope(|scope| {
        for client in 0..8_u32 {
            let (store, recorder) = (&store, &recorder);
            scope.spawn(move || {
                for step in 0..25_u64 {
                    let key = format!("key-{}", step % 4);
                    let value = u64::from(client) * 1000 + step;
                    let call = recorder.invoke(client, Op::put(&key, value));
                    let answer = write(store, &key, value);
                    if step % 10 == 9 {
                        recorder.indeterminate(call);
                    } else {
                        recorder.ok(call, answer);
                    }
                    let call = recorder.invoke(client, Op::get(&key));
                    recorder.ok(call, read(store, &key));
                }
            });
        }
    });
    let history = recorder.history();
    assert_eq!(history.len(), 400);
    assert_eq!(history.iter().filter(|entry| entry.returned.is_none()).count(), 16);
    accepted(&history);
}

#[test]
fn an_invocation_that_is_never_resolved_may_have_applied() {
    let (store, recorder) = (Store::default(), Recorder::new());
    drop(recorder.invoke(1, Op::put("a", 1)));
    write(&store, "a", 1);
    let call = recorder.invoke(2, Op::get("a"));
    recorder.ok(call, read(&store, "a"));
    accepted(&recorder.history());
}

#[test]
fn a_failed_operation_that_applied_is_refused() {
    let (store, recorder) = (Store::default(), Recorder::new());
    let call = recorder.invoke(1, Op::put("a", 1));
    write(&store, "a", 1);
    recorder.failed(call);
    let call = recorder.invoke(2, Op::get("a"));
    recorder.ok(call, read(&store, "a"));
    let history = recorder.history();
    assert_eq!(history.len(), 1);
    refused(&history);
}
