//! The sequential specification of one document.

use std::collections::BTreeSet;
use std::fmt;

use super::model::Model;
use super::register::{Action, Condition, RegisterOp, RegisterRet};
use super::versions::{Belongs, Versions};

/// One document with conditional writes and deletes, held against what the key's history shows of its versions.
#[derive(Debug, Clone)]
pub struct RegisterModel {
    versions: Versions,
}

/// The document between two operations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegisterState {
    /// There is none.
    Absent,
    /// There is one.
    Present {
        /// Its content, which also identifies the write that made it.
        value: u64,
        /// Versions that it cannot have, because a condition on them was refused while it stood. Only filled for a
        /// write whose own version was never seen.
        excluded: BTreeSet<String>,
    },
}

impl RegisterState {
    fn present(value: u64) -> Self {
        Self::Present { value, excluded: BTreeSet::new() }
    }
}

impl RegisterModel {
    /// A document, absent at first, whose versions are those of `versions`.
    pub fn new(versions: Versions) -> Self {
        Self { versions }
    }

    /// Whether `condition` holds; `Unknown` when it names a version that may or may not be the document's.
    fn holds(&self, state: &RegisterState, condition: &Condition) -> Belongs {
        let certainly = |holds| if holds { Belongs::Yes } else { Belongs::No };
        match (condition, state) {
            (Condition::Always, _) => Belongs::Yes,
            (Condition::Absent, state) => certainly(*state == RegisterState::Absent),
            (Condition::Present, state) => certainly(*state != RegisterState::Absent),
            (Condition::Version(_), RegisterState::Absent) => Belongs::No,
            (Condition::Version(version), RegisterState::Present { excluded, .. }) if excluded.contains(version) => {
                Belongs::No
            }
            (Condition::Version(version), RegisterState::Present { value, .. }) => {
                self.versions.belongs(version, *value)
            }
        }
    }

    /// The state after a conditional operation was refused.
    fn refused(&self, state: &RegisterState, condition: &Condition) -> Option<RegisterState> {
        match (self.holds(state, condition), condition, state) {
            (Belongs::Yes, ..) => None,
            (Belongs::Unknown, Condition::Version(version), RegisterState::Present { value, excluded }) => {
                let mut excluded = excluded.clone();
                excluded.insert(version.clone());
                Some(RegisterState::Present { value: *value, excluded })
            }
            _ => Some(state.clone()),
        }
    }

    fn get(&self, state: &RegisterState, ret: Option<&RegisterRet>) -> Option<RegisterState> {
        let fits = match (ret, state) {
            (None, _) | (Some(RegisterRet::Absent), RegisterState::Absent) => true,
            (Some(RegisterRet::Found { value: seen, version }), RegisterState::Present { value, .. }) => {
                seen == value && self.versions.belongs(version, *value) == Belongs::Yes
            }
            _ => false,
        };
        fits.then(|| state.clone())
    }

    /// A put or delete, which leaves `after` behind when its condition holds. `succeeded` says whether an answer
    /// means that.
    fn write(
        &self,
        state: &RegisterState,
        condition: &Condition,
        ret: Option<&RegisterRet>,
        succeeded: impl Fn(&RegisterRet) -> bool,
        after: RegisterState,
    ) -> Option<RegisterState> {
        match ret {
            Some(RegisterRet::Refused) => self.refused(state, condition),
            Some(ret) if !succeeded(ret) => None,
            _ => (self.holds(state, condition) != Belongs::No).then_some(after),
        }
    }
}

impl Model for RegisterModel {
    type State = RegisterState;
    type Op = RegisterOp;
    type Ret = RegisterRet;

    fn initial(&self) -> RegisterState {
        RegisterState::Absent
    }

    fn step(&self, state: &RegisterState, op: &RegisterOp, ret: Option<&RegisterRet>) -> Option<RegisterState> {
        match &op.action {
            Action::Get => self.get(state, ret),
            Action::Put { value, condition } => {
                let succeeded = |ret: &RegisterRet| match ret {
                    RegisterRet::Written { version } => self.versions.belongs(version, *value) == Belongs::Yes,
                    _ => false,
                };
                self.write(state, condition, ret, succeeded, RegisterState::present(*value))
            }
            Action::Delete { condition } => {
                let succeeded = |ret: &RegisterRet| *ret == RegisterRet::Deleted;
                self.write(state, condition, ret, succeeded, RegisterState::Absent)
            }
        }
    }

    fn is_without_effect(&self, op: &RegisterOp, ret: &RegisterRet) -> bool {
        op.action == Action::Get || *ret == RegisterRet::Refused
    }
}

impl fmt::Display for RegisterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "the document is absent"),
            Self::Present { value, .. } => write!(f, "the document is {value}"),
        }
    }
}
