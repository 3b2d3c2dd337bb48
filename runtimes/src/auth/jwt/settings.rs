//! Whose tokens are taken.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Algorithm;

/// How callers are authenticated. Durations are written as text: `30s`, `1h`.
///
/// ```toml
/// [[auth.issuers]]
/// preset = "cognito"
/// region = "eu-central-1"
/// user_pool = "eu-central-1_AbCdEfGhI"
/// audience = ["the id of the app client"]
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// The issuers whose tokens are taken, at most 16. In the environment: a list in JSON.
    pub issuers: Vec<IssuerSettings>,
    /// How far the issuer's clock and this one may differ, at most 5 min. Default 30 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub leeway: Duration,
    /// How long fetched keys are used before they are fetched again, 1 min to 24 h. A key that the issuer withdraws is
    /// trusted for so long. Default 1 h.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub jwks_ttl: Duration,
    /// How long they are used beyond that where they cannot be fetched, at most 7 days. Default 24 h.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub jwks_stale: Duration,
    /// The shortest time between two fetches of an issuer's keys, whatever tokens come, 1 s to 10 min. A new key of the
    /// issuer is known after at most so long. Default 10 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub jwks_interval: Duration,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            leeway: Duration::from_secs(30),
            jwks_ttl: Duration::from_hours(1),
            jwks_stale: Duration::from_hours(24),
            jwks_interval: Duration::from_secs(10),
        }
    }
}

/// An issuer whose tokens are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IssuerSettings {
    /// Whose tokens they are. Default `oidc`.
    pub preset: Preset,
    /// Of `oidc`: what `iss` says, an https URL, letter for letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Of `cognito`: the region, `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Of `cognito`: the id of the user pool, `eu-central-1_AbCdEfGhI`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool: Option<String>,
    /// Of `entra`: the id of the tenant, a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Whom tokens must be for: one of these stands in `aud`; in `client_id` for access tokens of Cognito.
    pub audience: Vec<String>,
    /// What signatures may be of. Default RS256, ES256, EdDSA.
    pub algorithms: Vec<Algorithm>,
    /// Where the keys are, instead of where the preset or discovery finds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The keys themselves, a JSON Web Key Set: nothing is fetched. For development and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// A file that holds such a set, read at start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
}

/// An identity provider, with its ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// A user pool of Amazon Cognito: access tokens, whose `client_id` is the audience. ID tokens are not taken.
    Cognito,
    /// A tenant of Microsoft Entra ID: tokens of version 2 (`requestedAccessTokenVersion` of the app is 2).
    Entra,
    /// Google: ID tokens of users and of service accounts, with `iss` in both spellings.
    Google,
    /// Any OpenID Connect issuer: keys by discovery.
    #[default]
    Oidc,
}
