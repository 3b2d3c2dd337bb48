//! A token as it comes: RFC 7515, compact serialization.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserializer as _;
use serde::de::{Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::key::MAX_KID_BYTES;
use super::{Algorithm, Refusal, Unauthorized};

/// Largest `Authorization` header, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// What `typ` may say; it may also be absent. Others are tokens for something else, such as `logout+jwt`.
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// A token that is well-formed. Nothing in it is proven yet.
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) claims: Map<String, Value>,
    /// What is signed.
    pub(super) message: &'a [u8],
    pub(super) signature: Vec<u8>,
}

/// The token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Unauthorized> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(Unauthorized::Missing) };
    if values.next().is_some() {
        return Err(Unauthorized::Invalid(Refusal::Header));
    }
    if value.len() > MAX_BYTES {
        return Err(Unauthorized::Invalid(Refusal::TooLarge));
    }
    let token = value.to_str().ok().and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
        let token = token.trim_matches(' ');
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    });
    token.ok_or(Unauthorized::Invalid(Refusal::Header))
}

impl<'a> Jws<'a> {
    /// Reads a token. Keys that its header names or brings along (`jku`, `jwk`, `x5u`, `x5c`) are not looked at.
    pub(super) fn read(token: &'a str) -> Result<Self, Refusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        if claims.contains('.') {
            return Err(Refusal::Malformed);
        }
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(Refusal::Critical);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.ok_or(Refusal::Algorithm)?;
        match header.get("typ").map(Value::as_str) {
            None => {}
            Some(Some(typ)) if TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known)) => {}
            Some(_) => return Err(Refusal::Type),
        }
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) if (1..=MAX_KID_BYTES).contains(&kid.len()) => Some(kid.clone()),
            Some(_) => return Err(Refusal::UnknownKey),
        };
        let claims = object(claims)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
        Ok(Self { algorithm, kid, claims, message: signed.as_bytes(), signature })
    }
}

/// A JSON object in base64url, each of whose names is there once: two readers of a name that is there twice may differ.
fn object(part: &str) -> Result<Map<String, Value>, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    let mut deserializer = serde_json::Deserializer::from_slice(&json);
    let map = deserializer.deserialize_map(EachOnce).map_err(|_| Refusal::Malformed)?;
    deserializer.end().map_err(|_| Refusal::Malformed)?;
    Ok(map)
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        Ok(map)
    }
}
