//! How documents are called in Firestore.
//!
//! An id is the partition key, `|` and the sort key. `~` stands before what may not stand by itself: `~0` is `~`, `~1` is `/`,
//! `~2` is `|`, and `~3` is `_` at the beginning, where two of them would make a reserved id. So every key has an id of
//! its own that is legal (no `/`, neither `.` nor `..` nor `__x__`, at most 1,500 bytes:
//! <https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields>) and reads like the key.

use anyport_ports::documents::Key;

/// The id of the document of this key.
pub(super) fn of(key: &Key) -> String {
    let mut id = String::new();
    escape(key.partition().as_str(), &mut id);
    if id.starts_with('_') {
        id.replace_range(..1, "~3");
    }
    id.push('|');
    escape(key.sort(), &mut id);
    id
}

fn escape(text: &str, id: &mut String) {
    for character in text.chars() {
        match character {
            '~' => id.push_str("~0"),
            '/' => id.push_str("~1"),
            '|' => id.push_str("~2"),
            other => id.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn id(partition: &str, sort: &str) -> String {
        of(&Key::new(partition, sort).unwrap())
    }

    #[test]
    fn ids_read_like_their_keys() {
        assert_eq!(id("u1", "order/o-1"), "u1|order~1o-1");
        assert_eq!(id("ada@example.com", "profile"), "ada@example.com|profile");
    }

    #[test]
    fn different_keys_have_different_ids_all_of_them_legal() {
        let texts = [
            ".", "..", "__", "__x__", "_", "~", "~0", "~1", "/", "//", "|", "a|b", "a", "A", "~3", "~3_", "é",
            "e\u{301}", "\0", "💥",
        ];
        let mut seen = HashSet::new();
        for (partition, sort) in texts.iter().flat_map(|partition| texts.map(|sort| (*partition, sort))) {
            let id = id(partition, sort);
            assert!(!id.contains('/') && !matches!(id.as_str(), "." | "..") && !id.starts_with("__"), "{id}");
            assert!(seen.insert(id.clone()), "{id} twice");
        }
    }

    #[test]
    fn the_longest_keys_fit() {
        for text in ["/".repeat(256), "~".repeat(256), "é".repeat(128)] {
            assert!(id(&text, &text).len() <= 1_500);
        }
    }
}
