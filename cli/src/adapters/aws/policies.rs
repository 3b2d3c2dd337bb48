//! A fake: moto keeps the policies of secrets and does not go by them. This front before it does, as far as the subject
//! needs: a secret that got a policy which denies reading it is answered for with `AccessDeniedException`, and all else is
//! passed on.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::Result;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request};
use serde_json::Value;

use crate::adapters::front::{Front, Judge};

/// A front that goes by the policies of secrets. It serves until it is dropped.
pub(super) struct PolicyFront(Front);

impl PolicyFront {
    /// Starts to serve before the emulator at this address.
    pub(super) fn start(emulator: SocketAddr) -> Result<Self> {
        Front::start(emulator, Arc::new(Policies::default())).map(Self)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

/// Names of secrets that nobody may read.
#[derive(Default)]
struct Policies(Mutex<BTreeSet<String>>);

impl Policies {
    fn denied(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judge for Policies {
    fn refusal(&self, request: &request::Parts, body: &[u8]) -> Option<Response<Bytes>> {
        let is_denied = operation(request) == "GetSecretValue" && self.denied().contains(secret(&fields(body)));
        is_denied.then(denied)
    }

    fn passed(&self, request: &request::Parts, body: &[u8], status: StatusCode) {
        let fields = fields(body);
        if operation(request) == "PutResourcePolicy" && status == StatusCode::OK && denies(&fields) {
            self.denied().insert(secret(&fields).to_owned());
        }
    }
}

fn operation(request: &request::Parts) -> &str {
    let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

fn fields(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn secret(fields: &Value) -> &str {
    fields["SecretId"].as_str().unwrap_or_default()
}

/// The refusal of what a policy denies, in the words of Secrets Manager.
fn denied() -> Response<Bytes> {
    let body = r#"{"__type":"AccessDeniedException","message":"with an explicit deny in a resource-based policy"}"#;
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let json = HeaderValue::from_static("application/x-amz-json-1.1");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Whether the policy put denies reading the secret.
fn denies(fields: &Value) -> bool {
    let policy: Value =
        fields["ResourcePolicy"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    policy["Statement"].as_array().is_some_and(|statements| {
        statements
            .iter()
            .any(|statement| statement["Effect"] == "Deny" && statement["Action"] == "secretsmanager:GetSecretValue")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_policy_that_denies_reading_denies() {
        let put = |effect: &str, action: &str| {
            let policy = json!({"Statement": [{"Effect": effect, "Action": action}]}).to_string();
            denies(&json!({"SecretId": "key", "ResourcePolicy": policy}))
        };
        assert!(put("Deny", "secretsmanager:GetSecretValue"));
        assert!(!put("Allow", "secretsmanager:GetSecretValue"));
        assert!(!put("Deny", "secretsmanager:DeleteSecret"));
        assert!(!denies(&json!({})));
    }
}
