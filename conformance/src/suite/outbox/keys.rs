//! Where records stand, and where they do not show.

use anyport_ports::documents::{IndexQuery, Key, Partition, Query, Transaction};
use anyport_ports::{ErrorKind, outbox};

use super::desk::{Desk, PATIENCE, effect, event};
use super::resources;
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::suite::{BY_STATE, NEWS, THINGS};

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources; "OBX-KEY-1" => records_keep_to_their_own_keys_and_index]
}

async fn records_keep_to_their_own_keys_and_index(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("keys")?);
    desk.commit("keys", &["a", "b"]).await?;
    let listed = desk.documents().query(&THINGS, &Query::partition(at.clone())).await?.documents;
    let (records, own): (Vec<&Key>, Vec<&Key>) =
        listed.iter().map(|document| &document.key).partition(|key| key.sort().starts_with(outbox::PREFIX));
    ensure_eq!(records.len(), 2, "documents under keys of the outbox");
    ensure_eq!(own, [&at.key("effect/a")?, &at.key("effect/b")?], "the other documents of the partition");

    let topic = NEWS;
    let indexes = [(BY_STATE, "open", false), (outbox::INDEX, topic.as_str(), true)];
    for (index, equals, is_outbox) in indexes {
        let shown = cx.eventually(PATIENCE, || async {
            let page = desk.documents().query_index(&THINGS, &IndexQuery::new(index.clone(), equals)).await?;
            Ok((page.documents.len() == 2).then_some(page.documents))
        });
        let shown = shown.await?;
        ensure!(shown.is_some(), "the index {index} does not show two documents");
        for document in shown.iter().flatten() {
            ensure_eq!(document.key.sort().starts_with(outbox::PREFIX), is_outbox, "{} in {index}", document.key);
        }
    }

    let record = records[0].sort();
    for sort in [record, outbox::PREFIX, "outbox/mine"] {
        let transaction = Transaction::in_partition(at.clone()).put("effect/c", effect()?)?.put(sort, effect()?)?;
        let answer = desk.outbox.commit(&THINGS, transaction, &NEWS, &[event("keys", "c")?]).await;
        expect_error(answer, ErrorKind::InvalidInput, &format!("a commit of the document {sort:?}"))?;
        ensure!(!desk.has_effect("keys", "c").await?, "a commit that was refused has had an effect");
    }
    ensure_eq!(desk.records("keys").await?, 2, "records after commits that were refused");
    Ok(())
}
