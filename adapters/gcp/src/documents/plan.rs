//! What a write of the port asks of Firestore: one commit, all or nothing, of writes under preconditions.
//!
//! A condition on a version, on presence, and on anything of a document that expires, is judged here, by what was read;
//! what was judged is then made a precondition of the commit: that the document was not written since (`update_time`), or is
//! still absent (`exists: false`). A check writes nothing, and is a precondition nevertheless: of an update of no fields,
//! which leaves the document and its time as they are, or of the deletion of a document that is not there.

use anyport_ports::documents::{Condition, Key, Operation, Put, Version};
use anyport_ports::{Result, Timestamp};
use firestore::gcloud_sdk::google::firestore::v1::precondition::ConditionType;
use firestore::gcloud_sdk::google::firestore::v1::write::Operation as Wire;
use firestore::gcloud_sdk::google::firestore::v1::{Document as Stored, DocumentMask, Precondition, Write};
use uuid::Uuid;

use super::record::{Fields, Standing};

/// One operation on one document.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) key: &'a Key,
    pub(super) condition: &'a Condition,
    pub(super) action: Action<'a>,
}

#[derive(Clone, Debug)]
pub(super) enum Action<'a> {
    /// Writes the document, with the version that this write is known by.
    Put {
        put: &'a Put,
        version: Version,
    },
    Delete,
    Check,
}

impl<'a> Step<'a> {
    pub(super) fn put(key: &'a Key, put: &'a Put) -> Self {
        let version = Version::new(Uuid::new_v4().simple().to_string());
        Self { key, condition: &put.condition, action: Action::Put { put, version } }
    }

    pub(super) fn delete(key: &'a Key, condition: &'a Condition) -> Self {
        Self { key, condition, action: Action::Delete }
    }

    pub(super) fn of((key, operation): &'a (Key, Operation)) -> Self {
        match operation {
            Operation::Put(put) => Self::put(key, put),
            Operation::Delete(condition) => Self::delete(key, condition),
            Operation::Check(condition) => Self { key, condition, action: Action::Check },
        }
    }

    /// The version that it writes.
    pub(super) fn version(&self) -> Option<&Version> {
        match &self.action {
            Action::Put { version, .. } => Some(version),
            Action::Delete | Action::Check => None,
        }
    }

    /// What can be asked without having read the document; `None` if nothing can. Most creations meet no document, not
    /// even an expired one: that they do not is asked first.
    pub(super) fn unread(&self, name: &str, fields: impl FnOnce(&Put, &Version) -> Fields) -> Option<Write> {
        match (&self.action, self.condition) {
            (Action::Check, _)
            | (Action::Delete, Condition::Absent)
            | (_, Condition::Present | Condition::Version(_)) => None,
            (Action::Delete, Condition::Always) => Some(delete(name, None)),
            (Action::Put { put, version }, condition) => {
                let absent = (*condition == Condition::Absent).then_some(ConditionType::Exists(false));
                Some(update(name, fields(put, version), absent))
            }
        }
    }

    /// What is to be asked, the document standing like this, or the error of the condition that does not hold.
    pub(super) fn read(
        &self,
        name: &str,
        standing: Option<&Standing>,
        now: Timestamp,
        fields: impl FnOnce(&Put, &Version) -> Fields,
    ) -> Result<Planned> {
        let live = standing.map(|standing| &standing.document).filter(|document| document.is_live(now));
        self.condition.check(live.map(|document| &document.version))?;
        let held = match (self.condition, standing) {
            (Condition::Always, _) => None,
            (_, Some(standing)) => Some(ConditionType::UpdateTime(standing.update_time)),
            (_, None) => Some(ConditionType::Exists(false)),
        };
        Ok(match (&self.action, standing, held) {
            (Action::Put { put, version }, _, held) => Planned::Effect(update(name, fields(put, version), held)),
            (Action::Delete, Some(_), held) => Planned::Effect(delete(name, held)),
            (Action::Delete | Action::Check, _, None) => Planned::Nothing,
            (Action::Delete | Action::Check, None, held) => Planned::Check(delete(name, held)),
            (Action::Check, Some(_), held) => Planned::Check(untouched(name, held)),
        })
    }
}

/// What a step comes to.
#[derive(Debug)]
pub(super) enum Planned {
    /// A write that changes its document.
    Effect(Write),
    /// A write that changes nothing, and fails if the condition does not hold any more.
    Check(Write),
    /// There is nothing to do and nothing that could fail.
    Nothing,
}

/// Whether a write cannot be done twice: it makes its own precondition false for ever, since a document has a new time
/// after each write.
pub(super) fn is_done_once(effect: &Write) -> bool {
    let held = effect.current_document.as_ref().and_then(|held| held.condition_type.as_ref());
    matches!(held, Some(ConditionType::UpdateTime(_)))
}

/// Replaces the whole document.
pub(super) fn update(name: &str, fields: Fields, held: Option<ConditionType>) -> Write {
    let document = Stored { name: name.to_owned(), fields, ..Stored::default() };
    Write { operation: Some(Wire::Update(document)), current_document: held.map(precondition), ..Write::default() }
}

/// Replaces one field of the document, or removes it if it is not among these fields.
pub(super) fn patch(name: &str, field: &str, fields: Fields, held: ConditionType) -> Write {
    let update_mask = Some(DocumentMask { field_paths: vec![field.to_owned()] });
    Write { update_mask, ..update(name, fields, Some(held)) }
}

