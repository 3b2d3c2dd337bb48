//! Text as ASCII that keeps the order of its UTF-8 bytes: what ids are made of, and places in an index.
//!
//! Cosmos DB forbids `/`, `\`, `?` and `#` in an id, advises against all that is not plain, and compares text by UTF-16 units,
//! which is not the order of UTF-8. So bytes that are not plain are written as one of the signs of escape and two
//! hexadecimal digits. Which sign it is depends on where the byte stands among those that are plain:
//!
//! | bytes | are written |
//! |---|---|
//! | `00`-`2C` (control characters, space, `!"#$%&'()*+,`) | `!` and digits |
//! | `-` | as it is |
//! | `.`, `/` | `.` and digits |
//! | `0`-`9`, `:` | as they are |
//! | `;<=>?@` | `=` and digits |
//! | `A`-`Z` | as they are |
//! | `[\]^_` and the backtick | `_` and digits |
//! | `a`-`z` | as they are |
//! | from `{` on, and all that is not ASCII | `~` and digits |

use anyport_ports::documents::Key;

/// Ends a text within a place: less than anything that a longer text could go on with.
const END: char = ' ';

/// Above the end of a text, below all that a longer one could go on with.
pub(super) const BEYOND: char = '!';

/// How a byte is written: the sign of its escape, or `None` for as it is.
const fn sign(byte: u8) -> Option<u8> {
    match byte {
        0x00..=b',' => Some(b'!'),
        b'.' | b'/' => Some(b'.'),
        b';'..=b'@' => Some(b'='),
        b'['..=b'`' => Some(b'_'),
        b'{'..=0xFF => Some(b'~'),
        b'-' | b'0'..=b':' | b'A'..=b'Z' | b'a'..=b'z' => None,
    }
}

/// The text in ASCII.
pub(super) fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0xF)]);
    let mut ascii = String::with_capacity(text.len());
    for byte in text.bytes() {
        match sign(byte) {
            None => ascii.push(char::from(byte)),
            Some(sign) => ascii.extend([char::from(sign), digit(byte >> 4), digit(byte)]),
        }
    }
    ascii
}

/// The text that was encoded; `None` if this is no text's encoding.
pub(super) fn decoded(ascii: &str) -> Option<String> {
    let digit = |byte: Option<u8>| match byte? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        digit @ b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let mut bytes = ascii.bytes();
    let mut text = Vec::with_capacity(ascii.len());
    while let Some(byte) = bytes.next() {
        if matches!(byte, b'!' | b'.' | b'=' | b'_' | b'~') {
            let escaped = digit(bytes.next())? << 4 | digit(bytes.next())?;
            if sign(escaped) != Some(byte) {
                return None;
            }
            text.push(escaped);
        } else if sign(byte).is_none() {
            text.push(byte);
        } else {
            return None;
        }
    }
    String::from_utf8(text).ok()
}

/// What begins the places of all documents whose partition field in an index holds this text.
pub(super) fn under(equals: &str) -> String {
    encoded(equals) + &END.to_string()
}

/// Where a document stands in an index: by the text of the partition field, that of the sort field, and its key.
pub(super) fn place(equals: &str, sort: &str, key: &Key) -> String {
    let parts = [equals, sort, key.partition().as_str(), key.sort()];
    parts.map(encoded).join(&END.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<String> {
        let mut texts: Vec<String> = (0..=0x10FF_u32).filter_map(char::from_u32).map(String::from).collect();
        texts.extend(
            [
                "\u{D7FF}",
                "\u{E000}",
                "\u{FFFF}",
                "\u{10000}",
                "\u{10FFFF}",
                "",
                "a",
                "aa",
                "a\0",
                "a!",
                "a~",
                "Z",
                "_",
                ".",
                "..",
            ]
            .map(String::from),
        );
        for end in [
            "\0", " ", "!", "-", ".", "/", "0", ":", ";", "=", "@", "A", "[", "_", "`", "z", "{", "~", "\u{7F}", "é",
            "𝄞",
        ] {
            texts.push(format!("order{end}"));
            texts.push(format!("order{end}1"));
        }
        texts.sort();
        texts.dedup();
        texts
    }

    #[test]
    fn order_is_that_of_utf_8_and_every_text_comes_back() {
        let texts = texts();
        for pair in texts.windows(2) {
            assert!(encoded(&pair[0]) < encoded(&pair[1]), "{pair:?}");
        }
        for text in &texts {
            let ascii = encoded(text);
            assert_eq!(decoded(&ascii).as_ref(), Some(text));
            assert!(ascii.bytes().all(|byte| byte.is_ascii_graphic() && !br"/\?#".contains(&byte)), "{ascii}");
        }
        assert_eq!(encoded("order/2026-01-31T10:00:00Z"), "order.2F2026-01-31T10:00:00Z");
        assert!(encoded(&"\0".repeat(256)).len() <= 1023);
    }

    #[test]
    fn what_nobody_encoded_is_told() {
        for foreign in ["a.b", "a b", "!61", "~", "~7", "~7b", "=2F", "é", "~C3", "a/b", "_zz"] {
            assert_eq!(decoded(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn places_are_in_the_order_of_what_they_are_made_of() {
        let texts = ["\0", "\0\0", "a", "a\0", "a b", "a!", "ab", "é"];
        let mut all = Vec::new();
        for equals in texts {
            for sort in texts {
                for partition in texts {
                    for document in texts {
                        all.push((equals, sort, Key::new(partition, document).unwrap()));
                    }
                }
            }
        }
        all.sort();
        let places: Vec<String> = all.iter().map(|(equals, sort, key)| place(equals, sort, key)).collect();
        assert!(places.is_sorted());
        for (at, (equals, _, _)) in all.iter().enumerate() {
            assert!(places[at].starts_with(&under(equals)));
            assert!(*places[at] < *(encoded(equals) + &BEYOND.to_string()));
        }
    }
}
