//! What several requests of one publish answered, put together by entry.

use anyport_ports::{Error, ErrorKind, Result};

/// What one request answered.
pub(super) struct Answer {
    /// The entries that it held, by their places in the batch.
    pub(super) entries: Vec<usize>,
    /// The entries that were refused, or why the request failed as a whole.
    pub(super) refused: Result<Vec<(usize, Error)>>,
}

impl Answer {
    fn is_absent(&self) -> bool {
        self.refused.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }
}

/// One result for each entry of the batch, or one error where that tells all: the only request failed, or the topic is
/// not there.
pub(super) fn combine(count: usize, mut answers: Vec<Answer>) -> Result<Vec<Result<()>>> {
    let tells_all = answers.len() == 1 || answers.iter().all(Answer::is_absent);
    if tells_all && let Some(Answer { refused: Err(error), .. }) = answers.pop_if(|answer| answer.refused.is_err()) {
        return Err(error);
    }
    Ok((0..count).map(|at| result_of(at, &answers)).collect())
}

/// The result of an entry. It may be in several requests, one for each queue that is to get it later: if some took it and
/// others did not, it is in doubt, and to be published again.
fn result_of(at: usize, answers: &[Answer]) -> Result<()> {
    let mut taken = false;
    let mut refusal: Option<&Error> = None;
    for answer in answers.iter().filter(|answer| answer.entries.contains(&at)) {
        let error = match &answer.refused {
            Err(error) => Some(error),
            Ok(refused) => refused.iter().find(|(entry, _)| *entry == at).map(|(_, error)| error),
        };
        match error {
            None => taken = true,
            Some(error) if refusal.is_none_or(|before| before.kind() != ErrorKind::Indeterminate) => {
                refusal = Some(error);
            }
            Some(_) => {}
        }
    }
    match refusal {
        None => Ok(()),
        Some(error) if taken && error.kind() != ErrorKind::Indeterminate => {
            let message = "some subscriptions got the message and others did not: publish it again";
            Err(Error::new(ErrorKind::Indeterminate, message)
                .during(error.operation(), error.resource())
                .caused_by(error.to_string()))
        }
        Some(error) => Err(again(error)),
    }
}

/// The same error once more, for another entry of the same request.
fn again(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.message()).with_retry(error.retry());
    let copy = copy.during(error.operation(), error.resource());
    match std::error::Error::source(error) {
        Some(source) => copy.caused_by(source.to_string()),
        None => copy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorKind::{Indeterminate, NotFound, Throttled, Unavailable};

    fn answer(entries: &[usize], refused: Result<Vec<(usize, ErrorKind)>, ErrorKind>) -> Answer {
        let error = |kind| Error::new(kind, "refused");
        let refused = refused.map(|refused| refused.into_iter().map(|(at, kind)| (at, error(kind))).collect());
        Answer { entries: entries.to_vec(), refused: refused.map_err(error) }
    }

    fn kinds(count: usize, answers: Vec<Answer>) -> Result<Vec<Option<ErrorKind>>, ErrorKind> {
        let results = combine(count, answers).map_err(|error| error.kind())?;
        Ok(results.into_iter().map(|result| result.err().map(|error| error.kind())).collect())
    }

    #[test]
    fn each_entry_has_its_own_result() {
        let answers = vec![answer(&[0, 2], Ok(vec![(2, Throttled)])), answer(&[1], Err(Unavailable))];
        assert_eq!(kinds(3, answers), Ok(vec![None, Some(Unavailable), Some(Throttled)]));
        assert_eq!(kinds(2, vec![]), Ok(vec![None, None]), "a topic without subscriptions");
    }

    #[test]
    fn what_tells_all_is_told_once() {
        assert_eq!(kinds(2, vec![answer(&[0, 1], Err(Unavailable))]), Err(Unavailable));
        assert_eq!(kinds(2, vec![answer(&[0], Err(NotFound)), answer(&[1], Err(NotFound))]), Err(NotFound));
    }

    #[test]
    fn what_only_some_queues_took_is_in_doubt() {
        let queues = |refused| vec![answer(&[0], Ok(vec![])), answer(&[0], refused)];
        assert_eq!(kinds(1, queues(Ok(vec![]))), Ok(vec![None]));
        assert_eq!(kinds(1, queues(Err(Throttled))), Ok(vec![Some(Indeterminate)]));
        let none = vec![answer(&[0], Err(Indeterminate)), answer(&[0], Err(Unavailable))];
        assert_eq!(kinds(1, none), Ok(vec![Some(Indeterminate)]));
        let none = vec![answer(&[0], Err(Unavailable)), answer(&[0], Err(Throttled))];
        assert_eq!(kinds(1, none), Ok(vec![Some(Throttled)]));
    }
}
