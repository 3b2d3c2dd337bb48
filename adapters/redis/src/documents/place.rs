//! The entries of an index, as the bytes that they are kept as.
//!
//! An entry is the text of the sort field, the partition key and the sort key, each with an end, so that the order of
//! bytes is the order of the listing; then the version that it was made for, and the server's time when it was. Every
//! write makes entries of its own, so that they can be taken out without a thought for other writes: versions never
//! come back.

use std::ops::Bound;

use anyport_ports::documents::{Direction, IndexPosition, IndexQuery, Key, Version};
use anyport_ports::{Error, ErrorKind, Result};

/// The end of a text. A NUL within one is followed by FF, which no UTF-8 holds and which is above whatever may follow an
/// end; so a text sorts before those that it begins.
const END: u8 = 0;
const WITHIN: u8 = 0xFF;
const ABOVE: u8 = 0xFF;

/// Digits of a version: those of a random UUID.
const VERSION: usize = 32;

/// What begins the entries of this document under this text of the sort field.
pub(super) fn place(sort: &str, key: &Key) -> Vec<u8> {
    let mut place = Vec::new();
    for text in [sort, key.partition().as_str(), key.sort()] {
        ended(&mut place, text);
    }
    place
}

/// What begins the entry that was made for this version; only the time follows.
pub(super) fn claim(sort: &str, key: &Key, version: &Version) -> Vec<u8> {
    [&place(sort, key)[..], version.as_str().as_bytes()].concat()
}

/// The bounds of the entries that were made for this version, as Redis writes them.
pub(super) fn bounds_of(claim: &[u8]) -> [Vec<u8>; 2] {
    [inclusive(claim.to_vec()), exclusive([claim, &[ABOVE]].concat())]
}

/// The bounds of the entries still to list, the lower one first, as Redis writes them.
pub(super) fn bounds(query: &IndexQuery) -> [Vec<u8>; 2] {
    let beginning = |sort: &str| {
        let mut place = Vec::new();
        ended(&mut place, sort);
        place.pop();
        place
    };
    let beyond = |sort: &str| {
        let mut place = Vec::new();
        ended(&mut place, sort);
        place.push(ABOVE);
        place
    };
    let mut lower = match query.range().start() {
        Bound::Unbounded => b"-".to_vec(),
        Bound::Included(sort) => inclusive(beginning(sort)),
        Bound::Excluded(sort) => exclusive(beyond(sort)),
    };
    let mut upper = match query.range().end() {
        Bound::Unbounded => b"+".to_vec(),
        Bound::Included(sort) => exclusive(beyond(sort)),
        Bound::Excluded(sort) => exclusive(beginning(sort)),
    };
    if let Some(IndexPosition { sort, key }) = query.position() {
        let last = place(sort, key);
        match query.runs() {
            Direction::Ascending => lower = exclusive([&last[..], &[ABOVE]].concat()),
            Direction::Descending => upper = exclusive(last),
        }
    }
    [lower, upper]
}

/// A bound that leaves out this entry itself.
pub(super) fn exclusive(entry: Vec<u8>) -> Vec<u8> {
    [vec![b'('], entry].concat()
}

fn inclusive(entry: Vec<u8>) -> Vec<u8> {
    [vec![b'['], entry].concat()
}

/// An entry, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it is listed, and of which document.
    pub(super) position: IndexPosition,
    /// The version that it was made for.
    pub(super) version: Version,
    /// When it was made, by the server's clock, in milliseconds.
    pub(super) made_at: u64,
}

impl Entry {
    /// Reads an entry.
    pub(super) fn read(entry: &[u8]) -> Result<Self> {
        parse(entry)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "an entry of the index cannot be read: who wrote it?"))
    }
}

fn parse(entry: &[u8]) -> Option<Entry> {
    let (sort, rest) = split(entry)?;
    let (partition, rest) = split(rest)?;
    let (document, rest) = split(rest)?;
    let (version, made_at) = std::str::from_utf8(rest).ok()?.split_at_checked(VERSION)?;
    Some(Entry {
        position: IndexPosition { sort, key: Key::new(partition, document).ok()? },
        version: Version::new(version),
        made_at: made_at.parse().ok()?,
    })
}

