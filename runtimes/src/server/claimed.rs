//! Doing what was claimed, in a task of its own.

use std::hash::Hash;

use anyport_ports::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::claims::{Claim, Worker};
use crate::function::kind::EventInput;
use crate::layers::Deadline;

/// How a claim ended: done with for good, or to be looked at again then.
pub(super) type Ended<K> = (K, Option<Timestamp>);

/// Calls the function with what was claimed, and tells how it ended.
pub(super) fn spawn<I, K>(
    worker: &Worker<I>,
    tasks: &mut JoinSet<()>,
    key: K,
    claim: Claim,
    input: I,
    ended: UnboundedSender<Ended<K>>,
) where
    I: EventInput + Clone,
    K: Eq + Hash + Send + 'static,
{
    let worker = worker.clone();
    tasks.spawn(async move {
        let (_, again) = worker.run(claim, input, Deadline::NONE).await;
        // Who listens ends before its tasks only when everything does.
        let _ = ended.send((key, again));
    });
}
