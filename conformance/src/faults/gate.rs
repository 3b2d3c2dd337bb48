//! Whether the store is reached: a state rather than a fault of one call, and one that takes effect before anyone goes on.

use std::future::pending;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// How often the gate was turned, and how it stands.
#[derive(Clone, Copy)]
struct Turned {
    times: u64,
    refused: bool,
}

pub(super) struct Gate {
    turned: watch::Sender<Turned>,
    /// By keeper, the number of the last turn that it has carried out.
    keepers: Mutex<Vec<watch::Receiver<u64>>>,
}

impl Gate {
    /// An open gate.
    pub(super) fn new() -> Self {
        Self { turned: watch::Sender::new(Turned { times: 0, refused: false }), keepers: Mutex::default() }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.turned.borrow().refused
    }

    /// Turns it, and waits until every keeper has done so.
    pub(super) async fn turn(&self, refused: bool) {
        let mut times = 0;
        self.turned.send_modify(|turned| {
            turned.times += u64::from(turned.refused != refused);
            turned.refused = refused;
            times = turned.times;
        });
        let keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for mut keeper in keepers {
            // One that has gone lets nobody through any more.
            let _gone = keeper.wait_for(|done| *done >= times).await;
        }
    }

    pub(super) fn keeper(&self) -> Keeper {
        let turned = self.turned.subscribe();
        let done = watch::Sender::new(0);
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner).push(done.subscribe());
        Keeper { turned, done }
    }
}

/// Carries out what the gate is turned to.
pub(crate) struct Keeper {
    turned: watch::Receiver<Turned>,
    done: watch::Sender<u64>,
}

/// A turn to be carried out.
pub(crate) struct Turn(u64);

impl Keeper {
    /// Waits until the gate is turned to refuse, or to accept.
    pub(crate) async fn turned(&mut self, to_refuse: bool) -> Turn {
        let turned = self.turned.wait_for(|turned| turned.refused == to_refuse).await.map(|turned| turned.times);
        match turned {
            Ok(times) => Turn(times),
            // Nobody is left to turn it.
            Err(_) => pending().await,
        }
    }

    /// The turn is carried out.
    pub(crate) fn done(&self, turn: &Turn) {
        self.done.send_replace(turn.0);
    }
}