fn ended(place: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        place.push(byte);
        if byte == END {
            place.push(WITHIN);
        }
    }
    place.push(END);
}

fn split(entry: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    let mut bytes = entry.iter().copied().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == END && bytes.next_if(|(_, next)| *next == WITHIN).is_none() {
            return Some((String::from_utf8(text).ok()?, &entry[at + 1..]));
        }
        text.push(byte);
    }
    None
}

#[cfg(test)]
mod tests {
    use anyport_ports::IndexName;
    use anyport_ports::documents::TextRange;

    use super::*;

    const TEXTS: [&str; 12] =
        ["\0", "\0\0", "\0a", "a", "a\0", "a\0\0", "a\0b", "a\u{1}", "ab", "b", "é", "\u{10FFFF}"];
    const MADE: &str = "0123456789abcdef0123456789abcdef1767225600123";

    fn all() -> Vec<(IndexPosition, Vec<u8>)> {
        let mut made = Vec::new();
        for sort in TEXTS {
            for partition in TEXTS {
                for document in TEXTS {
                    let key = Key::new(partition, document).unwrap();
                    let entry = [&place(sort, &key)[..], MADE.as_bytes()].concat();
                    made.push((IndexPosition { sort: sort.to_owned(), key }, entry));
                }
            }
        }
        made
    }

    /// Whether Redis lists the entry between these bounds.
    fn within(entry: &[u8], [lower, upper]: &[Vec<u8>; 2]) -> bool {
        let above = match lower[0] {
            b'-' => true,
            b'[' => entry >= &lower[1..],
            _ => entry > &lower[1..],
        };
        above && (upper[0] == b'+' || entry < &upper[1..])
    }

    #[test]
    fn entries_sort_as_what_they_are_made_of_and_are_read_back() {
        let (mut by_place, mut by_bytes) = (all(), all());
        by_place.sort_by(|(a, _), (b, _)| a.cmp(b));
        by_bytes.sort_by(|(_, a), (_, b)| a.cmp(b));
        assert!(by_place == by_bytes);
        for (position, entry) in by_place {
            let version = Version::new(&MADE[..VERSION]);
            let claim = claim(&position.sort, &position.key, &version);
            assert!(entry.starts_with(&claim) && within(&entry, &bounds_of(&claim)));
            assert_eq!(Entry::read(&entry).unwrap(), Entry { position, version, made_at: 1_767_225_600_123 });
        }
    }

    #[test]
    fn bounds_hold_what_the_range_holds_and_nothing_listed_before() {
        let all = all();
        let index = || IndexQuery::new(IndexName::from_static("by-state"), "open");
        let bounds_on = |text: &'static str| [Bound::Unbounded, Bound::Included(text), Bound::Excluded(text)];
        for (from, to) in TEXTS.into_iter().flat_map(|from| TEXTS.map(|to| (from, to))) {
            for (start, end) in bounds_on(from).into_iter().flat_map(|start| bounds_on(to).map(|end| (start, end))) {
                let query = index().within(TextRange::between(start, end));
                let bounds = bounds(&query);
                for (position, entry) in all.iter().step_by(7) {
                    assert_eq!(
                        within(entry, &bounds),
                        query.range().contains(&position.sort),
                        "{position:?} {query:?}"
                    );
                }
            }
        }
        for (last, _) in all.iter().step_by(31) {
            let at = place(&last.sort, &last.key);
            let after = exclusive([&at[..], &[ABOVE]].concat());
            for (position, entry) in &all {
                assert_eq!(
                    within(entry, &[after.clone(), b"+".to_vec()]),
                    position > last,
                    "{position:?} after {last:?}"
                );
                let before = [b"-".to_vec(), exclusive(at.clone())];
                assert_eq!(within(entry, &before), position < last, "{position:?} before {last:?}");
            }
        }
    }
}
