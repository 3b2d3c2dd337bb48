//! Transactional batches: what each operation becomes, and what the answers say.

use anyport_ports::documents::{Condition, Key, Operation};
use anyport_ports::{Result, Timestamp};
use azure_core::http::Etag;
use azure_data_cosmos::TransactionalBatch;
use azure_data_cosmos::models::TransactionalBatchResponse;
use azure_data_cosmos::options::{BatchDeleteOptions, BatchReadOptions, BatchReplaceOptions, Precondition};

use super::call::Repeat;
use super::item::{self, Item};
use super::write;

/// One operation of a transaction, as a batch does it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Writes the item whatever stands there.
    Upsert(Item),
    /// Writes the item where nothing stands.
    Create(Item),
    /// Writes the item over what has this etag.
    Replace(Item, String),
    /// Removes what has this etag.
    Remove(String),
    /// Requires that what stands has this etag.
    Stands(String),
    /// Requires that nothing stands, by an item that is made and removed again.
    Free(Item),
}

/// What is known of what stands at an operation's key.
pub(super) enum Known<'a> {
    /// It was not looked at.
    Unseen,
    /// This, or nothing.
    Stands(Option<&'a Item>),
}

/// How an operation's writes are made.
pub(super) struct Making<'a> {
    pub(super) now: Timestamp,
    pub(super) key: &'a Key,
    /// The id of the transaction's operation.
    pub(super) operation: &'a str,
    /// Whether a deletion leaves a mark.
    pub(super) feed: bool,
    /// The item of a put.
    pub(super) item: Option<&'a Item>,
}

/// Whether what stands must be looked at before the first attempt.
pub(super) fn needs_a_look(operation: &Operation) -> bool {
    match operation {
        Operation::Delete(Condition::Always) => true,
        operation => *operation.condition() == Condition::Present,
    }
}

/// Whether what stands can make a difference.
pub(super) fn may_need_a_look(operation: &Operation) -> bool {
    match operation {
        Operation::Delete(_) => true,
        operation => *operation.condition() != Condition::Always,
    }
}

/// The step of an operation, none if it asks for nothing; the error of its condition if that fails already.
pub(super) fn step(operation: &Operation, known: &Known<'_>, making: &Making<'_>) -> Result<Option<Step>> {
    let condition = operation.condition();
    let free = || {
        let mut probe = item::tombstone(making.key, making.operation);
        probe.remove(item::TTL);
        Step::Free(probe)
    };
    let remove = |etag: String| {
        if making.feed {
            Step::Replace(item::tombstone(making.key, making.operation), etag)
        } else {
            Step::Remove(etag)
        }
    };
    let put = |etag: Option<String>| {
        let item = making.item.cloned().unwrap_or_default();
        match etag {
            Some(etag) => Step::Replace(item, etag),
            None => Step::Create(item),
        }
    };
    match (operation, condition, known) {
        (Operation::Put(_), Condition::Always, _) => return Ok(making.item.cloned().map(Step::Upsert)),
        (Operation::Check(_), Condition::Always, _) => return Ok(None),
        _ => {}
    }
    Ok(Some(match known {
        Known::Unseen => match (operation, condition) {
            (_, Condition::Version(version)) => {
                let etag = write::etag(version, making.now).ok_or_else(|| write::refusal(condition))?;
                match operation {
                    Operation::Put(_) => put(Some(etag)),
                    Operation::Delete(_) => remove(etag),
                    Operation::Check(_) => Step::Stands(etag),
                }
            }
            (Operation::Put(_), _) => put(None),
            _ => free(),
        },
        Known::Stands(standing) => {
            let live = item::live(*standing, making.now);
            write::check(condition, live.as_ref())?;
            let etag = standing.map(|standing| item::stamp(standing).etag);
            match (operation, live, etag) {
                (Operation::Put(_), _, etag) => put(etag),
                (Operation::Delete(_), Some(live), _) => remove(live.etag),
                (_, _, Some(etag)) => Step::Stands(etag),
                (_, _, None) => free(),
            }
        }
    }))
}

/// A batch of these steps, and for each step the place of the answer that tells of it.
pub(super) fn batch(
    partition: &str,
    steps: &[(&Key, Step)],
) -> azure_data_cosmos::Result<(TransactionalBatch, Vec<usize>)> {
    let mut batch = TransactionalBatch::new(partition.to_owned());
    let (mut places, mut count) = (Vec::with_capacity(steps.len()), 0);
    for (key, step) in steps {
        let id = item::id(key);
        places.push(count);
        count += 1;
        let under = |etag: &String| Precondition::if_match(Etag::from(etag.clone()));
        batch = match step {
            Step::Upsert(item) => batch.upsert_item(item, None)?,
            Step::Create(item) => batch.create_item(item)?,
            Step::Replace(item, etag) => {
                batch.replace_item(id, item, Some(BatchReplaceOptions::default().with_precondition(under(etag))))?
            }
            Step::Remove(etag) => {
                batch.delete_item(id, Some(BatchDeleteOptions::default().with_precondition(under(etag))))
            }
            Step::Stands(etag) => batch.read_item(id, Some(BatchReadOptions::default().with_precondition(under(etag)))),
            Step::Free(item) => {
                count += 1;
                batch.create_item(item)?.delete_item(id, None)
            }
        };
    }
    Ok((batch, places))
}

