//! Batches whose entries fail one by one: around the call, an entry that may do better alone makes the call fail, and the
//! next attempt is of such entries only.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::messages::Batch;
use crate::{Error, ErrorKind, Result, Retry};

/// The entries of a batched call, and what became of each.
pub(super) struct Entries<'a, T> {
    batch: &'a Batch<T>,
    state: Mutex<State>,
}

struct State {
    results: Vec<Option<Result<()>>>,
    /// Whether entries were told of one by one.
    apart: bool,
}

impl<'a, T: Clone> Entries<'a, T> {
    pub(super) fn of(batch: &'a Batch<T>) -> Self {
        let results = batch.as_slice().iter().map(|_| None).collect();
        Self { batch, state: Mutex::new(State { results, apart: false }) }
    }

    /// Performs the call for the entries that are not settled; an error if one of them may do better another time.
    pub(super) async fn attempt<F>(&self, perform: impl FnOnce(Batch<T>) -> F) -> Result<()>
    where
        F: Future<Output = Result<Vec<Result<()>>>>,
    {
        // What is under way in an attempt that is given up is open: it has no result.
        let pending = self.state().take_pending();
        let entries = pending.iter().filter_map(|(at, _)| self.batch.as_slice().get(*at).cloned());
        match perform(Batch::new(entries)?).await {
            Ok(answers) => {
                let again =
                    answers.iter().find_map(|answer| answer.as_ref().err().filter(|error| may_do_better(error)));
                let ended = again.cloned().map_or(Ok(()), Err);
                let mut state = self.state();
                state.apart = true;
                state.settle(pending.into_iter().zip(answers));
                ended
            }
            Err(error) => {
                let answers = std::iter::repeat_with(|| Err(error.clone()));
                self.state().settle(pending.into_iter().zip(answers));
                Err(error)
            }
        }
    }

    /// A result for each entry, unless none was told of by itself.
    pub(super) fn results(self, ended: Result<()>) -> Result<Vec<Result<()>>> {
        let State { results, apart } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let results: Option<Vec<Result<()>>> = results.into_iter().collect();
        match (results, ended) {
            (Some(results), ended) if apart || ended.is_ok() => Ok(results),
            (_, Err(error)) => Err(error),
            (_, Ok(())) => Err(Error::new(ErrorKind::Internal, "the batch has fewer results than entries")),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_pending(&mut self) -> Vec<(usize, Option<Error>)> {
        let open = self.results.iter_mut().enumerate().filter(|(_, result)| match result {
            None => true,
            Some(Ok(())) => false,
            Some(Err(error)) => may_do_better(error),
        });
        open.map(|(at, result)| (at, result.take().and_then(Result::err))).collect()
    }

    /// Notes what became of entries. One that may have been done stays so, whatever a later attempt says but success.
    fn settle(&mut self, told: impl Iterator<Item = ((usize, Option<Error>), Result<()>)>) {
        for ((at, earlier), answer) in told {
            let doubt = earlier.filter(|error| error.kind() == ErrorKind::Indeterminate);
            if let Some(slot) = self.results.get_mut(at) {
                *slot = Some(answer.map_err(|error| doubt.unwrap_or(error)));
            }
        }
    }
}

/// Whether another attempt of an entry, all of which are repeatable, can help.
fn may_do_better(error: &Error) -> bool {
    error.retry() != Retry::Never
}
