//! A secret's bytes as Key Vault holds them: as text.

use anyport_ports::{Error, ErrorKind, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

/// The content type of a secret whose value is not the secret itself but its bytes in base64.
pub(super) const BINARY: &str = "application/octet-stream; encoding=base64";

/// Longest value, in bytes: the service's limit of 25 KiB.
const MAX_VALUE_BYTES: usize = 25 * 1024;

/// The value and content type of these bytes: text as it is, all else in base64. Control characters, but for those of lines,
/// are kept out of text, since nobody promises them.
pub(super) fn encoded(bytes: &[u8]) -> Result<(String, Option<String>)> {
    let is_text = |text: &&str| !text.chars().any(|char| char.is_control() && !matches!(char, '\t' | '\n' | '\r'));
    let (value, content_type) = match std::str::from_utf8(bytes).ok().filter(is_text) {
        Some(text) => (text.to_owned(), None),
        None => (BASE64.encode(bytes), Some(BINARY.to_owned())),
    };
    if value.is_empty() {
        return Err(Error::invalid("a secret has at least one byte"));
    }
    if value.len() > MAX_VALUE_BYTES {
        let message = format!("the secret is {} bytes as it is kept: Key Vault holds {MAX_VALUE_BYTES}", value.len());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok((value, content_type))
}

/// The bytes of a value of this content type.
pub(super) fn decoded(value: String, content_type: Option<&str>) -> Result<Bytes> {
    if content_type != Some(BINARY) {
        return Ok(Bytes::from(value));
    }
    let bytes = BASE64.decode(value);
    // What is wrong with it would show some of it.
    bytes.map(Bytes::from).map_err(|_| {
        Error::new(ErrorKind::Internal, "the secret's content type says that its value is base64, which it is not")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_text_and_bytes_come_back() {
        for (bytes, is_text) in [
            (" é\r\n\t\u{feff}😀".as_bytes(), true),
            (b"YQ==", true),
            (&[0], false),
            (&[0xff, 0xfe], false),
            ("\u{85}".as_bytes(), false),
        ] {
            let (value, content_type) = encoded(bytes).unwrap();
            assert_eq!(content_type.is_none(), is_text, "{value}");
            assert_eq!(decoded(value, content_type.as_deref()).unwrap(), bytes);
        }
    }

    #[test]
    fn what_the_service_does_not_hold_is_refused() {
        assert_eq!(encoded(b"").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(encoded(&vec![b'x'; MAX_VALUE_BYTES]).is_ok());
        assert_eq!(encoded(&vec![b'x'; MAX_VALUE_BYTES + 1]).unwrap_err().kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn what_is_no_base64_is_told_and_not_shown() {
        let error = decoded("s3cr3t!".to_owned(), Some(BINARY)).unwrap_err();
        assert!(error.kind() == ErrorKind::Internal && !format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
}
