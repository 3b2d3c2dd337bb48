//! Faults between an adapter and its store: lost requests, lost answers, delays, doubled requests, throttling.
//!
//! In process they are injected by a decorator around the adapter, as here; a network adapter's harness may put them on
//! the wire instead.

mod blobs;
mod documents;
mod messages;
mod secrets;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What happens to one call on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request is lost: the store does nothing.
    DropBefore,
    /// The store does it, and the answer is lost.
    DropAfter,
    /// The request takes its time.
    Delay,
    /// The request arrives twice. Only what is harmless to send twice, reads and writes under a version, ever is.
    Duplicate,
    /// The store asks to slow down, and does nothing.
    Throttle,
}

enum Plan {
    /// These, then none.
    Queue(VecDeque<Fault>),
    /// Each call meets a fault with this probability, in percent.
    Random(Box<StdRng>, u32),
}

/// Decides what happens to each call. Clones share the decision.
#[derive(Clone)]
pub struct Faults(Arc<Mutex<Plan>>);

impl Faults {
    /// None until some are injected.
    pub fn none() -> Self {
        Self(Arc::new(Mutex::new(Plan::Queue(VecDeque::new()))))
    }

    /// Each call meets one of the faults with this probability, in percent.
    pub fn random(seed: u64, percent: u32) -> Self {
        Self(Arc::new(Mutex::new(Plan::Random(Box::new(StdRng::seed_from_u64(seed)), percent))))
    }

    /// The next call meets this fault; further ones queue up.
    pub fn inject(&self, fault: Fault) {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Plan::Queue(queue) => queue.push_back(fault),
            plan @ Plan::Random(..) => *plan = Plan::Queue(VecDeque::from([fault])),
        }
    }

    /// What happens to the next call.
    pub fn next(&self) -> Fault {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Plan::Queue(queue) => queue.pop_front().unwrap_or(Fault::None),
            Plan::Random(random, percent) => {
                const FAULTS: [Fault; 5] =
                    [Fault::DropBefore, Fault::DropAfter, Fault::Delay, Fault::Duplicate, Fault::Throttle];
                if random.random_range(0..100) < *percent {
                    FAULTS[random.random_range(0..FAULTS.len())]
                } else {
                    Fault::None
                }
            }
        }
    }
}

/// A handle that faults can be put behind.
pub trait Faultable: Clone + Send + Sync + 'static {
    /// The same handle with these faults between it and its caller, as if they were between it and its store.
    #[must_use]
    fn through(self, faults: &Faults) -> Self;
}

/// How a call may be treated on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    /// A read: may be sent twice; a lost answer is as a lost request.
    Read,
    /// A write that is refused if it was done before: may be sent twice.
    ConditionalWrite,
    /// Any other write.
    Write,
}

/// Sends a call through the faults.
async fn send<T, F>(faults: &Faults, call: Call, operation: &'static str, mut request: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let lost = |kind, what: &str| Error::new(kind, format!("injected fault: {what}")).during(operation, "");
    match faults.next() {
        Fault::DropBefore => Err(lost(ErrorKind::Unavailable, "the request was lost")),
        Fault::Throttle => Err(lost(ErrorKind::Throttled, "the store asks to slow down")),
        Fault::DropAfter => {
            // Refused requests have no effect to be in doubt about, yet the caller cannot know that either.
            let _unseen = request().await;
            let kind = if call == Call::Read { ErrorKind::Unavailable } else { ErrorKind::Indeterminate };
            Err(lost(kind, "the answer was lost"))
        }
        Fault::Delay => {
            tokio::time::sleep(Duration::from_millis(2)).await;
            request().await
        }
        Fault::Duplicate if call != Call::Write => {
            let answer = request().await;
            let _unseen = request().await;
            answer
        }
        Fault::Duplicate | Fault::None => request().await,
    }
}
