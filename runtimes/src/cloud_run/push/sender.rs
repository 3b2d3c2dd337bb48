//! Who pushes: a service account, proven by a token of Google's.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyport_ports::CallContext;
use anyport_ports::handles::Ports;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::super::{PushSettings, VerifiedBy};
use crate::auth::{Algorithm, AuthSettings, Authenticate as _, Authenticator, IssuerSettings, Preset};
use crate::problem::Problem;

/// The service accounts that may push.
pub(super) struct Senders {
    authenticator: Authenticator,
    accounts: BTreeSet<String>,
}

impl Senders {
    /// Everything that is wrong with the settings, in words, if anything is: without an audience or an account nobody could be
    /// told from anybody.
    pub(super) fn new(settings: &PushSettings, ports: &Ports) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let empty = |list: &[String]| list.is_empty() || list.iter().any(String::is_empty);
        if empty(&settings.audience) {
            problems.push("push.audience is missing: name whom the tokens of pushed events are for".to_owned());
        }
        if empty(&settings.service_accounts) {
            problems
                .push("push.service_accounts is missing: name the service accounts that may push events".to_owned());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let google = IssuerSettings {
            preset: Preset::Google,
            audience: settings.audience.clone(),
            algorithms: vec![Algorithm::RS256],
            jwks_uri: settings.jwks_uri.clone(),
            jwks_file: settings.jwks_file.clone(),
            jwks: settings.jwks.clone(),
            ..IssuerSettings::default()
        };
        let trusted = AuthSettings { issuers: vec![google], ..AuthSettings::default() };
        let authenticator = Authenticator::new(&trusted, Arc::clone(&ports.outbound), Arc::clone(&ports.clock));
        let wrong = |problem: String| format!("push: {}", problem.trim_start_matches("issuers[0]: "));
        let authenticator =
            authenticator.map_err(|invalid| invalid.problems.into_iter().map(wrong).collect::<Vec<_>>())?;
        let authenticator = match settings.verified_by {
            VerifiedBy::Token => authenticator,
            VerifiedBy::Platform => authenticator.checked_in_front(),
        };
        Ok(Self { authenticator, accounts: settings.service_accounts.iter().cloned().collect() })
    }

    /// Refuses a request that no account proves to have sent which may: 401 without a token that holds, 403 for another
    /// account, 503 while it cannot be told.
    pub(super) async fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let principal = self.authenticator.authenticate(headers, &CallContext::none()).await.map_err(|why| {
            tracing::warn!(%why, "who pushed was refused");
            Problem::from(why)
        })?;
        let verified = principal.claim("email_verified") == Some(&Value::Bool(true));
        let account = principal.claim("email").and_then(Value::as_str).filter(|_| verified);
        if account.is_some_and(|account| self.accounts.contains(account)) {
            return Ok(());
        }
        tracing::warn!(verified, "the account that pushed is none of cloud_run.push.service_accounts");
        Err(Problem::new(StatusCode::FORBIDDEN, "sender_refused", "this account may not push events here"))
    }
}
