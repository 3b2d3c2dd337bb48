//! Documents and events together.

use std::sync::Arc;

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Condition, Documents, Partition, Transaction, Version};
use anyport_ports::messages::{Message, Outgoing};

use super::desk::{Desk, effect, event};
use super::inlet::Inlet;
use super::post::records;
use super::resources;
use crate::built::OutboxHandle;
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::suite::losing::{Losing, Loss};
use crate::suite::{NEWS, THINGS};

pub(super) fn checks() -> Vec<Check<OutboxHandle>> {
    checks![resources;
        "OBX-COM-1" => a_refused_commit_leaves_neither_effect_nor_event,
        "OBX-COM-2" => what_is_committed_outlives_its_caller,
        "OBX-COM-3" => the_versions_are_those_of_the_domains_documents,
        "OBX-COM-4" => events_of_the_same_id_are_each_published,
        "OBX-COM-5" => fifty_operations_and_events_fit_and_no_more,
        "OBX-ERR-1" => a_commit_in_doubt_is_whole_or_nothing,
    ]
}

async fn a_refused_commit_leaves_neither_effect_nor_event(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("refused")?);
    desk.commit("refused", &["standing"]).await?;
    let refused = [
        (
            Transaction::in_partition(at.clone()).put("effect/standing", effect()?.when(Condition::Absent))?,
            ErrorKind::Conflict,
        ),
        (Transaction::in_partition(at.clone()).check("effect/none", Condition::Present)?, ErrorKind::NotFound),
        (
            Transaction::in_partition(at.clone())
                .delete("effect/standing", Condition::Version(Version::new("stale")))?,
            ErrorKind::PreconditionFailed,
        ),
    ];
    for (number, (transaction, kind)) in refused.into_iter().enumerate() {
        let transaction = transaction.put(format!("effect/{number}"), effect()?)?;
        let events = [event("refused", &format!("never-{number}"))?];
        let answer = desk.outbox.commit(&THINGS, transaction, &NEWS, &events).await;
        expect_error(answer, kind, "a commit whose condition fails")?;
        ensure!(!desk.has_effect("refused", &number.to_string()).await?, "a refused commit has had an effect");
    }
    ensure_eq!(desk.records("refused").await?, 1, "records beside that of the commit that succeeded");
    desk.outbox.relay_partition(&THINGS, &at, &NEWS).await?;
    ensure_eq!(desk.post.ids(), ["standing"], "published after commits that were refused");
    Ok(())
}

async fn what_is_committed_outlives_its_caller(cx: Context<OutboxHandle>) -> Verdict {
    let at = Partition::new("outlives")?;
    let mut ids: Vec<String> = Vec::new();
    {
        let first = cx.connect().await?;
        for round in 0..3 {
            let names: Vec<String> = (0..4).map(|n| format!("{round}-{n}")).collect();
            let transaction = Transaction::in_partition(at.clone()).put(format!("effect/{round}"), effect()?)?;
            let events = names.iter().map(|id| event("outlives", id)).collect::<Result<Vec<Outgoing>, _>>()?;
            first.outbox().commit(&THINGS, transaction, &NEWS, &events).await?;
            ids.extend(names);
        }
    }
    let another = cx.connect().await?;
    ensure_eq!(records(&*another.store.documents, &THINGS, &at).await?, ids.len(), "records after the commits");
    another.outbox().relay_partition(&THINGS, &at, &NEWS).await?;
    for name in ["first", "second"] {
        let came = Inlet::of(&cx, &another, name).expect(ids.len()).await?;
        ensure_eq!(came.iter().map(Message::id).collect::<Vec<_>>(), ids, "what came to the subscription {name}");
    }
    for round in 0..3 {
        let key = at.key(format!("effect/{round}"))?;
        ensure!(another.store.documents.get(&THINGS, &key).await?.is_some(), "the document {key} was not written");
    }
    Ok(())
}

