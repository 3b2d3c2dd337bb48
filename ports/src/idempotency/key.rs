//! What a caller knows an operation by.

use std::fmt;

use super::digest::Digest;
use crate::{Error, ErrorKind, Result};

/// Longest key, in characters.
pub const MAX_KEY_CHARS: usize = 255;

/// What a caller knows one piece of work by, however often it asks for it: 1 to 255 characters, none of them a control
/// character. It is stored as a hash alone, and never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A key; [`InvalidInput`](ErrorKind::InvalidInput) if it is empty or holds a control character,
    /// [`TooLarge`](ErrorKind::TooLarge) if it is longer than 255 characters.
    pub fn new(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        if key.is_empty() {
            return Err(Error::invalid("the idempotency key is empty: it must hold at least one character"));
        }
        let length = key.chars().count();
        if length > MAX_KEY_CHARS {
            let message = format!("the idempotency key is {length} characters long: at most {MAX_KEY_CHARS}");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        if key.chars().any(char::is_control) {
            return Err(Error::invalid("the idempotency key holds a control character"));
        }
        Ok(Self(key))
    }

    /// A key of several parts (a message's source and its id), whatever each holds and however long it is; other parts
    /// are another key, also where their texts in a row are the same.
    pub fn of_parts(parts: &[&str]) -> Self {
        let digest = parts.iter().fold(Digest::of("key"), |digest, part| digest.part(part.as_bytes()));
        Self(digest.hex())
    }

    /// The key of an HTTP header `Idempotency-Key` after the IETF draft: a quoted string of structured fields (RFC 9651).
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is malformed, and as [`IdempotencyKey::new`].
    pub fn from_field(value: &str) -> Result<Self> {
        let malformed =
            || Error::invalid("the idempotency key is no quoted string of structured fields, such as \"8e03978e\"");
        let inner = value.trim_matches(' ').strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let (mut key, mut characters) = (String::new(), inner.ok_or_else(malformed)?.chars());
        while let Some(character) = characters.next() {
            let unescaped = match character {
                '\\' => characters.next().filter(|escaped| matches!(escaped, '"' | '\\')).ok_or_else(malformed)?,
                ' '..='~' if character != '"' => character,
                _ => return Err(malformed()),
            };
            key.push(unescaped);
        }
        Self::new(key)
    }

    /// As [`from_field`](Self::from_field), and for clients that leave the quotes away also a bare token: visible ASCII
    /// without spaces, quotes, commas and semicolons.
    pub fn from_field_leniently(value: &str) -> Result<Self> {
        let value = value.trim_matches(' ');
        let bare = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';');
        if !value.is_empty() && value.bytes().all(bare) { Self::new(value) } else { Self::from_field(value) }
    }

    /// The hash that the key is stored as.
    pub(super) fn digest(&self) -> String {
        Digest::of("idempotency-key").part(self.0.as_bytes()).hex()
    }
}

impl fmt::Debug for IdempotencyKey {
    /// A key may tell about its caller: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({} characters)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_bounded_in_characters() {
        assert!(IdempotencyKey::new("é".repeat(255)).is_ok());
        assert_eq!(IdempotencyKey::new("é".repeat(256)).unwrap_err().kind(), ErrorKind::TooLarge);
        for bad in ["", "a\nb", "\u{0}", "\u{85}"] {
            assert_eq!(IdempotencyKey::new(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad:?}");
        }
        assert!(!format!("{:?}", IdempotencyKey::new("s3cret").unwrap()).contains("s3cret"));
    }

    #[test]
    fn a_field_is_a_string_of_structured_fields() {
        for (field, key) in [("\"abc\"", "abc"), (" \"a b\" ", "a b"), (r#""a\"b\\c""#, r#"a"b\c"#)] {
            assert_eq!(IdempotencyKey::from_field(field).unwrap(), IdempotencyKey::new(key).unwrap(), "{field}");
        }
        for bad in [
            "",
            "abc",
            "\"",
            "\"\"",
            "\"a",
            "a\"",
            "\"a\"b\"",
            "\"a\\b\"",
            "\"a\\\"",
            "\"é\"",
            "\"a\";p=1",
            "\"a\", \"b\"",
        ] {
            assert_eq!(IdempotencyKey::from_field(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }

    #[test]
    fn a_bare_token_is_the_string_that_it_would_be_in_quotes() {
        let (bare, quoted) = ("8e03978e-40d5", "\"8e03978e-40d5\"");
        let key = IdempotencyKey::from_field(quoted).unwrap();
        assert_eq!(IdempotencyKey::from_field_leniently(bare).unwrap(), key);
        assert_eq!(IdempotencyKey::from_field_leniently(quoted).unwrap(), key);
        for bad in ["", "a b", "a,b", "a;b", "é", "\"a"] {
            assert!(IdempotencyKey::from_field_leniently(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let keys = [&["ab", "c"][..], &["a", "bc"], &["abc"], &["abc", ""]].map(IdempotencyKey::of_parts);
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
    }
}
