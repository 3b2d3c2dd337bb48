//! Where a reader begins that wants nothing of what was.

use std::time::Duration;

use super::follower::Follower;
use super::{keys, resources, write};
use crate::check::{Check, Context, Verdict, checks, ensure};
use crate::subject::ChangeStore;
use crate::suite::THINGS;

pub(super) fn checks() -> Vec<Check<ChangeStore>> {
    checks![resources;
        "CHG-LATE-1" => what_is_written_after_latest_is_read_from_there,
        "CHG-LATE-2" => what_was_written_before_latest_is_not,
    ]
}

async fn what_is_written_after_latest_is_read_from_there(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let of_nothing = store.changes.latest(&THINGS).await?;
    let keys = keys(10)?;
    let (first, second) = keys.split_at(5);
    for key in first {
        write(&store, key, 1).await?;
    }
    let between = cx.connect().await?.changes.latest(&THINGS).await?;
    for key in second {
        write(&store, key, 1).await?;
    }
    Follower::from(&store, of_nothing).until_all(&cx, "what was written after the first `latest`", &keys).await?;
    Follower::from(&store, between).paged(2).until_all(&cx, "what was written after the second", second).await
}

async fn what_was_written_before_latest_is_not(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(6)?;
    let (before, after) = keys.split_at(5);
    for key in before {
        write(&store, key, 1).await?;
    }
    cx.pass(Duration::from_millis(2_100)).await;
    let latest = store.changes.latest(&THINGS).await?;
    for key in after {
        write(&store, key, 1).await?;
    }
    let mut follower = Follower::from(&store, latest);
    follower.until_all(&cx, "what was written after `latest`", after).await?;
    follower.rest(&cx).await?;
    let old = follower.seen.iter().find(|change| before.contains(&change.key));
    ensure!(old.is_none(), "read from `latest`, though written two seconds before: {old:?}");
    Ok(())
}
