//! What must not be in a log: secrets by the names of their fields, and credentials within texts by their looks.

use std::borrow::Cow;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Parts of names that secrets have.
const SECRETS: [&str; 11] = [
    "authorization",
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "cookie",
    "apikey",
    "credential",
    "privatekey",
    "signingkey",
];

/// Whether a field of this name is one whose value is never shown.
pub(crate) fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRETS.iter().any(|secret| plain.contains(secret))
}

/// The text without the credentials that are recognised in it.
pub(super) fn scrubbed(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for find in [after_scheme, web_token, password_of_url] {
        let mut from = 0;
        while let Some((start, end)) = find(&clean, from) {
            clean.to_mut().replace_range(start..end, REDACTED);
            from = start + REDACTED.len();
        }
    }
    clean
}

/// Where, from here on, something stands that is to go.
type Span = Option<(usize, usize)>;

/// What follows `Bearer` or `Basic`.
fn after_scheme(text: &str, from: usize) -> Span {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let scheme = ["bearer ", "basic "].into_iter().find(|scheme| {
            bytes.get(at..at + scheme.len()).is_some_and(|here| here.eq_ignore_ascii_case(scheme.as_bytes()))
        })?;
        let start = at + scheme.len();
        let length = run(&bytes[start..], |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
        (length >= 8).then_some((start, start + length))
    })
}

/// A JSON web token, or what is left of one that was cut: parts, the first of which begins an object.
fn web_token(text: &str, from: usize) -> Span {
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("eyJ")) {
        let start = at + found;
        let bytes = &text.as_bytes()[start..];
        let length = run(bytes, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if length >= 20 && bytes[..length].contains(&b'.') {
            return Some((start, start + length));
        }
        at = start + length;
    }
    None
}

/// What stands between `user:` and `@` of a URL.
fn password_of_url(text: &str, from: usize) -> Span {
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("://")) {
        let start = at + found + 3;
        let authority = &text[start..];
        let length = run(authority.as_bytes(), |byte| byte.is_ascii_graphic() && !b"/?#\"'<>".contains(&byte));
        if let Some((user, _host)) = authority[..length].rsplit_once('@')
            && let Some((name, password)) = user.split_once(':')
            && password != REDACTED
        {
            return Some((start + name.len() + 1, start + user.len()));
        }
        at = start;
    }
    None
}

/// How many bytes from the start are of this kind.
fn run(bytes: &[u8], of_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !of_kind(*byte)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for secret in
            ["authorization", "Proxy-Authorization", "x-api-key", "apiKey", "access_token", "db.password", "Set-Cookie"]
        {
            assert!(is_secret(secret), "{secret}");
        }
        for plain in ["request_id", "author", "key", "idempotency_key", "status", "path"] {
            assert!(!is_secret(plain), "{plain}");
        }
    }

    #[test]
    fn credentials_are_told_by_their_looks() {
        for (text, clean) in [
            ("authorization: Bearer abcdef.123456, next", "authorization: Bearer [redacted], next"),
            ("BASIC dXNlcjpwYXNz and bearer s3cr3t-t0k3n", "BASIC [redacted] and bearer [redacted]"),
            ("got eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln.", "got [redacted]"),
            ("redis://user:p@ss:w0rd@host:6379/0 é", "redis://user:[redacted]@host:6379/0 é"),
            ("a://:x@b c://y:z@d", "a://:[redacted]@b c://y:[redacted]@d"),
        ] {
            assert_eq!(scrubbed(text), clean);
        }
        for plain in [
            "",
            "a basic thing",
            "bearer of é",
            "http://host:80/a@b",
            "eyJ is not one",
            "mail a@b.c: x://é",
            "eyJa.b eyJ",
        ] {
            assert!(matches!(scrubbed(plain), Cow::Borrowed(same) if same == plain), "{plain}");
        }
    }
}
