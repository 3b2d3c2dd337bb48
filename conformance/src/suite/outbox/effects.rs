//! Effects of messages that are delivered more than once.

use std::sync::Arc;

use anyport_ports::documents::{Condition, Documents, Partition, Query, Transaction};
use anyport_ports::inbox::{Consumed, InboxStore, Once, RETENTION};
use anyport_ports::{ErrorKind, Result};
use futures_util::future::try_join_all;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::desk::effect;
use super::resources;
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::suite::THINGS;
use crate::suite::documents::insistently;
use crate::suite::losing::{Losing, Loss};

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources;
        "INB-ONCE-1" => the_first_delivery_has_its_effect,
        "INB-ONCE-2" => later_deliveries_have_none,
        "INB-ONCE-3" => of_deliveries_at_once_one_has_its_effect,
        "INB-ONCE-4" => a_refused_effect_may_be_tried_again,
        "INB-ERR-1" => an_effect_in_doubt_happens_once,
    ]
}

/// A message of this id.
pub(super) fn message(id: &str) -> Consumed {
    Consumed { consumer: "orders/billing".to_owned(), source: "conformance".to_owned(), id: id.to_owned() }
}

/// The transaction that writes one document.
pub(super) fn writing(at: &Partition, sort: &str) -> Result<Transaction> {
    Transaction::in_partition(at.clone()).put(sort, effect()?)
}

/// The effects that stand in a partition.
pub(super) async fn effects(documents: &dyn Documents, at: &Partition) -> Result<Vec<String>> {
    let listed = documents.query(&THINGS, &Query::partition(at.clone()).prefix("effect/")).await?.documents;
    Ok(listed.into_iter().map(|document| document.key.sort().to_owned()).collect())
}

async fn the_first_delivery_has_its_effect(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at) = (cx.connect().await?, Partition::new("first")?);
    let documents = &handle.store.documents;
    let effect = writing(&at, "effect/1")?.check("effect/none", Condition::Absent)?.put("effect/2", effect()?)?;
    let once = handle.inbox().once(&THINGS, &message("1"), effect).await?;
    let mut standing = Vec::new();
    for sort in ["effect/1", "effect/2"] {
        standing.extend(documents.get(&THINGS, &at.key(sort)?).await?.map(|document| document.version));
    }
    ensure_eq!(standing.len(), 2, "documents written by the first delivery");
    ensure_eq!(once, Once::Done(standing), "the answer to the first delivery");
    Ok(())
}

async fn later_deliveries_have_none(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at) = (cx.connect().await?, Partition::new("later")?);
    let conditional = |sort| Transaction::in_partition(at.clone()).put(sort, effect()?.when(Condition::Absent));
    let first = handle.inbox().once(&THINGS, &message("1"), conditional("effect/1")?).await?;
    ensure!(matches!(first, Once::Done(_)), "the first delivery: {first:?}");
    let another = cx.connect().await?;
    let again = [
        ("the same effect", conditional("effect/1")?),
        ("another effect", writing(&at, "effect/2")?),
        ("an effect whose condition fails", writing(&at, "effect/3")?.check("effect/none", Condition::Present)?),
    ];
    for (what, effect) in again {
        for inbox in [handle.inbox(), another.inbox()] {
            let answer = inbox.once(&THINGS, &message("1"), effect.clone()).await?;
            ensure_eq!(answer, Once::Already, "a later delivery, with {what}");
        }
    }
    ensure_eq!(effects(&*handle.store.documents, &at).await?, ["effect/1"], "effects of four deliveries");
    Ok(())
}

async fn of_deliveries_at_once_one_has_its_effect(cx: Context<OutboxHandle>) -> Verdict {
    const DELIVERIES: usize = 16;
    let handles = try_join_all((0..4).map(|_| cx.connect())).await?;
    for round in 0..3 {
        let at = Partition::new(format!("race {round}"))?;
        let start = Arc::new(Barrier::new(DELIVERIES));
        let mut deliveries = JoinSet::new();
        for (number, handle) in handles.iter().cycle().take(DELIVERIES).enumerate() {
            let (inbox, start) = (handle.inbox(), Arc::clone(&start));
            let effect = writing(&at, &format!("effect/{number:02}"))?;
            deliveries.spawn(async move {
                start.wait().await;
                insistently(|| async { inbox.once(&THINGS, &message("1"), effect.clone()).await }).await
            });
        }
        let answers = deliveries.join_all().await.into_iter().collect::<Result<Vec<Once>>>()?;
        let done = answers.iter().filter(|answer| matches!(answer, Once::Done(_))).count();
        let stand = effects(&*handles[0].store.documents, &at).await?;
        ensure_eq!(
            stand.len(),
            1,
            "effects of {DELIVERIES} deliveries at once, of which {done} were told that it is done"
        );
        ensure_eq!(done, 1, "deliveries told that they had the effect");
    }
    Ok(())
}

async fn a_refused_effect_may_be_tried_again(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at) = (cx.connect().await?, Partition::new("refused")?);
    let documents = &handle.store.documents;
    documents.put(&THINGS, &at.key("standing")?, &effect()?).await?;
    let refused = [
        (writing(&at, "effect/1")?.check("none", Condition::Present)?, ErrorKind::NotFound),
        (writing(&at, "effect/1")?.check("standing", Condition::Absent)?, ErrorKind::Conflict),
    ];
    for (effect, kind) in refused {
        let answer = handle.inbox().once(&THINGS, &message("1"), effect).await;
        expect_error(answer, kind, "an effect whose condition fails")?;
        ensure_eq!(effects(&**documents, &at).await?, Vec::<String>::new(), "effects of one that was refused");
    }
    let answer = handle.inbox().once(&THINGS, &message("1"), writing(&at, "effect/1")?).await?;
    ensure!(matches!(answer, Once::Done(_)), "the delivery after refused ones: {answer:?}");
    ensure_eq!(effects(&**documents, &at).await?, ["effect/1"], "effects at last");
    Ok(())
}

async fn an_effect_in_doubt_happens_once(cx: Context<OutboxHandle>) -> Verdict {
    let handle = cx.connect().await?;
    let losing = Losing::before(&handle.store.documents);
    let shaky: Arc<dyn InboxStore> = handle.inbox_over(Arc::clone(&losing) as Arc<dyn Documents>, RETENTION);
    for loss in Loss::ALL {
        let at = Partition::new(format!("lost {loss:?}"))?;
        losing.lose(loss);
        let answer = shaky.once(&THINGS, &message("1"), writing(&at, "effect/1")?).await;
        cx.note(format!("{loss:?}: {answer:?}"));
        match loss {
            Loss::Answer => ensure_eq!(answer?, Once::Already, "an effect whose answer was lost"),
            Loss::Request | Loss::Late => expect_error(answer, ErrorKind::Indeterminate, "an effect in doubt")?,
        }
        let again = shaky.once(&THINGS, &message("1"), writing(&at, "effect/2")?).await?;
        let stands = effects(&*handle.store.documents, &at).await?;
        let (expected, effect) = match loss {
            Loss::Request => (matches!(again, Once::Done(_)), "effect/2"),
            Loss::Answer | Loss::Late => (again == Once::Already, "effect/1"),
        };
        ensure!(expected, "the delivery after an effect that met {loss:?}: {again:?}");
        ensure_eq!(stands, [effect], "effects of two deliveries, the first of which met {loss:?}");
    }
    Ok(())
}
