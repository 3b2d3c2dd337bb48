//! Listing the documents of an index.

use anyport_ports::documents::{Direction, Document, Index, IndexPosition, IndexQuery, Key};
use anyport_ports::{CollectionName, Result};

use super::indexes::LEFT_BEHIND;
use super::place::{self, Entry};
use super::scripts::MEMBERS;
use super::{keys, read};
use crate::error::{Failure, unexpected};
use crate::store::RedisStore;

/// Entries looked at in one step, at most.
const CHUNK: usize = 128;

/// The documents of a page of this query, and one more if there is one, with their places. Each is listed for what it
/// holds when it is looked at, whatever its entry says.
pub(super) async fn documents(
    store: &RedisStore,
    name: &CollectionName,
    index: &Index,
    query: &IndexQuery,
) -> Result<Vec<(IndexPosition, Document)>> {
    let key = keys::of_index(&store.naming, name, &index.name, query.equals());
    let wanted = query.page_limit() + 1;
    let [mut lower, mut upper] = place::bounds(query);
    let mut found = Vec::new();
    let mut last: Option<IndexPosition> = None;
    loop {
        // Somewhat more than is wanted, since some may be left from before.
        let chunk = (wanted - found.len() + wanted / 4 + 1).min(CHUNK);
        let mut call = MEMBERS.on(&[&key]);
        call.arg(&lower).arg(&upper).arg(u8::from(query.runs() == Direction::Descending)).arg(chunk);
        let answer = store.connection.run(&MEMBERS, &call).await.map_err(Failure::of_read)?;
        let mut members: Vec<Vec<u8>> = redis::from_redis_value(answer).map_err(|_| unexpected("members"))?;
        if members.is_empty() {
            return Err(unexpected("members"));
        }
        let at = String::from_utf8(members.remove(0)).ok().and_then(|at| at.parse().ok());
        let at: u64 = at.ok_or_else(|| unexpected("members"))?;
        let entries = members.iter().map(|entry| Entry::read(entry)).collect::<Result<Vec<_>>>()?;

        // A document that was just written over has an entry for each of its versions, one beside the other.
        let mut places: Vec<IndexPosition> = Vec::new();
        for entry in &entries {
            if places.last().or(last.as_ref()) != Some(&entry.position) {
                places.push(entry.position.clone());
            }
        }
        let wanted_keys: Vec<Key> = places.iter().map(|place| place.key.clone()).collect();
        let standing = read::documents(store, name, &wanted_keys).await?;
        let looked_at: Vec<_> = places.into_iter().zip(standing).collect();
        take_out_left_behind(store, &key, &members, &entries, &looked_at, at);
        last = entries.into_iter().last().map(|entry| entry.position).or(last);
        let holds = |(place, document): (IndexPosition, Option<Document>)| {
            let document = document?;
            (index.entry(&document.body) == Some((query.equals(), &place.sort))).then_some((place, document))
        };
        found.extend(looked_at.into_iter().filter_map(holds));

        if found.len() >= wanted || members.len() < chunk {
            return Ok(found);
        }
        let Some(end) = members.pop() else { return Ok(found) };
        match query.runs() {
            Direction::Ascending => lower = place::exclusive(end),
            Direction::Descending => upper = place::exclusive(end),
        }
    }
}

/// Takes out entries whose version does not stand and cannot come to stand any more, sometime soon.
fn take_out_left_behind(
    store: &RedisStore,
    key: &str,
    members: &[Vec<u8>],
    entries: &[Entry],
    looked_at: &[(IndexPosition, Option<Document>)],
    at: u64,
) {
    let stands = |entry: &Entry| {
        let looked_at = looked_at.iter().find(|(place, _)| *place == entry.position);
        // What was not looked at this time was left to an earlier one.
        looked_at.is_none_or(|(_, document)| document.as_ref().is_some_and(|found| found.version == entry.version))
    };
    let left = entries.iter().zip(members).filter(|(entry, _)| entry.made_at + LEFT_BEHIND <= at && !stands(entry));
    let left: Vec<&Vec<u8>> = left.map(|(_, member)| member).collect();
    if left.is_empty() {
        return;
    }
    let mut command = redis::cmd("ZREM");
    command.arg(key);
    for member in left {
        command.arg(member);
    }
    let connection = store.connection.clone();
    store.chores.begin(async move {
        // What is left is met again.
        let _left = connection.call(&command).await;
    });
}
