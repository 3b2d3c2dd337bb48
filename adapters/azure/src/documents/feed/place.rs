//! A place in the feed of a container: one in each range of the hashes of its partition keys.

use std::time::Duration;

use anyport_ports::documents::FeedPosition;
use anyport_ports::{CollectionName, Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::item::{self, Item};

/// For so long after it was given a position leads on, and so old may the mark of a deletion be that is told of. Marks
/// stand for twice as long and a day more ([`item::TOMBSTONE_SECONDS`]): whoever reads on in time misses none.
const GOOD: Duration = Duration::from_hours(7 * 24);

/// Between two hashes, the upper one excluded, in hexadecimal.
pub(super) type Hashes = (String, String);

/// A place in each range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The range whose turn it is.
    pub(super) first: usize,
    pub(super) ranges: Vec<Range>,
}

/// A place in one range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub(super) hashes: Hashes,
    /// Where the service goes on; at its oldest change if nowhere.
    pub(super) token: Option<String>,
    /// What was told of the page that begins there, where it was longer than asked for: the service does not part what
    /// was written at once.
    given: Vec<u64>,
    /// All changes before were told.
    since: Timestamp,
}

impl Place {
    /// Where nothing was read yet.
    pub(super) fn oldest(ranges: impl IntoIterator<Item = Hashes>, now: Timestamp) -> Self {
        Self { first: 0, ranges: ranges.into_iter().map(|hashes| Range::at(hashes, None, now)).collect() }
    }

    /// The place of a position; `InvalidInput` if it is none of this feed's.
    pub(super) fn of(position: &FeedPosition, collection: &CollectionName) -> Result<Self> {
        let place: Self = position.place(collection)?;
        let sound = !place.ranges.is_empty() && place.ranges.iter().all(|range| range.hashes.0 < range.hashes.1);
        if sound { Ok(place) } else { Err(garbage()) }
    }

    /// Goes by the ranges that the container has now: one that was divided is read as its parts, each from where the whole
    /// had come to.
    pub(super) fn divide(&mut self, now: &[Hashes]) {
        let parts = |range: &Range| {
            let cut = now.iter().filter_map(|(min, max)| {
                let (min, max) = (min.max(&range.hashes.0).clone(), max.min(&range.hashes.1).clone());
                (min < max).then(|| Range { hashes: (min, max), ..range.clone() })
            });
            cut.collect::<Vec<_>>()
        };
        self.ranges = self.ranges.iter().flat_map(parts).collect();
    }

    /// Whether marks may be gone that stood after this place.
    pub(super) fn is_too_old(&self, now: Timestamp) -> bool {
        self.ranges.iter().any(|range| now > range.since.plus(GOOD))
    }
}

impl Range {
    pub(super) fn at(hashes: Hashes, token: Option<String>, since: Timestamp) -> Self {
        Self { hashes, token, given: Vec::new(), since }
    }

    /// Takes up to so many changes of the page that begins here and was read at this time, and moves on behind them.
    pub(super) fn take(&mut self, page: Vec<Item>, token: String, wanted: usize, now: Timestamp) -> Vec<Item> {
        let oldest = self.since.minus(GOOD);
        let reached = page.last().map_or(now, |last| item::written_at(last).unwrap_or(self.since));
        let mut told = page;
        told.retain(|item| !self.given.contains(&print(item)));
        if told.len() > wanted {
            told.truncate(wanted);
            self.given.extend(told.iter().map(print));
        } else {
            self.token = Some(token);
            self.given.clear();
            self.since = self.since.max(reached);
        }
        told.retain(|item| !item::is_tombstone(item) || item::written_at(item).is_none_or(|at| at >= oldest));
        told
    }
}

pub(super) fn garbage() -> Error {
    Error::invalid("the position is not one that this feed gave: read from its oldest change, or from `latest`")
}

