//! What a caller is told when the store slows down, is not reached, or its answer is lost.

use std::future::Future;
use std::pin::Pin;

use anyport_ports::documents::{
    Body, Condition, Documents, IndexQuery, Key, Keys, Partition, Put, Query, ScanQuery, Segment, Transaction, Version,
};
use anyport_ports::{Error, ErrorKind, Result, Retry};
use serde_json::json;

use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error, expect_error_of};
use crate::faults::{Fault, Faults};
use crate::subject::DocumentStore;
use crate::suite::{BY_STATE, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-ERR-1" => a_store_that_did_nothing_says_so_and_invites_a_retry,
        "DOC-ERR-2" => a_lost_answer_to_a_write_is_indeterminate,
        "DOC-ERR-3" => a_read_that_failed_is_never_an_empty_answer,
    ]
}

/// More faults in a row than an adapter's own retries get through.
const PERSISTENT: usize = 16;

/// A handle whose next calls meet this fault, so many times.
async fn behind(cx: &Context<DocumentStore>, fault: Fault, times: usize) -> Result<DocumentStore> {
    let faults = Faults::none();
    (0..times).for_each(|_| faults.inject(fault));
    cx.connect_through(&faults).await
}

fn own() -> Result<Partition> {
    Partition::new("errors")
}

fn put(text: &str) -> Result<Put> {
    Ok(Put::new(Body::of(&json!({ "text": text, "state": "open", "rank": "1" }))?))
}

type Call = for<'a> fn(&'a DocumentStore) -> Pin<Box<dyn Future<Output = Result<String>> + Send + 'a>>;

/// Makes a table of calls, whose answers are only shown.
macro_rules! calls {
    ($($name:literal => |$store:ident| $call:expr),+ $(,)?) => {
        [$(($name, (|$store| Box::pin(async move { $call.await.map(|answer| format!("{answer:?}")) })) as Call)),+]
    };
}

const READS: [(&str, Call); 5] = calls![
    "get" => |store| store.documents.get(&THINGS, &own()?.key("standing")?),
    "get_many" => |store| store.documents.get_many(&THINGS, &Keys::new([own()?.key("standing")?])?),
    "query" => |store| store.documents.query(&THINGS, &Query::partition(own()?)),
    "query_index" => |store| store.documents.query_index(&THINGS, &IndexQuery::new(BY_STATE, "open")),
    "scan" => |store| store.scan.scan(&THINGS, &ScanQuery::segment(Segment::whole())),
];

const WRITES: [(&str, Call); 6] = calls![
    "put" => |store| store.documents.put(&THINGS, &own()?.key("standing")?, &put("new")?),
    "put under absent" =>
        |store| store.documents.put(&THINGS, &own()?.key("other")?, &put("new")?.when(Condition::Absent)),
    "put under present" =>
        |store| store.documents.put(&THINGS, &own()?.key("standing")?, &put("new")?.when(Condition::Present)),
    "delete" => |store| store.documents.delete(&THINGS, &own()?.key("standing")?, &Condition::Always),
    "delete under present" => |store| store.documents.delete(&THINGS, &own()?.key("standing")?, &Condition::Present),
    "transact" => |store| {
        let transaction = Transaction::in_partition(own()?).put("standing", put("new")?)?.put("other", put("new")?)?;
        async move { store.documents.transact(&THINGS, &transaction).await }
    },
];

