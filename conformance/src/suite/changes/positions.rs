//! Positions and pages.

use anyport_ports::ErrorKind;
use anyport_ports::documents::{FeedPosition, FeedQuery, Key};

use super::follower::Follower;
use super::{keys, resources, write};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq, expect_error};
use crate::subject::ChangeStore;
use crate::suite::{OTHER_THINGS, THINGS};

pub(super) fn checks() -> Vec<Check<ChangeStore>> {
    checks![resources;
        "CHG-POS-1" => pages_of_any_size_miss_nothing,
        "CHG-POS-2" => a_position_serves_another_handle_and_serves_again,
        "CHG-POS-3" => a_position_that_is_not_of_this_feed_is_invalid,
        "CHG-PAGE-1" => a_page_holds_no_more_than_its_limit,
        "CHG-END-1" => a_feed_that_rests_has_an_end,
    ]
}

async fn pages_of_any_size_miss_nothing(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(23)?;
    for key in &keys {
        write(&store, key, 1).await?;
    }
    for limit in [1, 2, 5, 100] {
        let mut follower = Follower::from_oldest(&store).paged(limit);
        follower.until_all(&cx, &format!("what was written, by pages of {limit}"), &keys).await?;
    }
    Ok(())
}

async fn a_position_serves_another_handle_and_serves_again(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(12)?;
    for key in &keys {
        write(&store, key, 1).await?;
    }
    let mut follower = Follower::from_oldest(&store).paged(5);
    follower.until(&cx, "the first five", |seen| seen.len() >= 5).await?;
    let position = follower.position()?;
    let before: Vec<Key> = follower.seen.iter().map(|change| change.key.clone()).collect();
    let left: Vec<Key> = keys.into_iter().filter(|key| !before.contains(key)).collect();
    ensure!(!left.is_empty(), "five of twelve were asked for, and all were given");
    for (reader, which) in
        [(cx.connect().await?, "another handle"), (store.clone(), "the handle that gave it"), (store, "it again")]
    {
        let mut resumed = Follower::from(&reader, position.clone());
        resumed.until_all(&cx, &format!("what follows the position, read by {which}"), &left).await?;
    }
    Ok(())
}

async fn a_position_that_is_not_of_this_feed_is_invalid(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    write(&store, &Key::new("p", "s")?, 1).await?;
    let own = store.changes.latest(&THINGS).await?;
    let cut: String = own.as_str().chars().take(own.as_str().len() / 2).collect();
    let texts = ["", "0", "latest", "{}", "💥", &cut, &own.as_str().repeat(2)];
    let made_up = [FeedPosition::at(&THINGS, &"a place"), FeedPosition::at(&THINGS, &serde_json::json!([{}, -1]))];
    let others = [store.changes.latest(&OTHER_THINGS).await?];
    let garbage = texts.map(FeedPosition::from_text).into_iter().chain(made_up).chain(others);
    for position in garbage {
        let what = format!("a read from {:?}", position.as_str());
        let read = store.changes.read(&THINGS, &FeedQuery::from(position)).await;
        expect_error(read, ErrorKind::InvalidInput, &what)?;
    }
    Ok(())
}

async fn a_page_holds_no_more_than_its_limit(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(12)?;
    for n in 0..10 {
        for key in &keys {
            write(&store, key, n).await?;
        }
    }
    for limit in [1, 7, 100] {
        let mut follower = Follower::from_oldest(&store).paged(limit);
        for page in 0..(120 / limit + 3) {
            let found = follower.page().await?;
            ensure!(found <= limit, "page {page} of at most {limit} holds {found} changes");
        }
    }
    Ok(())
}

async fn a_feed_that_rests_has_an_end(cx: Context<ChangeStore>) -> Verdict {
    let store = cx.connect().await?;
    let keys = keys(8)?;
    for key in &keys {
        write(&store, key, 1).await?;
    }
    let mut follower = Follower::from_oldest(&store).paged(3);
    follower.until_all(&cx, "what was written", &keys).await?;
    follower.rest(&cx).await?;
    for page in 0..5 {
        let found = follower.page().await?;
        ensure_eq!(found, 0, "changes in page {page} after nothing more came");
    }
    Ok(())
}
