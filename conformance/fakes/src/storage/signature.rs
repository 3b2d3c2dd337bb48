//! Who asks: by a token that the service account signed, or by a signed URL.
//!
//! <https://cloud.google.com/storage/docs/authentication/canonical-requests> and
//! <https://cloud.google.com/storage/docs/authentication/signatures>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::account::{Account, EMAIL};
use super::refusal::Refusal;
use super::{Asked, decoded};

const ALGORITHM: &str = "GOOG4-RSA-SHA256";

/// The host that clients sign for, whatever the address of this server is: it stands for that one.
const HOST: &str = "storage.googleapis.com";

/// The longest that a URL is good for.
const MAX_EXPIRES: i64 = 7 * 24 * 60 * 60;

/// All but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same, and slashes.
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Refuses whoever is not the service account.
pub(super) fn check(account: &Account, asked: &Asked, now: DateTime<Utc>) -> Result<(), Refusal> {
    if asked.query("X-Goog-Signature").is_some() {
        return check_url(account, asked, now);
    }
    match asked.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::trim) {
        Some(token) if is_genuine(account, token, now) => Ok(()),
        Some(token) if !token.is_empty() => {
            Err(Refusal::new(401, "AuthenticationRequired", "Authentication required: the token is not valid."))
        }
        _ => Err(Refusal::new(403, "AccessDenied", "Anonymous caller does not have access to the object or bucket.")),
    }
}

/// Whether a token was signed by the account for itself and is still good.
/// <https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth>
fn is_genuine(account: &Account, token: &str, now: DateTime<Utc>) -> bool {
    let Some((text, signature)) = token.rsplit_once('.') else { return false };
    let Some((_, claims)) = text.split_once('.') else { return false };
    let (Ok(signature), Ok(claims)) = (BASE64.decode(signature), BASE64.decode(claims)) else { return false };
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap_or_default();
    account.signed(text.as_bytes(), &signature)
        && claims["iss"] == EMAIL
        && claims["exp"].as_i64().is_some_and(|expires| now.timestamp() < expires)
}

fn check_url(account: &Account, asked: &Asked, now: DateTime<Utc>) -> Result<(), Refusal> {
    let of = |name: &str| {
        let missing = || Refusal::new(400, "AuthenticationRequired", format!("{name} is missing from the signed URL."));
        asked.query(name).ok_or_else(missing)
    };
    let malformed = |name: &str| Refusal::argument(format!("{name} is not valid."));
    let (date, expires) = (of("X-Goog-Date")?, of("X-Goog-Expires")?);
    let (credential, headers) = (of("X-Goog-Credential")?, of("X-Goog-SignedHeaders")?);
    let begin = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").map_err(|_| malformed("X-Goog-Date"))?.and_utc();
    let length: i64 = expires.parse().map_err(|_| malformed("X-Goog-Expires"))?;
    let scope = format!("{}/auto/storage/goog4_request", begin.format("%Y%m%d"));
    let mine = credential == format!("{EMAIL}/{scope}");
    if of("X-Goog-Algorithm")? != ALGORITHM || !(1..=MAX_EXPIRES).contains(&length) {
        return Err(malformed("X-Goog-Algorithm or X-Goog-Expires"));
    }
    let signature = unhex(of("X-Goog-Signature")?).ok_or_else(|| malformed("X-Goog-Signature"))?;
    let is_signed = |host: &str| {
        let hash = hex(&Sha256::digest(canonical(asked, headers, host)));
        account.signed(format!("{ALGORITHM}\n{date}\n{scope}\n{hash}").as_bytes(), &signature)
    };
    if !mine || !(is_signed(HOST) || asked.header("host").is_some_and(is_signed)) {
        let message = "The request signature we calculated does not match the signature you provided.";
        return Err(Refusal::new(403, "SignatureDoesNotMatch", message));
    }
    // A client's clock may be ahead by a little.
    if now < begin - Duration::minutes(15) || now >= begin + Duration::seconds(length) {
        return Err(Refusal::new(400, "ExpiredToken", "Invalid argument."));
    }
    Ok(())
}

