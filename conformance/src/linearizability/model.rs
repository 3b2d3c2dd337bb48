//! The sequential object that a history is held against.

use std::fmt;
use std::hash::Hash;

/// A sequential specification: what one operation after another may answer.
pub trait Model {
    /// What the object remembers between operations.
    type State: Clone + Eq + Hash + fmt::Display;
    /// What a client may ask.
    type Op: Clone + fmt::Display;
    /// What a client may be told.
    type Ret: Clone + fmt::Display;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// The state after `op`, or `None` when `op` cannot have answered `ret` in `state`.
    ///
    /// Without `ret` the operation's outcome is unknown: the answer is the state after it *took effect*, or `None`
    /// when it could have had no effect. That it never took effect is the search's business, not the model's.
    fn step(&self, state: &Self::State, op: &Self::Op, ret: Option<&Self::Ret>) -> Option<Self::State>;

    /// Whether an operation that answered `ret` has no effect in any state, as reads and refusals have none. Such
    /// operations need no search. A delete that happens to find nothing is not one: elsewhere in the order it could
    /// have deleted something.
    fn is_without_effect(&self, op: &Self::Op, ret: &Self::Ret) -> bool;
}