fn untouched(name: &str, held: Option<ConditionType>) -> Write {
    Write { update_mask: Some(DocumentMask::default()), ..update(name, Fields::new(), held) }
}

fn delete(name: &str, held: Option<ConditionType>) -> Write {
    Write {
        operation: Some(Wire::Delete(name.to_owned())),
        current_document: held.map(precondition),
        ..Write::default()
    }
}

fn precondition(held: ConditionType) -> Precondition {
    Precondition { condition_type: Some(held) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::ErrorKind;
    use anyport_ports::documents::{Body, Document};
    use firestore::gcloud_sdk::prost_types;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const TIME: prost_types::Timestamp = prost_types::Timestamp { seconds: 7, nanos: 0 };

    fn key() -> Key {
        Key::new("p", "s").unwrap()
    }

    fn body() -> Body {
        Body::of(&serde_json::json!({})).unwrap()
    }

    fn standing(expires_at: i64) -> Standing {
        let expires_at = Some(Timestamp::from_millis(expires_at));
        let document = Document { key: key(), body: body(), version: Version::new("1"), expires_at };
        Standing { document, update_time: TIME }
    }

    fn planned(step: &Step<'_>, standing: Option<&Standing>) -> Result<Planned> {
        step.read("name", standing, NOW, |_, _| Fields::new())
    }

    fn held(write: &Write) -> Option<&ConditionType> {
        write.current_document.as_ref().and_then(|held| held.condition_type.as_ref())
    }

    #[test]
    fn what_was_judged_is_a_precondition() {
        let (live, expired, key) = (standing(1_001), standing(1_000), key());
        let (at_time, absent) = (ConditionType::UpdateTime(TIME), ConditionType::Exists(false));
        let version = || Condition::Version(Version::new("1"));
        for (condition, standing, expected) in [
            (Condition::Always, Some(&live), Ok(None)),
            (Condition::Always, None, Ok(None)),
            (Condition::Absent, None, Ok(Some(&absent))),
            (Condition::Absent, Some(&expired), Ok(Some(&at_time))),
            (Condition::Absent, Some(&live), Err(ErrorKind::Conflict)),
            (Condition::Present, Some(&live), Ok(Some(&at_time))),
            (Condition::Present, Some(&expired), Err(ErrorKind::NotFound)),
            (Condition::Present, None, Err(ErrorKind::NotFound)),
            (version(), Some(&live), Ok(Some(&at_time))),
            (version(), Some(&expired), Err(ErrorKind::PreconditionFailed)),
            (Condition::Version(Version::new("2")), Some(&live), Err(ErrorKind::PreconditionFailed)),
        ] {
            let put = Put::new(body()).when(condition.clone());
            let planned = planned(&Step::put(&key, &put), standing).map_err(|error| error.kind());
            match (&planned, expected) {
                (Ok(Planned::Effect(write)), Ok(expected)) => assert_eq!(held(write), expected, "{condition:?}"),
                (Err(kind), Err(expected)) => assert_eq!(*kind, expected, "{condition:?}"),
                _ => panic!("{condition:?} with {standing:?} is {planned:?}"),
            }
        }
    }

    #[test]
    fn a_check_touches_nothing() {
        let (live, key) = (standing(1_001), key());
        let step = |condition| Step { key: &key, condition, action: Action::Check };
        let Planned::Check(write) = planned(&step(&Condition::Present), Some(&live)).unwrap() else {
            panic!("no check")
        };
        assert_eq!(write.update_mask, Some(DocumentMask::default()), "without a mask it would empty the document");
        assert_eq!(held(&write), Some(&ConditionType::UpdateTime(TIME)));
        let Planned::Check(write) = planned(&step(&Condition::Absent), None).unwrap() else { panic!("no check") };
        assert_eq!(held(&write), Some(&ConditionType::Exists(false)));
        assert_eq!(write.operation, Some(Wire::Delete("name".to_owned())));
        assert!(matches!(planned(&step(&Condition::Always), Some(&live)).unwrap(), Planned::Nothing));
    }

    #[test]
    fn only_what_depends_on_a_time_is_done_once() {
        let (live, key) = (standing(1_001), key());
        let once = |condition: Condition, standing| {
            let put = Put::new(body()).when(condition);
            let Planned::Effect(write) = planned(&Step::put(&key, &put), standing).unwrap() else {
                panic!("no effect")
            };
            is_done_once(&write)
        };
        assert!(once(Condition::Present, Some(&live)));
        assert!(!once(Condition::Always, Some(&live)));
        assert!(!once(Condition::Absent, None), "it may be deleted in between");
    }

    #[test]
    fn only_some_writes_need_no_reading() {
        let key = key();
        let unread = |step: &Step<'_>| step.unread("name", |_, _| Fields::new());
        let put = |condition| Put::new(body()).when(condition);
        assert_eq!(held(&unread(&Step::put(&key, &put(Condition::Always))).unwrap()), None);
        let absent = put(Condition::Absent);
        let write = unread(&Step::put(&key, &absent)).unwrap();
        assert_eq!(held(&write), Some(&ConditionType::Exists(false)));
        assert!(unread(&Step::put(&key, &put(Condition::Present))).is_none());
        assert!(unread(&Step::delete(&key, &Condition::Always)).is_some());
        assert!(unread(&Step::delete(&key, &Condition::Absent)).is_none());
    }
}