/// The request as its signer saw it.
fn canonical(asked: &Asked, headers: &str, host: &str) -> String {
    let path = utf8_percent_encode(&decoded(asked.head.uri.path()), ENCODED_IN_PATH).to_string();
    let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut query: Vec<String> = asked
        .query
        .iter()
        .filter(|(name, _)| name != "X-Goog-Signature")
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    query.sort_unstable();
    let lines: Vec<String> = headers
        .split(';')
        .map(|name| {
            let value = if name == "host" { host } else { asked.header(name).unwrap_or_default() };
            format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    let (method, query) = (asked.head.method.as_str(), query.join("&"));
    format!("{method}\n{path}\n{query}\n{}\n{headers}\nUNSIGNED-PAYLOAD", lines.concat())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| Some(u8::try_from(digit.to_digit(16)?).ok()? & 15)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| (pair[0] << 4) | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::TimeZone as _;
    use http::{Method, Request};

    use super::super::pairs;
    use super::*;

    fn asked(method: Method, url: &str, authorization: Option<&str>) -> Asked {
        let mut request = Request::builder().method(method).uri(url).header("host", "127.0.0.1:1");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let query = pairs(head.uri.query().unwrap_or_default());
        Asked { head, body: Bytes::new(), query }
    }

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 22, 12, 0, 0).unwrap()
    }

    /// A URL that is signed for GET and a minute, from noon on.
    fn signed(account: &Account) -> String {
        let scope = "20261122/auto/storage/goog4_request";
        let url = format!(
            "/b/a%20b%3F?X-Goog-Algorithm={ALGORITHM}&X-Goog-Credential={}&X-Goog-Date=20261122T120000Z\
             &X-Goog-Expires=60&X-Goog-SignedHeaders=host",
            utf8_percent_encode(&format!("{EMAIL}/{scope}"), ENCODED)
        );
        let hash = hex(&Sha256::digest(canonical(&asked(Method::GET, &url, None), "host", HOST)));
        let signature = account.sign(format!("{ALGORITHM}\n20261122T120000Z\n{scope}\n{hash}").as_bytes());
        format!("{url}&X-Goog-Signature={}", hex(&signature))
    }

    #[test]
    fn a_signed_url_is_for_one_request_and_a_while() {
        let account = Account::generate().unwrap();
        let url = signed(&account);
        let code = |method: Method, url: &str, seconds: i64| {
            check(&account, &asked(method, url, None), noon() + Duration::seconds(seconds))
                .err()
                .map(|r| (r.status, r.code))
        };
        assert_eq!(code(Method::GET, &url, 59), None);
        assert_eq!(code(Method::GET, &url, 60), Some((400, "ExpiredToken")));
        let refused = Some((403, "SignatureDoesNotMatch"));
        assert_eq!(code(Method::PUT, &url, 0), refused);
        assert_eq!(code(Method::GET, &url.replace("/b/a", "/b/b"), 0), refused);
        assert_eq!(code(Method::GET, &url.replace("Expires=60", "Expires=61"), 0), refused);
        let other = Account::generate().unwrap();
        assert_eq!(code(Method::GET, &signed(&other), 0), refused);
    }

    #[test]
    fn a_token_is_one_that_the_account_signed_and_nobody_else_may_do_anything() {
        let account = Account::generate().unwrap();
        let token = |claims: serde_json::Value| {
            let text = format!("{}.{}", BASE64.encode("{}"), BASE64.encode(claims.to_string()));
            format!("Bearer {text}.{}", BASE64.encode(account.sign(text.as_bytes())))
        };
        let status = |authorization: Option<&str>| {
            check(&account, &asked(Method::GET, "/b/o", authorization), noon()).err().map(|refusal| refusal.status)
        };
        let good = serde_json::json!({"iss": EMAIL, "exp": noon().timestamp() + 1});
        assert_eq!(status(Some(&token(good))), None);
        let expired = serde_json::json!({"iss": EMAIL, "exp": noon().timestamp()});
        assert_eq!(status(Some(&token(expired))), Some(401));
        assert_eq!(status(Some("Bearer stolen")), Some(401));
        assert_eq!(status(None), Some(403));
    }
}
