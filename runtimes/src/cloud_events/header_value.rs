//! Attributes as the values of headers: visible ASCII, the rest percent-encoded (HTTP binding, 3.1.3.2).

use std::fmt::Write as _;

/// A text as the value of a header: space, `"`, `%` and all outside of U+0021 to U+007E are percent-encoded as UTF-8.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'%' => {}
            0x21..=0x7e => {
                encoded.push(char::from(byte));
                continue;
            }
            _ => {}
        }
        // Writing to a string does not fail.
        write!(encoded, "%{byte:02X}").ok();
    }
    encoded
}

/// The text of the value of a header. A quoted value is unquoted first, and then decoded, once; a `%` that no two hexadecimal
/// digits follow stands for itself. What is not UTF-8 then, overlong forms included, is none.
pub(super) fn decode(value: &str) -> Option<String> {
    let unquoted = unquoted(value)?;
    let (mut bytes, mut rest) = (Vec::with_capacity(unquoted.len()), unquoted.as_bytes());
    while let [first, after @ ..] = rest {
        (rest, bytes) = match (first, after) {
            (b'%', [high, low, after @ ..]) if let (Some(high), Some(low)) = (hex(*high), hex(*low)) => {
                bytes.push(high << 4 | low);
                (after, bytes)
            }
            _ => {
                bytes.push(*first);
                (after, bytes)
            }
        };
    }
    String::from_utf8(bytes).ok()
}

/// The content of a quoted string, or the value itself; `None` if a quoted string does not end where the value does.
fn unquoted(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let (mut text, mut characters) = (String::with_capacity(inner.len()), inner.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?),
            '"' => return characters.next().is_none().then_some(text),
            other => text.push(other),
        }
    }
    None
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_the_specification_hold() {
        for (text, encoded) in [
            ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
            ("a b", "a%20b"),
            ("100% \"sure\"", "100%25%20%22sure%22"),
            ("!#$&'()*+,-./:;<=>?@[\\]^_`{|}~", "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"),
            ("\u{7f}\u{80}", "%7F%C2%80"),
            ("%20", "%2520"),
        ] {
            assert_eq!(encode(text), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_value_is_unquoted_and_then_decoded_once() {
        for (value, text) in [
            ("\"Euro%20%E2%82%AC\"", "Euro €"),
            (r#""a \"b\" \\ c""#, r#"a "b" \ c"#),
            ("%e2%82%ac", "€"),
            ("%2520", "%20"),
            ("%22a%22", "\"a\""),
            ("50%", "50%"),
            ("%zz%4", "%zz%4"),
            ("a\"b", "a\"b"),
        ] {
            assert_eq!(decode(value).as_deref(), Some(text), "{value}");
        }
        for bad in ["%C0%A0", "%ff", "%ED%A0%80", "\"open", "\"a\"b", "\"a\\"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_text_survives(text in ".*") {
            let encoded = encode(&text);
            prop_assert!(encoded.bytes().all(|byte| matches!(byte, 0x21..=0x7e)));
            // A value that begins with a quote never comes of a text: quotes are encoded.
            prop_assert_eq!(decode(&encoded), Some(text));
        }

        #[test]
        fn no_value_is_too_odd_to_be_read(value in ".*") {
            decode(&value);
        }
    }
}