/// What tells one state of an item from all others.
fn print(item: &Item) -> u64 {
    let mut digest = Sha256::new();
    for field in [item::PARTITION, item::ID, item::ETAG] {
        let text = item.get(field).and_then(Value::as_str).unwrap_or_default();
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    digest.finalize().iter().take(8).fold(0, |print, byte| print << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::ErrorKind;
    use serde_json::json;

    const ORDERS: CollectionName = CollectionName::from_static("orders");
    const DAY: i64 = 24 * 60 * 60;

    fn hashes(min: &str, max: &str) -> Hashes {
        (min.to_owned(), max.to_owned())
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_millis(day * DAY * 1000)
    }

    fn change(id: &str, etag: u32, day: i64, deleted: bool) -> Item {
        let mut item = json!({"id": id, "pk": "p", "_etag": etag.to_string(), "_ts": day * DAY});
        if deleted {
            item["deleted"] = json!(true);
        }
        item.as_object().unwrap().clone()
    }

    fn ids(told: &[Item]) -> Vec<&str> {
        told.iter().filter_map(|item| item["id"].as_str()).collect()
    }

    #[test]
    fn a_page_that_is_too_long_is_told_in_parts_and_nothing_is_passed_over() {
        let mut range = Range::at(hashes("", "FF"), Some("t0".to_owned()), at(1));
        let page = || ["a", "b", "c", "d"].map(|id| change(id, 1, 1, false)).to_vec();
        assert_eq!(ids(&range.take(page(), "t1".to_owned(), 2, at(1))), ["a", "b"]);
        assert_eq!(range.token.as_deref(), Some("t0"), "it begins there again");
        // Meanwhile `a` was written again, and stands behind.
        let moved =
            [change("b", 1, 1, false), change("c", 1, 1, false), change("d", 1, 1, false), change("a", 2, 1, false)];
        assert_eq!(ids(&range.take(moved.to_vec(), "t1".to_owned(), 2, at(1))), ["c", "d"]);
        assert_eq!(ids(&range.take(moved.to_vec(), "t1".to_owned(), 2, at(1))), ["a"]);
        assert_eq!((range.token.as_deref(), range.given.len()), (Some("t1"), 0));
    }

    #[test]
    fn a_position_is_good_as_long_as_the_marks_after_it_stand() {
        let mut place = Place::oldest([hashes("", "FF")], at(100));
        assert!(!place.is_too_old(at(107)) && place.is_too_old(at(107).plus(Duration::from_millis(1))));
        // What was written long ago makes it no older, what is new makes it younger, and that nothing is left as young as can be.
        let _told = place.ranges[0].take(vec![change("a", 1, 3, false)], "t".to_owned(), 9, at(101));
        assert_eq!(place.ranges[0].since, at(100));
        let _told = place.ranges[0].take(vec![change("b", 1, 104, false)], "t".to_owned(), 9, at(105));
        assert_eq!(place.ranges[0].since, at(104));
        let _told = place.ranges[0].take(Vec::new(), "t".to_owned(), 9, at(106));
        assert_eq!(place.ranges[0].since, at(106));
    }

    #[test]
    fn marks_that_may_go_before_they_are_read_are_not_told_at_all() {
        let mut range = Range::at(hashes("", "FF"), None, at(100));
        let page = vec![change("old", 1, 92, true), change("kept", 1, 93, true), change("stands", 1, 1, false)];
        assert_eq!(ids(&range.take(page, "t".to_owned(), 9, at(105))), ["kept", "stands"]);
        let stands = item::TOMBSTONE_SECONDS * 1000 - i64::try_from(2 * GOOD.as_millis()).unwrap();
        assert!(
            stands >= 24 * 60 * 60 * 1000,
            "a mark that is told once can be read for as long as the position is good"
        );
    }

    #[test]
    fn a_range_that_was_divided_is_read_on_as_its_parts() {
        let mut place = Place::oldest([hashes("", "20"), hashes("20", "FF")], at(1));
        place.ranges[0].token = Some("t".to_owned());
        place.divide(&[hashes("", "10"), hashes("10", "20"), hashes("20", "FF")]);
        let found: Vec<_> = place.ranges.iter().map(|range| (range.hashes.clone(), range.token.clone())).collect();
        let token = Some("t".to_owned());
        assert_eq!(found, [(hashes("", "10"), token.clone()), (hashes("10", "20"), token), (hashes("20", "FF"), None)]);
        // Two that were merged are read on by themselves.
        place.divide(&[hashes("", "FF")]);
        assert_eq!(place.ranges.len(), 3);
    }

    #[test]
    fn a_place_that_somebody_made_up_is_refused() {
        let sound = Place::oldest([hashes("", "FF")], at(1));
        assert_eq!(Place::of(&FeedPosition::at(&ORDERS, &sound), &ORDERS).unwrap(), sound);
        for bad in [Place::oldest([], at(1)), Place::oldest([hashes("FF", "")], at(1))] {
            let error = Place::of(&FeedPosition::at(&ORDERS, &bad), &ORDERS).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
