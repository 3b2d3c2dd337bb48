//! What a token whose signature holds must say.

use std::collections::BTreeSet;
use std::time::Duration;

use anyport_ports::Timestamp;
use serde_json::{Map, Value};

use super::{Preset, Refusal};

/// Longest subject, in bytes.
const MAX_SUBJECT_BYTES: usize = 256;

/// Whom tokens of an issuer must be for.
pub(super) struct Rules {
    pub(super) preset: Preset,
    pub(super) audience: BTreeSet<String>,
    /// Of Entra ID: the tenant that `tid` must name.
    pub(super) tenant: Option<String>,
}

impl Rules {
    /// The subject of a token that is meant for here, now.
    pub(super) fn subject(
        &self,
        claims: &Map<String, Value>,
        now: Timestamp,
        leeway: Duration,
    ) -> Result<String, Refusal> {
        within(claims, now, leeway)?;
        self.meant_for_us(claims)?;
        let subject = text(claims, "sub").ok_or(Refusal::Subject)?;
        if !(1..=MAX_SUBJECT_BYTES).contains(&subject.len()) {
            return Err(Refusal::Subject);
        }
        Ok(subject.to_owned())
    }

    fn meant_for_us(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        let audience = match self.preset {
            // Access tokens of Cognito name the client in place of an audience; its ID tokens are for the client itself.
            Preset::Cognito => {
                if text(claims, "token_use") != Some("access") {
                    return Err(Refusal::Use);
                }
                "client_id"
            }
            Preset::Entra => {
                if text(claims, "tid") != self.tenant.as_deref() {
                    return Err(Refusal::Use);
                }
                "aud"
            }
            Preset::Google | Preset::Oidc => "aud",
        };
        let names_us = |value: &Value| value.as_str().is_some_and(|name| self.audience.contains(name));
        let ours = match claims.get(audience) {
            Some(Value::Array(names)) => names.iter().any(names_us),
            Some(name) => names_us(name),
            None => false,
        };
        if ours { Ok(()) } else { Err(Refusal::Audience) }
    }
}

/// Its time has come and is not over, but for clocks that differ.
fn within(claims: &Map<String, Value>, now: Timestamp, leeway: Duration) -> Result<(), Refusal> {
    let end = instant(claims, "exp")?.ok_or(Refusal::Expired)?;
    if now >= end.plus(leeway) {
        return Err(Refusal::Expired);
    }
    for beginning in ["nbf", "iat"] {
        if instant(claims, beginning)?.is_some_and(|beginning| beginning > now.plus(leeway)) {
            return Err(Refusal::NotYetValid);
        }
    }
    Ok(())
}

/// A `NumericDate`: seconds, perhaps with a fraction, not before 1970.
fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let since = match value {
        Value::Number(number) => match number.as_u64() {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => number.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        },
        _ => None,
    };
    since.map(|since| Some(Timestamp::from_millis(0).plus(since))).ok_or(Refusal::Malformed)
}

/// The scopes, in one text (`scope` of RFC 8693, `scp` of Entra ID) or in a list (`scp` of others).
pub(super) fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    let of = |value: &Value| -> Vec<String> {
        match value {
            Value::String(text) => text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    ["scope", "scp"].into_iter().filter_map(|name| claims.get(name)).flat_map(of).collect()
}

/// A claim that is text.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
