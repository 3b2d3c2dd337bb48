//! Which messages are the same, for how long, and what fits.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Condition, Partition, Transaction};
use anyport_ports::inbox::{self, Consumed, Once};
use anyport_ports::{Clock as _, ErrorKind};

use super::desk::{PATIENCE, effect};
use super::effects::{effects, message, writing};
use super::resources;
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::suite::THINGS;

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources;
        "INB-SCOPE-1" => other_ids_sources_and_consumers_are_other_messages,
        "INB-EXP-1" => a_message_is_remembered_for_its_time,
        "INB-KEY-1" => an_effect_keeps_to_its_limits_and_keys,
    ]
}

async fn other_ids_sources_and_consumers_are_other_messages(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at) = (cx.connect().await?, Partition::new("scope")?);
    let different = [
        ("c", "s", "1"),
        ("c", "s", "2"),
        ("c", "t", "1"),
        ("d", "s", "1"),
        ("c", "s1", "/"),
        ("cs", "1", "/"),
        ("c", "s/1", "1"),
        ("c/s", "1", "1"),
        ("C", "s", "1"),
        ("c", "s", "1 "),
    ];
    for (number, (consumer, source, id)) in different.into_iter().enumerate() {
        let message = Consumed { consumer: consumer.to_owned(), source: source.to_owned(), id: id.to_owned() };
        for expected in [true, false] {
            let effect = writing(&at, &format!("effect/{number}"))?;
            let answer = handle.inbox().once(&THINGS, &message, effect).await?;
            ensure_eq!(matches!(answer, Once::Done(_)), expected, "whether {message:?} had its effect");
        }
    }
    let long = Consumed { consumer: "c".repeat(200), source: "s".repeat(1024), id: "i".repeat(1024) };
    let answer = handle.inbox().once(&THINGS, &long, writing(&at, "effect/long")?).await?;
    ensure!(matches!(answer, Once::Done(_)), "a message of long attributes: {answer:?}");
    ensure_eq!(effects(&*handle.store.documents, &at).await?.len(), different.len() + 1, "effects");
    Ok(())
}

async fn a_message_is_remembered_for_its_time(cx: Context<OutboxHandle>) -> Verdict {
    const TIME: Duration = Duration::from_secs(3);
    let (handle, at) = (cx.connect().await?, Partition::new("remembered")?);
    let inbox = handle.inbox_over(Arc::clone(&handle.store.documents), TIME);
    let deliver = |n: usize| {
        let (inbox, effect) = (Arc::clone(&inbox), writing(&at, &format!("effect/{n}")));
        async move { inbox.once(&THINGS, &message("1"), effect?).await }
    };
    let until = cx.clock().now().plus(TIME);
    ensure!(matches!(deliver(1).await?, Once::Done(_)), "the first delivery had no effect");
    cx.pass(TIME / 3).await;
    let soon = deliver(2).await?;
    // A store that took longer than that for its answer shows nothing.
    ensure!(soon == Once::Already || cx.clock().now() >= until, "a delivery before its time was over: {soon:?}");
    cx.pass(TIME * 2 / 3).await;
    let forgotten = cx.eventually(PATIENCE, || async { Ok(matches!(deliver(3).await?, Once::Done(_)).then_some(())) });
    ensure!(forgotten.await?.is_some(), "a message was still remembered long after its time");
    let effects = effects(&*handle.store.documents, &at).await?;
    ensure!(effects.contains(&"effect/3".to_owned()), "the effect after it was forgotten: {effects:?}");
    Ok(())
}

async fn an_effect_keeps_to_its_limits_and_keys(cx: Context<OutboxHandle>) -> Verdict {
    let (handle, at) = (cx.connect().await?, Partition::new("limits")?);
    let of = |count: usize| {
        let empty = Transaction::in_partition(at.clone());
        (0..count).try_fold(empty, |transaction, n| transaction.put(format!("effect/{n:02}"), effect()?))
    };
    let own = format!("{}mine", inbox::PREFIX);
    let refused = [
        ("fifty operations", of(50)?),
        ("a document under a key of the inbox", of(1)?.put(own.as_str(), effect()?)?),
        ("a condition on a key of the inbox", of(1)?.check(own.as_str(), Condition::Absent)?),
    ];
    for (what, effect) in refused {
        let answer = handle.inbox().once(&THINGS, &message("1"), effect).await;
        expect_error(answer, ErrorKind::InvalidInput, what)?;
        ensure_eq!(effects(&*handle.store.documents, &at).await?, Vec::<String>::new(), "effects of {what}");
    }
    let answer = handle.inbox().once(&THINGS, &message("1"), of(49)?).await?;
    ensure!(matches!(&answer, Once::Done(versions) if versions.len() == 49), "49 operations: {answer:?}");
    ensure_eq!(effects(&*handle.store.documents, &at).await?.len(), 49, "effects of 49 operations");
    Ok(())
}
