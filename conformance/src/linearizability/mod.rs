//! Were these concurrent operations atomic? A linearizability checker.
//!
//! Clients record what they asked and what they were told through a [`Recorder`]. The history that comes out is
//! linearizable when every operation can be given one instant between its invocation and its return so that,
//! replayed in the order of those instants, a sequential [`Model`] would have given the same answers.
//!
//! The search is Wing and Gong's with Lowe's memoisation, one key at a time (linearizability is local, so a history
//! is linearizable exactly when each key's part of it is). It is exponential in the worst case and therefore bounded:
//! a search that runs out of its [`Budget`] is [`Verdict::Inconclusive`], never a pass.
//!
//! An operation whose outcome the client never learned (a lost answer, a cancelled call) returns at infinity: it may
//! take effect at any time after its invocation, or never.
//!
//! [`check_documents`] does all of this for the documents port; [`check_partitioned`] takes any model.

mod check;
mod history;
mod model;
mod recorder;
mod register;
mod register_model;
mod search;
mod verdict;
mod versions;

pub use check::{Budget, check, check_documents, check_partitioned};
pub use history::{Entry, InvalidHistory, Returned};
pub use model::Model;
pub use recorder::{Invocation, Recorder};
pub use register::{Action, Condition, RegisterOp, RegisterRet};
pub use register_model::{RegisterModel, RegisterState};
pub use verdict::{Verdict, Violation};
pub use versions::Versions;
