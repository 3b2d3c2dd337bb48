//! An issuer, and an authenticator that trusts it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyport_conformance::identity::{Algorithm, IdentityProvider};
use anyport_ports::outbound::Outbound;
use anyport_ports::{CallContext, Clock, Timestamp};
use anyport_runtimes::Principal;
use anyport_runtimes::auth::{AuthSettings, Authenticate as _, Authenticator, IssuerSettings, Refusal, Unauthorized};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

/// What the issuer says in `iss`.
pub(crate) const ISSUER: &str = "https://idp.example";

/// Where tests begin, in seconds.
pub(crate) const NOW: i64 = 1_767_225_600;

/// A clock that can also be set back.
#[derive(Debug)]
pub(crate) struct WallClock(AtomicI64);

impl WallClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn set_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst) / 1000
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct Site {
    pub(crate) provider: Arc<IdentityProvider>,
    pub(crate) clock: Arc<WallClock>,
    pub(crate) authenticator: Arc<Authenticator>,
}

impl Site {
    /// An issuer with discovery, trusted for the audience `api`.
    pub(crate) fn new() -> Self {
        let trusted = json!({ "issuer": ISSUER, "audience": ["api", "other-api"] });
        Self::trusting(&json!({ "issuers": [trusted] }))
    }

    /// These settings, with the issuer to fetch keys from.
    pub(crate) fn trusting(settings: &Value) -> Self {
        let (provider, clock) = (Arc::new(IdentityProvider::new(ISSUER)), wall_clock());
        let settings = serde_json::from_value(settings.clone()).unwrap();
        let authenticator = authenticator(&settings, provider.clone(), &clock);
        Self { provider, clock, authenticator }
    }

    /// Claims that hold for five minutes from the clock's now.
    pub(crate) fn claims(&self) -> Value {
        claims(self.clock.seconds())
    }

    /// The same, with these changed; `null` takes one out.
    pub(crate) fn claims_but(&self, changes: &Value) -> Value {
        but(self.claims(), changes)
    }

    /// A token that holds.
    pub(crate) fn token(&self) -> String {
        self.provider.mint(Algorithm::ES256, &self.claims())
    }

    pub(crate) async fn check(&self, token: &str) -> Result<Principal, Unauthorized> {
        self.authenticator.authenticate(&bearer(token), &CallContext::none()).await
    }
}

pub(crate) fn wall_clock() -> Arc<WallClock> {
    Arc::new(WallClock(AtomicI64::new(NOW * 1000)))
}

pub(crate) fn authenticator(
    settings: &AuthSettings,
    outbound: Arc<dyn Outbound>,
    clock: &Arc<WallClock>,
) -> Arc<Authenticator> {
    let clock: Arc<dyn Clock> = clock.clone();
    Arc::new(Authenticator::new(settings, outbound, clock).unwrap())
}

/// An issuer whose keys the settings have, so that nothing is fetched.
pub(crate) fn fixed(provider: &IdentityProvider, settings: Value) -> AuthSettings {
    let mut issuer: IssuerSettings = serde_json::from_value(settings).unwrap();
    issuer.jwks = Some(provider.jwks());
    AuthSettings { issuers: vec![issuer], ..AuthSettings::default() }
}

pub(crate) fn claims(now: i64) -> Value {
    json!({ "iss": ISSUER, "aud": "api", "sub": "alice", "iat": now, "exp": now + 300, "scope": "orders:read orders:write" })
}

pub(crate) fn but(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let claims = claims.as_object_mut().unwrap();
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(crate) fn header(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}

pub(crate) fn bearer(token: &str) -> HeaderMap {
    header(&format!("Bearer {token}"))
}

pub(crate) fn refused(refusal: Refusal) -> Result<Principal, Unauthorized> {
    Err(Unauthorized::Invalid(refusal))
}

pub(crate) fn is_unavailable(result: &Result<Principal, Unauthorized>) -> bool {
    matches!(result, Err(Unauthorized::Unavailable { .. }))
}
