//! Authentication by JSON Web Tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::outbound::Outbound;
use anyport_ports::{CallContext, Clock};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;

use super::claims::{scopes, text};
use super::issuer::{Issuer, issuers};
use super::jws::{Jws, bearer};
use super::{AuthSettings, Authenticate, Principal, Refusal, Unauthorized};

/// What Google Cloud's front end puts in place of a signature that it has checked.
const SIGNATURE_REMOVED: &str = "SIGNATURE_REMOVED_BY_GOOGLE";

/// Most of a key's name that is logged, in characters.
const LOGGED_KID: usize = 16;

/// All that is wrong with the settings of authentication.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the settings of authentication are wrong:\n- {}", problems.join("\n- "))]
pub struct InvalidAuth {
    /// Each thing that is wrong, in words.
    pub problems: Vec<String>,
}

/// Tells callers by the tokens of trusted issuers: JWT (RFC 7519) as bearer tokens (RFC 6750), under the rules of RFC 8725.
///
/// An issuer's keys are fetched when a token of it first comes, once for all that wait, and kept. They are fetched again
/// when they are old, in the background, and when a token names a key that is not among them; never more often than
/// [`AuthSettings::jwks_interval`]. While the issuer does not answer, the keys that are known stay in use up to
/// [`AuthSettings::jwks_stale`]; a token whose key is not known is then `Unavailable`.
pub struct Authenticator {
    issuers: Vec<Issuer>,
    leeway: Duration,
    clock: Arc<dyn Clock>,
    /// Whether a token is taken whose signature was checked, and replaced, by the platform in front.
    checked_in_front: bool,
}

impl Authenticator {
    /// With these issuers, whose keys come through `outbound`. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// All that is wrong with the settings, at once; without an issuer they are wrong too.
    #[expect(clippy::needless_pass_by_value, reason = "adapters are handed over, as everywhere")]
    pub fn new(
        settings: &AuthSettings,
        outbound: Arc<dyn Outbound>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InvalidAuth> {
        let issuers = issuers(settings, &outbound, &clock).map_err(|problems| InvalidAuth { problems })?;
        Ok(Self { issuers, leeway: settings.leeway, clock, checked_in_front: false })
    }

    /// Takes tokens without a signature as well, if Google Cloud's front end has put `SIGNATURE_REMOVED_BY_GOOGLE` in its place, as it
    /// does once it has checked it for the IAM policy of a service. Everything else about them is checked here as ever. Where
    /// the service can be called without IAM, anybody can write such a token: it is for those who know that it cannot.
    #[cfg(feature = "cloud-run")]
    #[must_use]
    pub(crate) fn checked_in_front(mut self) -> Self {
        self.checked_in_front = true;
        self
    }

    async fn check(&self, jws: Jws<'_>, call: &CallContext) -> Result<Principal, Unauthorized> {
        let invalid = Unauthorized::Invalid;
        let named = text(&jws.claims, "iss").ok_or(invalid(Refusal::Issuer))?;
        let issuer = self.issuers.iter().find(|issuer| issuer.is_named(named)).ok_or(invalid(Refusal::Issuer))?;
        if !issuer.algorithms.contains(&jws.algorithm) {
            return Err(invalid(Refusal::Algorithm));
        }
        let removed = || URL_SAFE_NO_PAD.encode(&jws.signature) == SIGNATURE_REMOVED;
        if !(self.checked_in_front && removed()) {
            let key = issuer.keys.key(jws.kid.as_deref(), jws.algorithm, call).await?;
            if !key.verifies(jws.algorithm, jws.message, &jws.signature) {
                return Err(invalid(Refusal::Signature));
            }
        }
        let subject = issuer.rules.subject(&jws.claims, self.clock.now(), self.leeway).map_err(invalid)?;
        Ok(Principal::new(issuer.name(), subject).with_scopes(scopes(&jws.claims)).with_claims(jws.claims))
    }
}

#[async_trait]
impl Authenticate for Authenticator {
    async fn authenticate(&self, headers: &HeaderMap, call: &CallContext) -> Result<Principal, Unauthorized> {
        let token = bearer(headers).inspect_err(|error| log(error, None))?;
        let jws = Jws::read(token).map_err(Unauthorized::Invalid).inspect_err(|error| log(error, None))?;
        let kid: Option<String> = jws.kid.as_ref().map(|kid| kid.chars().take(LOGGED_KID).collect());
        self.check(jws, call).await.inspect_err(|error| log(error, kid.as_deref()))
    }
}

/// Says which key it was about; that and why a call was refused is logged by the layer. Nothing else of a token is shown.
fn log(error: &Unauthorized, kid: Option<&str>) {
    let kid = kid.unwrap_or("-");
    match error {
        Unauthorized::Missing => tracing::debug!(reason = "missing", "the caller was refused"),
        Unauthorized::Invalid(refusal) => tracing::debug!(reason = refusal.as_str(), ?kid, "the caller was refused"),
        Unauthorized::Unavailable { .. } => tracing::warn!(?kid, "the caller's token cannot be checked now"),
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("issuers", &self.issuers.iter().map(Issuer::name).collect::<Vec<_>>())
            .field("leeway", &self.leeway)
            .finish_non_exhaustive()
    }
}