async fn a_store_that_did_nothing_says_so_and_invites_a_retry(cx: Context<DocumentStore>) -> Verdict {
    let sound = cx.connect().await?.documents;
    sound.put(&THINGS, &own()?.key("standing")?, &put("old")?).await?;
    let keys = Keys::new([own()?.key("standing")?, own()?.key("other")?])?;
    let before = sound.get_many(&THINGS, &keys).await?;
    for (fault, kind) in [(Fault::Throttle, ErrorKind::Throttled), (Fault::DropBefore, ErrorKind::Unavailable)] {
        for (name, call) in READS.into_iter().chain(WRITES) {
            cx.note(format!("{name} meets {fault:?}"));
            let answer = call(&behind(&cx, fault, PERSISTENT).await?).await;
            if let Err(error) = &answer {
                let advice = error.retry();
                let invites = matches!(advice, Retry::Backoff | Retry::After(_));
                ensure!(invites, "{name}, met by {fault:?}, advises {advice:?}: expected to be told to retry");
            }
            expect_error(answer, kind, &format!("{name}, met by {fault:?}"))?;
            ensure_eq!(sound.get_many(&THINGS, &keys).await?, before, "the documents after {name} met {fault:?}");
        }
    }
    Ok(())
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

async fn a_lost_answer_to_a_write_is_indeterminate(cx: Context<DocumentStore>) -> Verdict {
    let sound = cx.connect().await?.documents;
    sound.put(&THINGS, &own()?.key("standing")?, &put("old")?).await?;
    for (name, call) in WRITES {
        cx.note(format!("{name} loses its answers"));
        // Each of these writes needs `standing`, and one of them that there is no `other`.
        sound.put(&THINGS, &own()?.key("standing")?, &put("old")?).await?;
        sound.delete(&THINGS, &own()?.key("other")?, &Condition::Always).await?;
        let answer = call(&behind(&cx, Fault::DropAfter, PERSISTENT).await?).await;
        expect_error(answer, ErrorKind::Indeterminate, &format!("{name}, its answer lost"))?;
    }
    for (turn, case) in CONDITIONAL.iter().enumerate() {
        lost_once(&cx, &*sound, case, &own()?.key(format!("conditional {turn}"))?).await?;
    }
    Ok(())
}

/// One lost answer: an adapter that tries again under the hood may find out what became of the write. What it may not do
/// is take its own write for somebody else's.
async fn lost_once(cx: &Context<DocumentStore>, sound: &dyn Documents, case: &Conditional, key: &Key) -> Verdict {
    let Conditional { name, stands_before, refused, write } = case;
    let before =
        if *stands_before { sound.put(&THINGS, key, &put("old")?).await? } else { Version::new("there is none") };
    let write = write(&before);
    cx.note(format!("{name} loses its answer"));
    let answer = write.perform(&*behind(cx, Fault::DropAfter, 1).await?.documents, key).await;
    let standing = sound.get(&THINGS, key).await?.map(|document| document.version);
    match answer {
        Ok(version) => ensure_eq!(version, standing, "{name}, which knows of its lost answer, and what stands"),
        answer => expect_error(answer, ErrorKind::Indeterminate, &format!("{name}, its answer lost once"))?,
    }
    ensure!(standing.as_ref() != Some(&before), "{name}, its answer lost, was not done by a store that had done it");

    cx.note(format!("{name} is tried again"));
    let again = write.perform(sound, key).await;
    expect_error_of(again, refused, &format!("{name}, tried again after it was done"))?;
    let after = sound.get(&THINGS, key).await?.map(|document| document.version);
    ensure_eq!(after, standing, "what stands after {name} was tried again");
    Ok(())
}

async fn a_read_that_failed_is_never_an_empty_answer(cx: Context<DocumentStore>) -> Verdict {
    let sound = cx.connect().await?.documents;
    sound.put(&THINGS, &own()?.key("standing")?, &put("old")?).await?;
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Throttle] {
        for (name, call) in READS {
            cx.note(format!("{name} meets {fault:?}"));
            let answer = call(&behind(&cx, fault, PERSISTENT).await?).await;
            let expected = [ErrorKind::Unavailable, ErrorKind::Throttled];
            let what = format!("{name}, met by {fault:?}");
            match &answer {
                Ok(_) => expect_error_of(answer, &expected, &what)?,
                Err(error) => is_open_about_it(error, &what)?,
            }
        }
    }
    Ok(())
}

/// An error that says that nothing is there is an empty answer as well.
fn is_open_about_it(error: &Error, what: &str) -> Verdict {
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Indeterminate) {
        return Err(Violation::new(format!("{what}: expected an error that says it failed, found {error:?}")));
    }
    Ok(())
}
