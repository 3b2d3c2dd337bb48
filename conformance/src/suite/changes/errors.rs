//! What a reader is told when the store is not reached, and what is seen of writes that got lost.

use anyport_ports::documents::{Condition, FeedQuery, Transaction};
use anyport_ports::{ErrorKind, Retry};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::follower::Follower;
use super::{keys, last, resources, write, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, expect_error_of};
use crate::faults::{Fault, Faults};
use crate::subject::ChangeStore;
use crate::suite::THINGS;
use crate::suite::outage::Outage;

pub(super) fn checks() -> Vec<Check<ChangeStore>> {
    checks![resources;
        "CHG-ERR-1" => a_read_that_failed_is_never_an_empty_page,
        "CHG-ERR-2" => a_write_in_doubt_is_seen_if_it_took_effect,
    ]
}

/// Pages of a feed that rests in which the ten documents must have come.
const MOST_READS: usize = 100;

async fn a_read_that_failed_is_never_an_empty_page(cx: Context<ChangeStore>) -> Verdict {
    let faults = Faults::none();
    let (sound, shaky) = (cx.connect().await?, cx.connect_through(&faults).await?);
    let keys = keys(10)?;
    for key in &keys {
        write(&sound, key, 1).await?;
    }
    for outage in Outage::ALL {
        cx.note(format!("every read meets {outage:?}"));
        outage.begin(&faults).await;
        let (read, latest) =
            (shaky.changes.read(&THINGS, &FeedQuery::oldest()).await, shaky.changes.latest(&THINGS).await);
        outage.end(&faults).await;
        outage.expect(read, "read")?;
        outage.expect(latest, "latest")?;
    }
    for fault in Fault::IN_DOUBT {
        faults.persist(fault);
        let expected = [ErrorKind::Unavailable, ErrorKind::Throttled];
        let read = shaky.changes.read(&THINGS, &FeedQuery::oldest()).await;
        expect_error_of(read, &expected, &format!("read, met by {fault:?}"))?;
        expect_error_of(shaky.changes.latest(&THINGS).await, &expected, &format!("latest, met by {fault:?}"))?;
    }
    faults.persist(Fault::None);
    let mut follower = Follower::from_oldest(&shaky).paged(2);
    for fault in Fault::IN_DOUBT.into_iter().chain([Fault::Throttle]).cycle().take(MOST_READS) {
        faults.inject(fault);
        // An adapter that reads once more by itself may have an answer all the same.
        for _ in 0..2 {
            match follower.page().await {
                Err(error) if !matches!(error.retry(), Retry::Backoff | Retry::After(_)) => return Err(error.into()),
                _ => {}
            }
        }
        if keys.iter().all(|key| last(&follower.seen, key).is_some()) {
            return Ok(());
        }
    }
    Err(Violation::new("read on from the same position after each failure, what was written is not seen"))
}

async fn a_write_in_doubt_is_seen_if_it_took_effect(cx: Context<ChangeStore>) -> Verdict {
    let sound = cx.connect().await?;
    let (keys, mut random) = (keys(6)?, StdRng::seed_from_u64(cx.seed()));
    let mut follower = Follower::from_oldest(&sound);
    for fault in Fault::IN_DOUBT.into_iter().chain([Fault::Duplicate, Fault::Throttle]) {
        for key in &keys {
            write(&sound, key, 1).await?;
        }
        let faults = Faults::none();
        let shaky = cx.connect_through(&faults).await?;
        for (n, key) in keys.iter().enumerate() {
            faults.inject(fault);
            let written = match (n + random.random_range(0..3)) % 3 {
                0 => shaky.documents.delete(&THINGS, key, &Condition::Always).await,
                1 => shaky.documents.put(&THINGS, key, &writing(&json!({ "n": 2 }))?).await.map(drop),
                _ => {
                    let transaction = Transaction::in_partition(key.partition().clone())
                        .put(key.sort(), writing(&json!({ "n": 3 }))?)?
                        .put("beside", writing(&json!({ "n": 3 }))?)?;
                    shaky.documents.transact(&THINGS, &transaction).await.map(drop)
                }
            };
            match written {
                Err(error) if error.retry() == Retry::Never => return Err(error.into()),
                _ => {}
            }
        }
        follower.until_it_stands(&cx, &format!("after writes that met {fault:?}"), &keys).await?;
    }
    Ok(())
}
