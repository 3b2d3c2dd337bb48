//! Places in a stream: how far each of its shards has been read.

use std::collections::BTreeMap;
use std::ops::Bound;

use anyport_ports::documents::{FeedPage, FeedPosition};
use anyport_ports::{CollectionName, Result};
use serde::{Deserialize, Serialize};

use super::stream::Stream;

/// Most shards whose iterators are kept in a position: each has some 300 bytes, and a position is bounded.
const MAX_ITERATORS: usize = 64;

/// A place in each shard. A shard that is not named is new since: it is read from its beginning.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// When this was given, in seconds since 1970.
    #[serde(rename = "t")]
    pub(super) given: i64,
    /// The shard that was read last, if not all are read each time.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) turn: Option<String>,
    #[serde(rename = "s")]
    pub(super) shards: BTreeMap<String, Place>,
}

/// A place in one shard; by default its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The sequence number that was read last.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
    /// What was made before, in seconds since 1970, is passed over if it is met: the place was where the shard stood then.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<i64>,
    /// The service's own word for the place: good for 15 minutes, and exact where no sequence number is known, or where
    /// nothing was found though the shard goes on.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(super) iterator: Option<String>,
    /// Whether there was nothing new when it was read last.
    #[serde(rename = "q", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) quiet: bool,
    /// Whether the shard is closed and was read to its end.
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) done: bool,
}

impl Place {
    pub(super) fn done() -> Self {
        Self { done: true, ..Self::default() }
    }

    /// Where the shard stands at this second, by this iterator.
    pub(super) fn since(seconds: i64, iterator: Option<String>) -> Self {
        Self { since: Some(seconds), iterator, ..Self::default() }
    }
}

impl Position {
    pub(super) fn text(mut self, collection: &CollectionName) -> FeedPosition {
        let carried = self.shards.values_mut().filter(|place| place.iterator.is_some());
        carried.skip(MAX_ITERATORS).for_each(|place| place.iterator = None);
        FeedPosition::at(collection, &self)
    }

    /// Whether the stream must have gone on since it was looked at like this.
    pub(super) fn has_outrun(&self, stream: &Stream) -> bool {
        self.shards.iter().any(|(id, place)| !stream.has(id) || (place.done && !stream.has_child(id)))
    }

    /// Drops the shards that are no more. Of one that was not read to its end, changes are lost.
    pub(super) fn forget_all_but(&mut self, stream: &Stream) -> Result<()> {
        if self.shards.iter().any(|(id, place)| !place.done && !stream.has(id)) {
            return Err(FeedPage::no_longer_kept());
        }
        self.shards.retain(|id, _| stream.has(id));
        Ok(())
    }

    /// The shards to be read now, at most `limit`, each once its parent is done with; the one after that which was read last
    /// goes first.
    pub(super) fn next_shards<'a>(&self, stream: &'a Stream, limit: usize) -> Vec<(&'a str, Place)> {
        let is_done = |id: &str| self.shards.get(id).is_some_and(|place| place.done);
        let open: BTreeMap<&str, Place> = stream
            .shards
            .iter()
            .filter(|shard| !is_done(&shard.id))
            .filter(|shard| shard.parent.as_deref().is_none_or(|parent| !stream.has(parent) || is_done(parent)))
            .map(|shard| (shard.id.as_str(), self.shards.get(&shard.id).cloned().unwrap_or_default()))
            .collect();
        let turn = self.turn.as_deref().unwrap_or_default();
        let after = open.range::<str, _>((Bound::Excluded(turn), Bound::Unbounded));
        let before = open.range::<str, _>((Bound::Unbounded, Bound::Included(turn)));
        after.chain(before).take(limit).map(|(id, place)| (*id, place.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Shard;
    use super::*;
    use anyport_ports::ErrorKind;

    fn stream(shards: &[(&str, Option<&str>)]) -> Stream {
        let shard =
            |(id, parent): &(&str, Option<&str>)| Shard { id: (*id).to_owned(), parent: parent.map(str::to_owned) };
        Stream::of("arn", shards.iter().map(shard).collect())
    }

    fn position(shards: &[(&str, Place)]) -> Position {
        Position {
            shards: shards.iter().map(|(id, place)| ((*id).to_owned(), place.clone())).collect(),
            ..Position::default()
        }
    }

    fn after(number: &str) -> Place {
        Place { after: Some(number.to_owned()), ..Place::default() }
    }

    fn ids(position: &Position, stream: &Stream, limit: usize) -> Vec<String> {
        position.next_shards(stream, limit).into_iter().map(|(id, _)| id.to_owned()).collect()
    }

    #[test]
    fn a_child_is_read_once_its_parent_is_done() {
        let stream = stream(&[("b", Some("a")), ("c", Some("a")), ("a", Some("gone")), ("d", Some("c"))]);
        assert_eq!(ids(&Position::default(), &stream, 9), ["a"]);
        assert_eq!(ids(&position(&[("a", after("7"))]), &stream, 9), ["a"]);
        assert_eq!(ids(&position(&[("a", Place::done())]), &stream, 9), ["b", "c"]);
        assert_eq!(ids(&position(&[("a", Place::done()), ("c", Place::done())]), &stream, 9), ["b", "d"]);
    }

    #[test]
    fn of_more_shards_than_the_page_has_room_for_each_has_its_turn() {
        let stream = stream(&[("a", None), ("b", None), ("c", None)]);
        let mut position = Position::default();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let read = ids(&position, &stream, 2);
            position.turn = read.last().cloned();
            seen.extend(read);
        }
        assert_eq!(seen, ["a", "b", "c", "a", "b", "c"]);
    }

    #[test]
    fn a_shard_that_is_gone_matters_only_if_it_was_not_read_to_its_end() {
        let stream = stream(&[("b", Some("a"))]);
        let mut read = position(&[("a", Place::done()), ("b", after("7"))]);
        read.forget_all_but(&stream).unwrap();
        assert_eq!(read.shards.keys().collect::<Vec<_>>(), ["b"]);
        let error = position(&[("a", after("7"))]).forget_all_but(&stream).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    }

    #[test]
    fn a_stream_is_looked_at_anew_when_a_shard_has_ended_or_another_is_known_elsewhere() {
        let stream = stream(&[("a", None)]);
        assert!(!position(&[("a", after("7"))]).has_outrun(&stream));
        assert!(position(&[("a", Place::done())]).has_outrun(&stream));
        assert!(position(&[("b", Place::default())]).has_outrun(&stream));
    }

    #[test]
    fn a_position_stays_within_its_bounds_with_many_shards() {
        let collection = CollectionName::from_static("users");
        let place = Place { iterator: Some("x".repeat(400)), ..after("100000000000000000001") };
        let shards = (0..400).map(|n| (format!("shardId-0000000141457657{n:04}-f55eea83"), place.clone())).collect();
        let text = Position { shards, ..Position::default() }.text(&collection);
        let back: Position = text.place(&collection).unwrap();
        assert_eq!(back.shards.len(), 400);
        assert_eq!(back.shards.values().filter(|place| place.iterator.is_some()).count(), MAX_ITERATORS);
    }
}