/// Whether the batch may be sent again after a request whose outcome is unknown: what it writes under an etag it does not
/// write twice.
pub(super) fn repeat(steps: &[(&Key, Step)]) -> Repeat {
    let once = |(_, step): &(&Key, Step)| matches!(step, Step::Replace(..) | Step::Remove(_));
    if steps.iter().any(once) { Repeat::Harmless } else { Repeat::Harmful }
}

/// What the answers to a batch say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It was done; the etags, as far as there are any.
    Done(Vec<String>),
    /// Nothing was done, since one of its operations was refused with this status.
    Refused(u16),
}

/// Looks at each answer: a batch that failed comes as a success of which one part says why, and the others 424.
pub(super) fn said(answers: &TransactionalBatchResponse) -> Said {
    const FAILED_DEPENDENCY: u16 = 424;
    let failed = || answers.results().iter().filter(|answer| !answer.is_success());
    let why = failed().find(|answer| answer.status_code() != FAILED_DEPENDENCY).or_else(|| failed().next());
    if let Some(why) = why {
        return Said::Refused(why.status_code());
    }
    Said::Done(answers.results().iter().map(|answer| answer.etag().unwrap_or_default().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::ErrorKind;
    use anyport_ports::documents::{Body, Put};
    use serde_json::json;

    fn answers(json: &serde_json::Value) -> Said {
        said(&serde_json::from_value(json.clone()).unwrap())
    }

    #[test]
    fn the_one_answer_that_says_why_is_found() {
        let done = json!([{"statusCode": 201, "eTag": "\"1\""}, {"statusCode": 204}]);
        assert_eq!(answers(&done), Said::Done(vec!["\"1\"".to_owned(), String::new()]));
        let refused = json!([{"statusCode": 424}, {"statusCode": 412}, {"statusCode": 424}]);
        assert_eq!(answers(&refused), Said::Refused(412));
        assert_eq!(answers(&json!([{"statusCode": 424}])), Said::Refused(424));
    }

    #[test]
    fn conditions_become_what_a_batch_can_ask() {
        let key = Key::new("p", "s").unwrap();
        let standing = json!({"id": "s", "pk": "p", "body": {}, "operation": "op", "_etag": "\"7\""});
        let standing = standing.as_object().unwrap();
        let written = item::of(&key, &Put::new(Body::of(&json!({})).unwrap()), "new", &[], Timestamp::from_millis(0));
        let step = |operation: Operation, known: Known<'_>, feed: bool| {
            let now = Timestamp::from_millis(0);
            let making = Making { now, key: &key, operation: "new", feed, item: Some(&written) };
            super::step(&operation, &known, &making)
        };
        let put = |condition: Condition| Operation::Put(Put::new(Body::of(&json!({})).unwrap()).when(condition));
        let etag = || "\"7\"".to_owned();
        let version = Condition::Version(item::stamp(standing).version());
        let there = || Known::Stands(Some(standing));

        assert_eq!(step(put(Condition::Always), Known::Unseen, false).unwrap(), Some(Step::Upsert(written.clone())));
        assert_eq!(step(put(Condition::Absent), Known::Unseen, false).unwrap(), Some(Step::Create(written.clone())));
        let replaced = Some(Step::Replace(written.clone(), etag()));
        assert_eq!(step(put(version.clone()), Known::Unseen, false).unwrap(), replaced);
        assert_eq!(step(put(Condition::Present), there(), false).unwrap(), replaced);
        assert_eq!(step(put(Condition::Absent), there(), false).unwrap_err().kind(), ErrorKind::Conflict);

        let delete = Operation::Delete;
        assert_eq!(step(delete(version.clone()), Known::Unseen, false).unwrap(), Some(Step::Remove(etag())));
        let marked = step(delete(Condition::Always), there(), true).unwrap();
        assert!(matches!(marked, Some(Step::Replace(mark, _)) if item::is_tombstone(&mark)));
        let nothing = step(delete(Condition::Always), Known::Stands(None), true).unwrap();
        assert!(matches!(nothing, Some(Step::Free(_))));

        let check = Operation::Check;
        assert_eq!(step(check(Condition::Always), Known::Unseen, false).unwrap(), None);
        assert_eq!(step(check(version), Known::Unseen, false).unwrap(), Some(Step::Stands(etag())));
        assert!(matches!(step(check(Condition::Absent), Known::Unseen, false).unwrap(), Some(Step::Free(_))));
        let mark = item::tombstone(&key, "op");
        let gone = step(check(Condition::Absent), Known::Stands(Some(&mark)), true).unwrap();
        assert!(matches!(gone, Some(Step::Stands(_))), "the mark must still stand: {gone:?}");
    }

    #[test]
    fn what_is_made_and_removed_again_has_two_answers() {
        let keys = ["a", "b"].map(|sort| Key::new("p", sort).unwrap());
        let probe = item::tombstone(&keys[0], "op");
        let steps = [(&keys[0], Step::Free(probe)), (&keys[1], Step::Remove("\"7\"".to_owned()))];
        let (_, places) = batch("p", &steps).unwrap();
        assert_eq!(places, [0, 2]);
        assert_eq!(repeat(&steps), Repeat::Harmless);
        assert_eq!(repeat(&steps[..1]), Repeat::Harmful);
    }
}
