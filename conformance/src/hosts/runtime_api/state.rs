//! What has been asked and answered.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::{FunctionError, Invocation, InvocationResult, Refusal};

/// What the API knows, shared by its connections.
#[derive(Debug, Default)]
pub(super) struct State {
    inner: Mutex<Inner>,
    /// An event is waiting.
    queued: Notify,
    /// A process has asked for an event.
    asked: Notify,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    waiting: VecDeque<(String, Invocation)>,
    invocations: HashMap<String, Stage>,
    count: u64,
    pub(super) polled: bool,
    pub(super) init_errors: Vec<FunctionError>,
    pub(super) extensions: Vec<String>,
    pub(super) refusals: Vec<Refusal>,
}

/// Where an invocation is in its life.
#[derive(Debug)]
enum Stage {
    Waiting(oneshot::Sender<InvocationResult>),
    Running(oneshot::Sender<InvocationResult>),
    /// It is being answered, or has been.
    Ended,
}

/// Why an answer cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongAnswer {
    UnknownId,
    WrongState,
}

impl State {
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn invoke(&self, invocation: Invocation) -> InvocationResult {
        let (sender, receiver) = oneshot::channel();
        self.with(|inner| {
            inner.count += 1;
            let id = format!("8476a536-e9f4-11e8-9739-{:012x}", inner.count);
            inner.invocations.insert(id.clone(), Stage::Waiting(sender));
            inner.waiting.push_back((id, invocation));
        });
        self.queued.notify_one();
        let gone = FunctionError { error_type: "Sandbox.Gone".to_owned(), message: "the API is gone".to_owned() };
        receiver.await.unwrap_or(InvocationResult::Error(gone))
    }

    /// The next event, once there is one.
    pub(super) async fn next(&self) -> (String, Invocation) {
        self.with(|inner| inner.polled = true);
        self.asked.notify_waiters();
        loop {
            let queued = self.queued.notified();
            let next = self.with(|inner| {
                let (id, invocation) = inner.waiting.pop_front()?;
                if let Some(stage) = inner.invocations.get_mut(&id)
                    && let Stage::Waiting(sender) = std::mem::replace(stage, Stage::Ended)
                {
                    *stage = Stage::Running(sender);
                }
                Some((id, invocation, inner.waiting.is_empty()))
            });
            if let Some((id, invocation, last)) = next {
                if !last {
                    self.queued.notify_one();
                }
                return (id, invocation);
            }
            queued.await;
        }
    }

    pub(super) async fn polled(&self) {
        loop {
            let asked = self.asked.notified();
            tokio::pin!(asked);
            asked.as_mut().enable();
            if self.with(|inner| inner.polled) {
                return;
            }
            asked.await;
        }
    }

    /// The right to answer an invocation, which is given once.
    pub(super) fn answerer(&self, id: &str) -> Result<oneshot::Sender<InvocationResult>, WrongAnswer> {
        self.with(|inner| {
            let stage = inner.invocations.get_mut(id).ok_or(WrongAnswer::UnknownId)?;
            match std::mem::replace(stage, Stage::Ended) {
                Stage::Running(sender) => Ok(sender),
                other => {
                    *stage = other;
                    Err(WrongAnswer::WrongState)
                }
            }
        })
    }
}
