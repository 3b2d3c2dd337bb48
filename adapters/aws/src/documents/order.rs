//! The order of an index: by sort field, equal ones by key, in one attribute of at most 1,024 bytes.

use std::ops::Bound;

use anyport_ports::documents::{IndexPosition, Key, TextRange};

/// A text is cut behind this many bytes, at the end of the character there, hence after at most 1,024: DynamoDB's limit
/// for a range key. Cutting every text at the first end of a character from here on keeps `a <= b` for the cut texts of
/// any `a <= b`. (Cutting *before* a limit does not: it would put a long character that does not fit before a short one
/// that does.)
const CUT: usize = 1021;

/// Ends a text: less than any character with which a longer one could go on, a NUL in it being written as [`NUL`].
const END: &str = "\0\0";

/// A NUL within a text.
const NUL: &str = "\0\u{1}";

/// Where the document of this key with this text in the sort field stands in an index.
///
/// The text ends in [`END`], then follow the parts of the key: byte order is the order of the text and then of the key. If
/// it had to be cut, several documents may have one place; whoever lists them orders these few itself.
pub(super) fn place(sort: &str, key: &Key) -> String {
    let mut place = ended(sort);
    place.push_str(&ended(key.partition().as_str()));
    place.push_str(&escaped(key.sort()));
    cut(place)
}

/// The places from which and up to which the documents are listed that a query has left; `None` at a side without bound,
/// or nothing at all if nothing can lie between. What lies at the edges may be too much: cutting loses precision.
pub(super) fn span(range: &TextRange, position: Option<&IndexPosition>, ascending: bool) -> Option<Span> {
    let mut low = match range.start() {
        Bound::Included(text) => Some(escaped(text)),
        Bound::Excluded(text) => Some(escaped(text) + NUL),
        Bound::Unbounded => None,
    };
    let mut high = match range.end() {
        Bound::Included(text) => Some(escaped(text) + NUL),
        Bound::Excluded(text) => Some(escaped(text)),
        Bound::Unbounded => None,
    };
    if let Some(position) = position {
        let reached = place(&position.sort, &position.key);
        if ascending {
            low = low.max(Some(reached));
        } else {
            high = Some(high.map_or(reached.clone(), |high| high.min(reached)));
        }
    }
    Span::between(low, high)
}

/// Bounds on a range key, both included.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) low: Option<String>,
    pub(super) high: Option<String>,
}

impl Span {
    /// From `low` to `high`, cut; `None` if nothing can lie between.
    pub(super) fn between(low: Option<String>, high: Option<String>) -> Option<Self> {
        let (low, high) = (low.map(cut).filter(|low| !low.is_empty()), high.map(cut));
        match (&low, &high) {
            // A range key is never empty.
            (_, Some(high)) if high.is_empty() => None,
            (Some(low), Some(high)) if low > high => None,
            _ => Some(Self { low, high }),
        }
    }

    /// The span of a range of keys themselves.
    pub(super) fn of(range: &TextRange) -> Option<Self> {
        let text = |bound: Bound<&str>| match bound {
            Bound::Included(text) | Bound::Excluded(text) => Some(text.to_owned()),
            Bound::Unbounded => None,
        };
        Self::between(text(range.start()), text(range.end()))
    }
}

fn ended(text: &str) -> String {
    escaped(text) + END
}

fn escaped(text: &str) -> String {
    text.replace('\0', NUL)
}

fn cut(mut text: String) -> String {
    if let Some(end) = (CUT..text.len()).find(|at| text.is_char_boundary(*at)) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(partition: &str, sort: &str) -> Key {
        Key::new(partition, sort).unwrap()
    }

    fn texts() -> Vec<String> {
        let long = "x".repeat(1019);
        let mut texts: Vec<String> =
            ["a", "a\0", "a\0\0", "a\0\u{1}", "a\u{1}", "ab", "b", "é", "\u{10FFFF}"].map(String::from).into();
        for end in ["", "a", "é", "a€", "aé", "\u{FFFF}", "a𝄞", "aab", "aaé", "𝄞", "aaaaa"] {
            texts.push(format!("{long}{end}"));
        }
        texts.sort();
        texts
    }

    #[test]
    fn places_are_in_the_order_of_the_text_and_then_of_the_key() {
        let keys = [key("a", "a"), key("a", "b"), key("a\0", "a"), key("a\0b", "a"), key("ab", "\0"), key("b", "a")];
        let texts = texts();
        let all: Vec<(&String, &Key)> = texts.iter().flat_map(|text| keys.iter().map(move |key| (text, key))).collect();
        for (at, (text, key)) in all.iter().enumerate() {
            let one = place(text, key);
            assert!(!one.is_empty() && one.len() <= 1024);
            for (other, other_key) in &all[at + 1..] {
                let two = place(other, other_key);
                assert!(one <= two, "{text:?}/{key} before {other:?}/{other_key}");
                assert!(one.len() >= CUT || one < two, "{text:?}/{key} apart from {other:?}/{other_key}");
            }
        }
    }

    #[test]
    fn a_span_leaves_out_nothing_that_is_in_range() {
        let texts = texts();
        let bounds = |text: &String| [Bound::Included(text.clone()), Bound::Excluded(text.clone())];
        let one = key("p", "s");
        for low in texts.iter().flat_map(bounds).chain([Bound::Unbounded]) {
            for high in texts.iter().flat_map(bounds).chain([Bound::Unbounded]) {
                let range = TextRange::between(low.clone(), high);
                let span = span(&range, None, true);
                for text in texts.iter().filter(|text| range.contains(text)) {
                    let place = place(text, &one);
                    let span = span.as_ref().unwrap();
                    assert!(span.low.as_ref().is_none_or(|low| *low <= place), "{range:?} lists {text:?}");
                    assert!(span.high.as_ref().is_none_or(|high| place <= *high), "{range:?} lists {text:?}");
                }
            }
        }
    }

    #[test]
    fn short_texts_out_of_range_are_not_even_read() {
        let range = TextRange::between(Bound::Excluded("b"), Bound::Excluded("d"));
        let span = span(&range, None, true).unwrap();
        let within = |text: &str| {
            let place = place(text, &key("p", "s"));
            span.low.as_ref().unwrap() <= &place && &place <= span.high.as_ref().unwrap()
        };
        assert!(!within("a") && !within("b") && within("b\0") && within("c") && !within("d") && !within("e"));
    }

    #[test]
    fn nothing_lies_between_crossed_bounds_or_before_everything() {
        let none = |range: TextRange| Span::of(&range).is_none();
        assert!(none(TextRange::between(Bound::Included("b"), Bound::Included("a"))));
        assert!(none(TextRange::between(Bound::<String>::Unbounded, Bound::Included(""))));
        let all = Span { low: None, high: None };
        assert_eq!(Span::of(&TextRange::prefix("")), Some(all));
    }
}
