//! What a caller is told when the store slows down, is not reached, or does not answer a read.

use std::future::Future;
use std::pin::Pin;

use anyport_ports::documents::{
    Body, Condition, IndexQuery, Keys, Partition, Put, Query, ScanQuery, Segment, Transaction,
};
use anyport_ports::{Error, ErrorKind, Result};
use futures_util::future::join_all;
use serde_json::json;

use crate::check::{Check, Context, Verdict, Violation, checks, ensure_eq, expect_error_of};
use crate::faults::{Fault, Faults};
use crate::subject::DocumentStore;
use crate::suite::outage::Outage;
use crate::suite::{BY_STATE, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-ERR-1" => a_store_that_did_nothing_says_so_and_invites_a_retry,
        "DOC-ERR-3" => a_read_that_failed_is_never_an_empty_answer,
    ]
}

pub(super) fn put(text: &str) -> Result<Put> {
    Ok(Put::new(Body::of(&json!({ "text": text, "state": "open", "rank": "1" }))?))
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<String>> + Send + 'a>>;

/// A call on a partition with one document, `standing`.
pub(super) type Call = for<'a> fn(&'a DocumentStore, &'a Partition) -> Running<'a>;

/// Makes a table of calls, whose answers are only shown.
macro_rules! calls {
    ($($name:literal => |$store:ident, $at:ident| $call:expr),+ $(,)?) => {
        [$((
            $name,
            (|$store, $at| Box::pin(async move { $call.await.map(|answer| format!("{answer:?}")) })) as Call
        )),+]
    };
}

const READS: [(&str, Call); 5] = calls![
    "get" => |store, at| store.documents.get(&THINGS, &at.key("standing")?),
    "get_many" => |store, at| store.documents.get_many(&THINGS, &Keys::new([at.key("standing")?])?),
    "query" => |store, at| store.documents.query(&THINGS, &Query::partition(at.clone())),
    "query_index" => |store, _at| store.documents.query_index(&THINGS, &IndexQuery::new(BY_STATE, "open")),
    "scan" => |store, _at| store.scan.scan(&THINGS, &ScanQuery::segment(Segment::whole())),
];

pub(super) const WRITES: [(&str, Call); 6] = calls![
    "put" => |store, at| store.documents.put(&THINGS, &at.key("standing")?, &put("new")?),
    "put under absent" =>
        |store, at| store.documents.put(&THINGS, &at.key("other")?, &put("new")?.when(Condition::Absent)),
    "put under present" =>
        |store, at| store.documents.put(&THINGS, &at.key("standing")?, &put("new")?.when(Condition::Present)),
    "delete" => |store, at| store.documents.delete(&THINGS, &at.key("standing")?, &Condition::Always),
    "delete under present" => |store, at| store.documents.delete(&THINGS, &at.key("standing")?, &Condition::Present),
    "transact" => |store, at| {
        let transaction = Transaction::in_partition(at.clone()).put("standing", put("new")?)?.put("other", put("new")?)?;
        async move { store.documents.transact(&THINGS, &transaction).await }
    },
];

/// The answers of these calls, made at once.
async fn answers(
    store: &DocumentStore,
    at: &Partition,
    calls: impl IntoIterator<Item = (&'static str, Call)>,
) -> Vec<(&'static str, Result<String>)> {
    join_all(calls.into_iter().map(|(name, call)| async move { (name, call(store, at).await) })).await
}

async fn a_store_that_did_nothing_says_so_and_invites_a_retry(cx: Context<DocumentStore>) -> Verdict {
    let (faults, at) = (Faults::none(), Partition::new("errors")?);
    let (sound, shaky) = (cx.connect().await?.documents, cx.connect_through(&faults).await?);
    sound.put(&THINGS, &at.key("standing")?, &put("old")?).await?;
    let keys = Keys::new([at.key("standing")?, at.key("other")?])?;
    let before = sound.get_many(&THINGS, &keys).await?;
    for outage in Outage::ALL {
        cx.note(format!("every call meets {outage:?}"));
        outage.begin(&faults).await;
        let answers = answers(&shaky, &at, READS.into_iter().chain(WRITES)).await;
        outage.end(&faults).await;
        for (name, answer) in answers {
            outage.expect(answer, name)?;
        }
        ensure_eq!(sound.get_many(&THINGS, &keys).await?, before, "the documents after writes that met {outage:?}");
    }
    Ok(())
}

async fn a_read_that_failed_is_never_an_empty_answer(cx: Context<DocumentStore>) -> Verdict {
    let (faults, at) = (Faults::none(), Partition::new("errors")?);
    let (sound, shaky) = (cx.connect().await?.documents, cx.connect_through(&faults).await?);
    sound.put(&THINGS, &at.key("standing")?, &put("old")?).await?;
    for fault in Fault::IN_DOUBT.into_iter().chain([Fault::Throttle]) {
        cx.note(format!("every read meets {fault:?}"));
        faults.persist(fault);
        for (name, answer) in answers(&shaky, &at, READS).await {
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
