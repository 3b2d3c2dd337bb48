//! What happens to each call, and who decides it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::gate::{Gate, Keeper};

/// What happens to one call on its way.
///
/// A caller cannot tell a request that was lost from an answer that was: whatever breaks once a request is sent leaves a
/// write in doubt. Only [`Fault::Throttle`], and a store that is not reached ([`Faults::refuse`]), tell that nothing
/// was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request is lost after it was sent: the store does nothing, and no answer comes.
    DropBefore,
    /// The store does it, and the answer is lost.
    DropAfter,
    /// The store does it, and the connection ends in the middle of the answer.
    Cut,
    /// The store does it, and closes its side of the connection instead of answering; the caller may go on sending.
    HalfClose,
    /// The server fails without a word on what it did; the store does nothing.
    ServerError,
    /// The request takes its time.
    Delay,
    /// The request arrives twice. Only what is harmless to send twice, reads and writes under a version, ever is.
    Duplicate,
    /// The store asks to slow down, and does nothing.
    Throttle,
}

impl Fault {
    /// Those after which a caller cannot know whether a write was done.
    pub const IN_DOUBT: [Self; 5] = [Self::DropBefore, Self::ServerError, Self::DropAfter, Self::Cut, Self::HalfClose];

    /// Whether the store does what is asked all the same.
    pub const fn is_done(self) -> bool {
        !matches!(self, Self::DropBefore | Self::ServerError | Self::Throttle)
    }
}

enum Plan {
    /// These, then the last one for good.
    Queue(VecDeque<Fault>, Fault),
    /// Each call meets a fault with this probability, in percent.
    Random(Box<StdRng>, u32),
}

/// Decides what happens to each call. Clones share the decision.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    plan: Mutex<Plan>,
    gate: Gate,
}

impl Faults {
    fn planned(plan: Plan) -> Self {
        Self(Arc::new(Shared { plan: Mutex::new(plan), gate: Gate::new() }))
    }

    /// None until some are injected.
    pub fn none() -> Self {
        Self::always(Fault::None)
    }

    /// Every call meets this fault.
    pub fn always(fault: Fault) -> Self {
        Self::planned(Plan::Queue(VecDeque::new(), fault))
    }

    /// Each call meets one of the faults with this probability, in percent.
    pub fn random(seed: u64, percent: u32) -> Self {
        Self::planned(Plan::Random(Box::new(StdRng::seed_from_u64(seed)), percent))
    }

    /// The next call meets this fault; further ones queue up. An adapter that tries again under the hood makes several
    /// calls of one operation: what it must not get past is for [`Faults::persist`].
    pub fn inject(&self, fault: Fault) {
        match &mut *self.plan() {
            Plan::Queue(queue, _) => queue.push_back(fault),
            plan @ Plan::Random(..) => *plan = Plan::Queue(VecDeque::from([fault]), Fault::None),
        }
    }

    /// From now on every call meets this fault, until another one persists; [`Fault::None`] ends it.
    pub fn persist(&self, fault: Fault) {
        *self.plan() = Plan::Queue(VecDeque::new(), fault);
    }

    /// What happens to the next call.
    pub fn next(&self) -> Fault {
        const FAULTS: [Fault; 8] = [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Cut,
            Fault::HalfClose,
            Fault::ServerError,
            Fault::Delay,
            Fault::Duplicate,
            Fault::Throttle,
        ];
        match &mut *self.plan() {
            Plan::Queue(queue, last) => queue.pop_front().unwrap_or(*last),
            Plan::Random(random, percent) => {
                let meets = random.random_range(0..100) < *percent;
                if meets { FAULTS[random.random_range(0..FAULTS.len())] } else { Fault::None }
            }
        }
    }

    /// What was given this fault by [`Faults::next`] turned out to be no call: the next one meets it.
    pub(crate) fn put_back(&self, fault: Fault) {
        if let Plan::Queue(queue, last) = &mut *self.plan()
            && fault != *last
        {
            queue.push_front(fault);
        }
    }

    /// How long a call that is delayed on a wire takes on its way: sometimes longer than others take for all of it.
    pub(crate) fn pause(&self) -> Duration {
        match &mut *self.plan() {
            Plan::Queue(..) => Duration::from_millis(5),
            Plan::Random(random, _) => Duration::from_millis(random.random_range(1..=25)),
        }
    }

    /// From now on the store is not reached: no call gets as far as being sent. Returns once that is so on every wire
    /// that these faults are put on.
    pub async fn refuse(&self) {
        self.0.gate.turn(true).await;
    }

    /// The store is reached again, under the address it had. Returns once that is so.
    pub async fn accept(&self) {
        self.0.gate.turn(false).await;
    }

    /// Whether the store is not reached now.
    pub fn is_refused(&self) -> bool {
        self.0.gate.is_refused()
    }

    /// Who sees to it, on one wire, that a store is not reached.
    pub(crate) fn keeper(&self) -> Keeper {
        self.0.gate.keeper()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
