//! What a caller is told of a write that was lost on its way, there or back.

use anyport_ports::documents::{Condition, Documents, Key, Partition, Transaction, Version};
use anyport_ports::{ErrorKind, Result};
use futures_util::future::try_join_all;

use super::errors::{Call, WRITES, put};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error, expect_error_of};
use crate::faults::{Fault, Faults};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources; "DOC-ERR-2" => a_write_lost_on_the_way_is_indeterminate]
}

async fn a_write_lost_on_the_way_is_indeterminate(cx: Context<DocumentStore>) -> Verdict {
    let sound = cx.connect().await?.documents;
    for fault in Fault::IN_DOUBT {
        cx.note(format!("every write meets {fault:?}"));
        let shaky = cx.connect_through(&Faults::always(fault)).await?;
        try_join_all(WRITES.map(|write| lost_always(&shaky, &*sound, fault, write))).await?;
        cx.note(format!("one write meets {fault:?}, and is tried again"));
        try_join_all(CONDITIONAL.iter().map(|case| lost_once(&cx, &*sound, fault, case))).await?;
    }
    Ok(())
}

/// However often it is tried, it is lost.
async fn lost_always(shaky: &DocumentStore, sound: &dyn Documents, fault: Fault, write: (&str, Call)) -> Verdict {
    let (name, call) = write;
    let at = Partition::new(format!("{name} meets {fault:?}"))?;
    sound.put(&THINGS, &at.key("standing")?, &put("old")?).await?;
    expect_error(call(shaky, &at).await, ErrorKind::Indeterminate, &format!("{name}, met by {fault:?}"))
}

/// A write and what it meets: what must stand before it, which condition it has, and how it is refused once it was done.
struct Conditional {
    name: &'static str,
    stands_before: bool,
    refused: &'static [ErrorKind],
    write: fn(&Version) -> Write,
}

enum Write {
    Put(Condition),
    Delete(Condition),
    Transact(Condition),
}

const CONDITIONAL: [Conditional; 6] = [
    Conditional {
        name: "put under absent",
        stands_before: false,
        refused: &[ErrorKind::Conflict],
        write: |_| Write::Put(Condition::Absent),
    },
    Conditional {
        name: "put under version",
        stands_before: true,
        refused: &[ErrorKind::PreconditionFailed],
        write: |version| Write::Put(Condition::Version(version.clone())),
    },
    Conditional {
        name: "delete under present",
        stands_before: true,
        refused: &[ErrorKind::NotFound],
        write: |_| Write::Delete(Condition::Present),
    },
    Conditional {
        name: "delete under version",
        stands_before: true,
        refused: &[ErrorKind::PreconditionFailed],
        write: |version| Write::Delete(Condition::Version(version.clone())),
    },
    Conditional {
        name: "transact under absent",
        stands_before: false,
        refused: &[ErrorKind::Conflict],
        write: |_| Write::Transact(Condition::Absent),
    },
    Conditional {
        name: "transact under version",
        stands_before: true,
        refused: &[ErrorKind::PreconditionFailed],
        write: |version| Write::Transact(Condition::Version(version.clone())),
    },
];

impl Write {
    /// Does it; returns the new version, if it writes a document.
    async fn perform(&self, documents: &dyn Documents, key: &Key) -> Result<Option<Version>> {
        match self {
            Self::Put(condition) => documents.put(&THINGS, key, &put("new")?.when(condition.clone())).await.map(Some),
            Self::Delete(condition) => documents.delete(&THINGS, key, condition).await.map(|()| None),
            Self::Transact(condition) => {
                let transaction = Transaction::in_partition(key.partition().clone())
                    .put(key.sort(), put("new")?.when(condition.clone()))?;
                documents.transact(&THINGS, &transaction).await.map(|versions| versions.into_iter().next())
            }
        }
    }
}

/// Lost once: an adapter that tries again under the hood may find out what became of the write. What it may not do is
/// take its own write for somebody else's, or one that it does not see for one that was not done.
async fn lost_once(cx: &Context<DocumentStore>, sound: &dyn Documents, fault: Fault, case: &Conditional) -> Verdict {
    let Conditional { name, stands_before, refused, write } = case;
    let name = format!("{name}, met once by {fault:?}");
    let key = Partition::new(name.clone())?.key("only")?;
    let standing = || async { Ok::<_, Violation>(sound.get(&THINGS, &key).await?.map(|document| document.version)) };
    let before = if *stands_before { Some(sound.put(&THINGS, &key, &put("old")?).await?) } else { None };
    let write = write(&before.clone().unwrap_or_else(|| Version::new("there is none")));
    let faults = Faults::none();
    let shaky = cx.connect_through(&faults).await?;
    faults.inject(fault);
    let answer = write.perform(&*shaky.documents, &key).await;
    let after = standing().await?;
    let done = after != before;
    match answer {
        Ok(version) => {
            ensure!(done && version == after, "{name}, was told to be done as {version:?}, but is {after:?}");
        }
        answer => expect_error(answer, ErrorKind::Indeterminate, &name)?,
    }
    ensure!(done || !fault.is_done(), "{name}, was not done by a store that had done it");

    let again = write.perform(sound, &key).await;
    if done {
        expect_error_of(again, refused, &format!("{name}, tried again after it was done"))?;
        ensure_eq!(standing().await?, after, "what stands after {name}, was tried again");
    } else {
        let version = again?;
        ensure_eq!(standing().await?, version, "what stands after {name}, was tried again, not having been done");
    }
    Ok(())
}
