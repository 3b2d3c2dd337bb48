//! Text as an identifier, as which a property is named in a query without quotes: letters, digits and `_`. All else is `_` and
//! two hexadecimal digits for each byte of its UTF-8.

/// Parts one identifier from the next: no escape begins with two of its signs.
pub(super) const BETWEEN: &str = "__";

/// The text as an identifier, if it begins with a letter.
pub(super) fn of(text: &str) -> String {
    let sign = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("_{byte:02X}") }
    };
    text.bytes().map(sign).collect()
}

/// The text that an identifier was made of; `None` if it was made of none.
pub(super) fn text(identifier: &str) -> Option<String> {
    let mut bytes = identifier.bytes();
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte.is_ascii_alphanumeric() {
            text.push(byte);
        } else if byte == b'_' {
            let digits = [bytes.next()?, bytes.next()?];
            text.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            return None;
        }
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for plain in ["", "state", "by-state", "a_b", "__", "é", "\0/\"", "9"] {
            let identifier = of(plain);
            assert!(identifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{identifier}");
            assert!(!identifier.contains(BETWEEN), "{identifier}");
            assert_eq!(text(&identifier).as_deref(), Some(plain));
        }
        for foreign in ["a-b", "_", "_5", "_zz", "__"] {
            assert_eq!(text(foreign), None, "{foreign}");
        }
    }
}
