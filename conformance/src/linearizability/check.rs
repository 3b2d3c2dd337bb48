//! From a history to a verdict.

use std::fmt;

use super::history::{Entry, InvalidHistory, partition, prefix, validate};
use super::model::Model;
use super::register::{RegisterOp, RegisterRet};
use super::register_model::RegisterModel;
use super::search::{Furthest, Outcome, search};
use super::verdict::{Verdict, Violation};
use super::versions::{Versions, values_are_distinct};

/// What a model is held against.
type History<M> = Vec<Entry<<M as Model>::Op, <M as Model>::Ret>>;

/// How much a search may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Configurations (operations applied, state) explored per key. Each is kept in memory until the key is done.
    pub configurations: u64,
}

impl Default for Budget {
    /// A million configurations per key: seconds, and a few hundred megabytes at worst.
    fn default() -> Self {
        Self { configurations: 1_000_000 }
    }
}

/// Judges the history of one object. `partition` names it in the verdict.
pub fn check<M: Model>(
    model: &M,
    partition: &str,
    entries: &[Entry<M::Op, M::Ret>],
    budget: Budget,
) -> Result<Verdict, InvalidHistory> {
    validate(entries)?;
    let mut entries = entries.to_vec();
    entries.sort_by_key(|entry| entry.invoked_at);
    Ok(match search(model, &entries, budget.configurations) {
        Outcome::Linearised => Verdict::Linearizable,
        Outcome::OutOfBudget { explored } => Verdict::Inconclusive { partition: partition.to_owned(), explored },
        Outcome::Stuck(furthest) => {
            let (cut, furthest) = shortest(model, entries.clone(), furthest, budget);
            Verdict::Violation(explain(partition, &entries, &cut, &furthest))
        }
    })
}

/// Splits a history by key and judges each part with the model that `model_of` makes for it. `model_of` may already
/// find a violation.
///
/// A violation of any key outweighs an inconclusive search of another.
pub fn check_partitioned<K, M: Model>(
    entries: &[Entry<M::Op, M::Ret>],
    key_of: impl Fn(&M::Op) -> K,
    model_of: impl Fn(&K, &[Entry<M::Op, M::Ret>]) -> Result<M, Violation>,
    budget: Budget,
) -> Result<Verdict, InvalidHistory>
where
    K: Ord + fmt::Display,
{
    let mut verdict = Verdict::Linearizable;
    for (key, part) in partition(entries, key_of) {
        let found = match model_of(&key, &part) {
            Ok(model) => check(&model, &key.to_string(), &part, budget)?,
            Err(violation) => Verdict::Violation(violation),
        };
        match found {
            Verdict::Linearizable => {}
            Verdict::Violation(_) => return Ok(found),
            Verdict::Inconclusive { .. } => verdict = found,
        }
    }
    Ok(verdict)
}

/// Judges a history of the documents port: per key, a register with conditional writes and deletes whose versions
/// are opaque, new on every write and never reused.
///
/// # Errors
/// [`InvalidHistory`] when the workload wrote one value twice to a key, or its clock ran backwards.
pub fn check_documents(entries: &[Entry<RegisterOp, RegisterRet>], budget: Budget) -> Result<Verdict, InvalidHistory> {
    values_are_distinct(entries)?;
    check_partitioned(
        entries,
        |op: &RegisterOp| op.key.clone(),
        |key, part| Versions::learn(key, part).map(RegisterModel::new),
        budget,
    )
}

/// Cuts a violating history at the first return that makes it impossible. Linearizability is prefix closed, so the
/// length can be found by bisection.
fn shortest<M: Model>(
    model: &M,
    entries: History<M>,
    furthest: Furthest<M::State>,
    budget: Budget,
) -> (History<M>, Furthest<M::State>) {
    let mut possible = 0;
    let mut impossible = entries.iter().filter(|entry| entry.returned.is_some()).count();
    let mut shortest = (entries, furthest);
    while impossible - possible > 1 {
        let middle = possible.midpoint(impossible);
        let cut = prefix(&shortest.0, middle);
        match search(model, &cut, budget.configurations) {
            Outcome::Linearised => possible = middle,
            Outcome::Stuck(furthest) => {
                impossible = middle;
                shortest = (cut, furthest);
            }
            // A longer trace is still a true one.
            Outcome::OutOfBudget { .. } => break,
        }
    }
    shortest
}

/// Puts a violation into words. `cut` is a prefix in time of `entries`, so the two have the same indices.
fn explain<O: fmt::Display, R: fmt::Display, S: fmt::Display>(
    partition: &str,
    entries: &[Entry<O, R>],
    cut: &[Entry<O, R>],
    furthest: &Furthest<S>,
) -> Violation {
    let Furthest { path, state, stuck } = furthest;
    let describe = |index: usize| match (&entries[index].returned, &cut[index].returned) {
        (Some(_), None) => {
            let Entry { client, invoked_at, op, .. } = &cut[index];
            format!("client {client} [{invoked_at}..] {op} (still under way)")
        }
        _ => cut[index].to_string(),
    };
    Violation {
        partition: partition.to_owned(),
        summary: format!(
            "no order of these operations explains every answer; at best {} of {} fit",
            path.iter().filter(|&&index| cut[index].returned.is_some()).count(),
            cut.iter().filter(|entry| entry.returned.is_some()).count(),
        ),
        linearised: path.iter().map(|&index| describe(index)).collect(),
        stuck: stuck.iter().map(|&index| format!("{} is impossible when {state}", describe(index))).collect(),
    }
}