async fn the_versions_are_those_of_the_domains_documents(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("versions")?);
    let transaction = Transaction::in_partition(at.clone())
        .put("effect/1", effect()?)?
        .check("effect/none", Condition::Absent)?
        .put("effect/2", effect()?)?;
    let events = [event("versions", "a")?, event("versions", "b")?];
    let versions = desk.outbox.commit(&THINGS, transaction, &NEWS, &events).await?;
    let mut standing = Vec::new();
    for sort in ["effect/1", "effect/2"] {
        standing.extend(desk.documents().get(&THINGS, &at.key(sort)?).await?.map(|document| document.version));
    }
    ensure_eq!(versions, standing, "the versions of a commit of two documents and two events");
    let none = desk.outbox.commit(&THINGS, Transaction::in_partition(at), &NEWS, &events).await?;
    ensure_eq!(none, Vec::new(), "the versions of a commit of events alone");
    Ok(())
}

async fn events_of_the_same_id_are_each_published(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("same id")?);
    let events = [event("same id", "twice")?, event("same id", "twice")?];
    desk.outbox.commit(&THINGS, Transaction::in_partition(at.clone()), &NEWS, &events).await?;
    desk.outbox.commit(&THINGS, Transaction::in_partition(at.clone()), &NEWS, &events[..1]).await?;
    ensure_eq!(desk.records("same id").await?, 3, "records of one event committed three times");
    desk.outbox.relay_partition(&THINGS, &at, &NEWS).await?;
    ensure_eq!(desk.post.ids(), ["twice"; 3], "published");
    desk.outbox.commit(&THINGS, Transaction::in_partition(at.clone()), &NEWS, &events[..1]).await?;
    desk.outbox.relay_partition(&THINGS, &at, &NEWS).await?;
    ensure_eq!(desk.post.ids(), ["twice"; 4], "published when it was committed again after it was published");
    Ok(())
}

async fn fifty_operations_and_events_fit_and_no_more(cx: Context<OutboxHandle>) -> Verdict {
    let (desk, at) = (Desk::of(&cx).await?, Partition::new("fifty")?);
    let operations = |count: usize| {
        let empty = Transaction::in_partition(at.clone());
        (0..count).try_fold(empty, |transaction, n| transaction.put(format!("effect/{n}"), effect()?))
    };
    let events = |count: usize| (0..count).map(|n| event("fifty", &format!("{n:02}"))).collect::<Result<Vec<_>, _>>();
    for (documents, told) in [(0, 0), (0, 51), (1, 50), (49, 2), (50, 1)] {
        let answer = desk.outbox.commit(&THINGS, operations(documents)?, &NEWS, &events(told)?).await;
        expect_error(answer, ErrorKind::InvalidInput, &format!("{documents} operations and {told} events"))?;
        ensure_eq!(desk.records("fifty").await?, 0, "records after a commit that was refused");
        ensure!(!desk.has_effect("fifty", "0").await?, "a commit that was refused has had an effect");
    }
    desk.outbox.commit(&THINGS, operations(30)?, &NEWS, &events(20)?).await?;
    ensure_eq!(desk.records("fifty").await?, 20, "records after a commit of 30 operations and 20 events");
    ensure!(desk.has_effect("fifty", "29").await?, "the last of 30 operations was not done");
    Ok(())
}

async fn a_commit_in_doubt_is_whole_or_nothing(cx: Context<OutboxHandle>) -> Verdict {
    let desk = Desk::of(&cx).await?;
    let losing = Losing::before(desk.documents());
    let shaky = desk.handle.outbox_over(Arc::clone(&losing) as Arc<dyn Documents>, Arc::clone(&desk.post) as _);
    for loss in Loss::ALL {
        let partition = format!("lost {loss:?}");
        let at = Partition::new(&partition)?;
        losing.lose(loss);
        let transaction = Transaction::in_partition(at.clone()).put("effect/1", effect()?.when(Condition::Absent))?;
        let answer = shaky.commit(&THINGS, transaction, &NEWS, &[event(&partition, &partition)?]).await;
        expect_error(answer, ErrorKind::Indeterminate, &format!("a commit that met {loss:?}"))?;
        losing.catch_up().await;
        let (stands, records) = (desk.has_effect(&partition, "1").await?, desk.records(&partition).await?);
        ensure_eq!(records, usize::from(stands), "records after a commit that met {loss:?}");
        ensure_eq!(stands, loss != Loss::Request, "whether the document stands after a commit that met {loss:?}");
    }
    Ok(())
}
