//! Ranges of text in UTF-8 byte order.

use std::ops::Bound;

use super::page::Direction;

/// Bounds on text, in UTF-8 byte order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRange {
    start: Bound<String>,
    end: Bound<String>,
}

impl TextRange {
    /// All text.
    pub fn all() -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded }
    }

    /// The text that begins with `prefix`.
    pub fn prefix(prefix: &str) -> Self {
        Self { start: Bound::Included(prefix.to_owned()), end: prefix_end(prefix) }
    }

    /// From one bound to the other; empty if they cross.
    pub fn between(start: Bound<impl Into<String>>, end: Bound<impl Into<String>>) -> Self {
        Self { start: start.map(Into::into), end: end.map(Into::into) }
    }

    /// The lower bound.
    pub fn start(&self) -> Bound<&str> {
        self.start.as_ref().map(String::as_str)
    }

    /// The upper bound.
    pub fn end(&self) -> Bound<&str> {
        self.end.as_ref().map(String::as_str)
    }

    /// What is left of the range in this direction beyond `after`.
    pub(super) fn beyond(&self, after: Option<&str>, direction: Direction) -> Self {
        let mut range = self.clone();
        match (after, direction) {
            (Some(after), Direction::Ascending) => range.start = Bound::Excluded(after.to_owned()),
            (Some(after), Direction::Descending) => range.end = Bound::Excluded(after.to_owned()),
            (None, _) => {}
        }
        range
    }

    /// Whether the text is within the bounds.
    pub fn contains(&self, text: &str) -> bool {
        let above = match &self.start {
            Bound::Included(start) => text >= start.as_str(),
            Bound::Excluded(start) => text > start.as_str(),
            Bound::Unbounded => true,
        };
        let below = match &self.end {
            Bound::Included(end) => text <= end.as_str(),
            Bound::Excluded(end) => text < end.as_str(),
            Bound::Unbounded => true,
        };
        above && below
    }

    pub(super) fn bytes(&self) -> [Vec<u8>; 2] {
        let encode = |bound: &Bound<String>| match bound {
            Bound::Included(text) => [b"[", text.as_bytes()].concat(),
            Bound::Excluded(text) => [b"(", text.as_bytes()].concat(),
            Bound::Unbounded => Vec::new(),
        };
        [encode(&self.start), encode(&self.end)]
    }
}

/// The first text after all that begin with `prefix`: its last character that has a successor is replaced by it, and
/// what follows is dropped. UTF-8 byte order is the order of code points, so this is exact.
fn prefix_end(prefix: &str) -> Bound<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let successor = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(successor) = successor {
            characters.push(successor);
            return Bound::Excluded(characters.into_iter().collect());
        }
    }
    Bound::Unbounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_text_in_byte_order() {
        for (prefix, end) in [("a", "b"), ("a\u{10FFFF}", "b"), ("\u{D7FF}", "\u{E000}"), ("order/", "order0")] {
            assert_eq!(prefix_end(prefix), Bound::Excluded(end.to_owned()));
        }
        assert_eq!(prefix_end("\u{10FFFF}"), Bound::Unbounded);
        assert_eq!(prefix_end(""), Bound::Unbounded);
        assert!(TextRange::prefix("a").contains("a\u{10FFFF}\u{10FFFF}"));
        assert!(!TextRange::prefix("a").contains("b"));
    }
}
