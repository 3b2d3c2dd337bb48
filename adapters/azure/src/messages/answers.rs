//! What the queues of a topic answered to a publish, put together by entry.

use anyport_ports::{Error, ErrorKind, Result};

/// One result for each entry, of what each queue answered to it. An entry that some queues took and others did not is in
/// doubt, and to be published again.
pub(super) fn by_entry(count: usize, answers: impl IntoIterator<Item = (usize, Result<()>)>) -> Vec<Result<()>> {
    let mut entries: Vec<Entry> = (0..count).map(|_| Entry::default()).collect();
    for (at, answer) in answers {
        if let Some(entry) = entries.get_mut(at) {
            entry.add(answer);
        }
    }
    entries.into_iter().map(Entry::result).collect()
}

#[derive(Default)]
struct Entry {
    taken: bool,
    /// The first, unless one in doubt came later.
    error: Option<Error>,
}

impl Entry {
    fn add(&mut self, answer: Result<()>) {
        match answer {
            Ok(()) => self.taken = true,
            Err(error) => {
                let in_doubt = |error: &Error| error.kind() == ErrorKind::Indeterminate;
                if self.error.as_ref().is_none_or(|before| !in_doubt(before) && in_doubt(&error)) {
                    self.error = Some(error);
                }
            }
        }
    }

    fn result(self) -> Result<()> {
        match self.error {
            None => Ok(()),
            Some(error) if self.taken && error.kind() != ErrorKind::Indeterminate => {
                let message = "some subscriptions got the message and others did not: publish it again";
                Err(Error::new(ErrorKind::Indeterminate, message)
                    .during(error.operation(), error.resource().to_owned())
                    .caused_by(error))
            }
            Some(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorKind::{Indeterminate, Throttled, Unavailable};

    fn kinds(count: usize, answers: Vec<(usize, Option<ErrorKind>)>) -> Vec<Option<ErrorKind>> {
        let answer = |kind: Option<ErrorKind>| kind.map_or(Ok(()), |kind| Err(Error::new(kind, "refused")));
        let results = by_entry(count, answers.into_iter().map(|(at, kind)| (at, answer(kind))));
        results.into_iter().map(|result| result.err().map(|error| error.kind())).collect()
    }

    #[test]
    fn each_entry_has_its_own_result() {
        let answers = vec![(2, Some(Throttled)), (0, None), (1, Some(Unavailable)), (0, None)];
        assert_eq!(kinds(3, answers), [None, Some(Unavailable), Some(Throttled)]);
        assert_eq!(kinds(2, vec![]), [None, None], "a topic without subscriptions");
    }

    #[test]
    fn what_only_some_queues_took_is_in_doubt() {
        for (answers, expected) in [
            ([None, Some(Throttled)], Indeterminate),
            ([Some(Throttled), None], Indeterminate),
            ([Some(Unavailable), Some(Indeterminate)], Indeterminate),
            ([Some(Indeterminate), Some(Unavailable)], Indeterminate),
            ([Some(Unavailable), Some(Throttled)], Unavailable),
        ] {
            assert_eq!(kinds(1, answers.map(|kind| (0, kind)).to_vec()), [Some(expected)], "{answers:?}");
        }
    }
}
