//! The search for an order: depth first over (operations applied, state) pairs, none visited twice.

use std::cmp::Reverse;
use std::collections::HashSet;

use fixedbitset::FixedBitSet;

use super::history::Entry;
use super::model::Model;

/// How a search ended.
pub(super) enum Outcome<S> {
    Linearised,
    /// Every order fails; this is the one that got furthest.
    Stuck(Furthest<S>),
    OutOfBudget {
        explored: u64,
    },
}

/// The order that explained the most answers.
pub(super) struct Furthest<S> {
    /// Indices into the entries, in the order in which they were applied.
    pub(super) path: Vec<usize>,
    /// Where that order leads.
    pub(super) state: S,
    /// The answered entries that could come next in real time. The state forbids each, or the order would go on.
    pub(super) stuck: Vec<usize>,
}

/// One level of the search: the moves not tried yet, best last.
struct Frame<S> {
    moves: Vec<(usize, S)>,
}

/// Looks for a linearisation of `entries`, which are in order of invocation, within `budget` configurations.
pub(super) fn search<M: Model>(model: &M, entries: &[Entry<M::Op, M::Ret>], budget: u64) -> Outcome<M::State> {
    let mut remaining = entries.iter().filter(|entry| entry.returned.is_some()).count();
    if remaining == 0 {
        return Outcome::Linearised;
    }
    let mut applied = FixedBitSet::with_capacity(entries.len());
    let mut visited: HashSet<(FixedBitSet, M::State)> = HashSet::new();
    let mut path: Vec<usize> = Vec::new();
    let mut fewest_left = remaining;
    let mut furthest = (Vec::new(), applied.clone(), model.initial());
    let mut explored = 0;
    let mut frames = vec![Frame { moves: moves(model, entries, &applied, &model.initial()) }];

    while let Some(frame) = frames.last_mut() {
        let Some((index, state)) = frame.moves.pop() else {
            frames.pop();
            if let Some(index) = path.pop() {
                applied.remove(index);
                remaining += usize::from(entries[index].returned.is_some());
            }
            continue;
        };
        applied.insert(index);
        if !visited.insert((applied.clone(), state.clone())) {
            applied.remove(index);
            continue;
        }
        explored += 1;
        if explored > budget {
            return Outcome::OutOfBudget { explored: budget };
        }
        path.push(index);
        remaining -= usize::from(entries[index].returned.is_some());
        if remaining == 0 {
            return Outcome::Linearised;
        }
        if remaining < fewest_left {
            fewest_left = remaining;
            furthest = (path.clone(), applied.clone(), state.clone());
        }
        frames.push(Frame { moves: moves(model, entries, &applied, &state) });
    }

    let (path, applied, state) = furthest;
    let stuck = candidates(entries, &applied).into_iter().filter(|&index| entries[index].returned.is_some()).collect();
    Outcome::Stuck(Furthest { path, state, stuck })
}

/// The operations that may be next in real time: none that is left returned before they were invoked.
fn candidates<O, R>(entries: &[Entry<O, R>], applied: &FixedBitSet) -> Vec<usize> {
    let mut open = Vec::new();
    let mut first_end = u64::MAX;
    for index in applied.zeroes() {
        let entry = &entries[index];
        // An entry that returns earlier than this one is invoked was also invoked earlier, so it has been seen.
        if entry.invoked_at > first_end {
            break;
        }
        first_end = first_end.min(entry.end());
        open.push(index);
    }
    open
}

/// The steps that the model allows from here, most promising last.
fn moves<M: Model>(
    model: &M,
    entries: &[Entry<M::Op, M::Ret>],
    applied: &FixedBitSet,
    state: &M::State,
) -> Vec<(usize, M::State)> {
    let mut moves = Vec::new();
    for index in candidates(entries, applied) {
        let entry = &entries[index];
        let Some(next) = model.step(state, &entry.op, entry.ret()) else { continue };
        match entry.ret() {
            // Whether and when it applied makes no difference here.
            None if next == *state => {}
            // It fits now and never has an effect, so any order in which it comes later stays valid when it is moved
            // here: nothing else need be tried.
            Some(ret) if next == *state && model.is_without_effect(&entry.op, ret) => return vec![(index, next)],
            _ => moves.push((index, next)),
        }
    }
    // What returned first most likely came first; what has no known outcome is a last resort.
    moves.sort_by_key(|&(index, _)| Reverse(entries[index].end()));
    moves
}
