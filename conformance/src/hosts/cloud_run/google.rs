//! Google: its tokens, its time, and what it starts containers with.

use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyport_ports::Clock;
use serde_json::{Value, json};

use super::{Container, Service};
use crate::identity::{Algorithm, IdentityProvider};

/// The project that everything is in.
pub const PROJECT: &str = "anyport-test";

/// Whom tokens are for, unless a test says otherwise.
pub const AUDIENCE: &str = "https://service-abcdef-ew.a.run.app";

/// The service account that pushes.
pub const ACCOUNT: &str = "pusher@anyport-test.iam.gserviceaccount.com";

/// How long tokens hold, in seconds.
const TOKEN_TTL: i64 = 3600;

/// Google, with keys that it serves on loopback.
#[derive(Clone)]
pub struct Google {
    identity: Arc<IdentityProvider>,
    /// By which tokens are issued; the machine's clock without one.
    clock: Option<Arc<dyn Clock>>,
}

impl Google {
    /// Starts it, in the machine's time.
    pub async fn start() -> io::Result<Self> {
        Ok(Self { identity: Arc::new(IdentityProvider::serve().await?), clock: None })
    }

    /// In the time of this clock.
    #[must_use]
    pub fn by(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Whose keys are Google's here. It is also who fetches them, for a service within the test.
    pub fn identity(&self) -> Arc<IdentityProvider> {
        Arc::clone(&self.identity)
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        if let Some(clock) = &self.clock {
            return clock.now().as_millis() / 1000;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// The claims of a token of a service account, as they stand in the token of a push.
    pub fn claims(&self) -> Value {
        let now = self.now();
        json!({
            "aud": AUDIENCE, "azp": "113774264463038321964", "email": ACCOUNT, "email_verified": true,
            "exp": now + TOKEN_TTL, "iat": now, "iss": "https://accounts.google.com", "sub": "113774264463038321964",
        })
    }

    /// A token of these claims, signed as Google signs.
    pub fn token(&self, claims: &Value) -> String {
        self.identity.mint(Algorithm::RS256, claims)
    }

    /// The same, as Cloud Run hands it on once it has checked it for the service's IAM policy.
    pub fn token_without_signature(&self, claims: &Value) -> String {
        let token = self.token(claims);
        let (signed, _) = token.rsplit_once('.').unwrap_or_default();
        format!("{signed}.SIGNATURE_REMOVED_BY_GOOGLE")
    }

    /// The settings (section `cloud_run`) by which a service trusts these tokens. They hold the keys as they are now.
    pub fn settings(&self) -> Value {
        json!({ "bind": "127.0.0.1", "push": {
            "audience": [AUDIENCE], "service_accounts": [ACCOUNT], "jwks": self.identity.jwks(),
        } })
    }

    /// The same as variables of a process, which fetches the keys.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ANYPORT_CLOUD_RUN__BIND", "127.0.0.1".to_owned()),
            ("ANYPORT_CLOUD_RUN__PUSH__AUDIENCE", json!([AUDIENCE]).to_string()),
            ("ANYPORT_CLOUD_RUN__PUSH__SERVICE_ACCOUNTS", json!([ACCOUNT]).to_string()),
            ("ANYPORT_CLOUD_RUN__PUSH__JWKS_URI", self.identity.jwks_uri()),
            ("GOOGLE_CLOUD_PROJECT", PROJECT.to_owned()),
        ]
    }

    /// Starts a container: this command with the environment of the platform, and [`environment`](Self::environment) beside.
    /// It waits until it listens; an error tells that it ended before.
    pub async fn run(&self, command: Command) -> io::Result<Container> {
        Container::start(command, self).await
    }

    /// What listens at this address, behind the front end.
    pub fn service(&self, address: SocketAddr) -> Service {
        Service::new(self.clone(), address)
    }
}
