//! The caller, once proven.

use std::collections::BTreeSet;
use std::fmt;

use anyport_ports::{ErrorKind, Failure};
use serde_json::{Map, Value};

/// Who calls, as an issuer vouches. A subject is one of its issuer: two issuers may each have an `alice`.
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    issuer: String,
    subject: String,
    scopes: BTreeSet<String>,
    claims: Map<String, Value>,
}

impl Principal {
    /// This subject of this issuer, without scopes or further claims.
    pub fn new(issuer: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), subject: subject.into(), scopes: BTreeSet::new(), claims: Map::new() }
    }

    /// With these scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// With these claims.
    #[must_use]
    pub fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims = claims;
        self
    }

    /// Who vouches.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whom it is: stable, and unique within the issuer.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What the caller may ask for, as the token's `scope` or `scp` says.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Whether the caller has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// Nothing if the caller has this scope.
    pub fn require_scope(&self, scope: &'static str) -> Result<(), InsufficientScope> {
        if self.has_scope(scope) { Ok(()) } else { Err(InsufficientScope { scope }) }
    }

    /// A claim of the token by name.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// Every claim of the token.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

impl fmt::Debug for Principal {
    /// Subject and claims are personal data: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal").field("issuer", &self.issuer).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// The caller is known but lacks a scope: 403 over HTTP, with the challenge of RFC 6750.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token does not have the scope {scope}: ask the issuer for one that does")]
pub struct InsufficientScope {
    /// The scope that is missing.
    pub scope: &'static str,
}

impl Failure for InsufficientScope {
    fn code(&self) -> &'static str {
        super::refusal::INSUFFICIENT_SCOPE
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::PermissionDenied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_is_shown() {
        let claims = Map::from_iter([("email".to_owned(), Value::from("alice@example.com"))]);
        let alice = Principal::new("https://idp.example", "alice").with_scopes(["orders:read"]).with_claims(claims);
        let shown = format!("{alice:?}");
        assert!(!shown.contains("alice") && shown.contains("orders:read"), "{shown}");
        assert_eq!(alice.require_scope("orders:read"), Ok(()));
        assert_eq!(alice.require_scope("orders"), Err(InsufficientScope { scope: "orders" }));
    }
}
