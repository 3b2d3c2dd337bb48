//! What failures on the way are made into.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_ports::secrets::{SecretVersion, Secrets as _};
use anyport_ports::{Error, ErrorKind, SecretName};
use serde_json::{Value, json};

use super::{KeyVaultSecrets, KeyVaultSettings, StaticToken};
use crate::double::{Asked, Double, Reply, nobody};

const KEY: SecretName = SecretName::from_static("gateway-key");
const VERSION: &str = "0123456789abcdef0123456789abcdef";

fn vault_at(address: std::net::SocketAddr) -> KeyVaultSecrets {
    let endpoint = Some(format!("http://{address}"));
    KeyVaultSecrets::connect(&KeyVaultSettings { endpoint, ..KeyVaultSettings::default() }).unwrap()
}

/// A vault that takes a token, and then answers by `reply`.
async fn vault(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> (KeyVaultSecrets, Double) {
    let double = Double::start(move |asked| {
        if asked.head.contains("\r\nauthorization: bearer anyport-fake") {
            return reply(asked);
        }
        let challenge = "Bearer authorization=\"https://login/tenant\", resource=\"https://vault.azure.net\"";
        Reply::Answer(401, vec![("www-authenticate", challenge.to_owned())], String::new())
    });
    let double = double.await;
    (vault_at(double.address), double)
}

/// The error of reading the secret, and how often the vault was asked with a token.
async fn read(version: SecretVersion, reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> (Error, usize) {
    let (secrets, double) = vault(reply).await;
    let error = secrets.get(&KEY, &version).await.unwrap_err();
    (error, double.asked().iter().filter(|asked| asked.head.contains("\r\nauthorization:")).count())
}

fn json(status: u16, body: &Value) -> Reply {
    Reply::Answer(status, vec![("content-type", "application/json".to_owned())], body.to_string())
}

fn refusal(status: u16, code: &str, inner: &str) -> Reply {
    json(status, &json!({"error": {"code": code, "message": "words", "innererror": {"code": inner}}}))
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    for (status, code, inner, kind, words) in [
        (403, "Forbidden", "ForbiddenByRbac", ErrorKind::PermissionDenied, "assign it a role"),
        (403, "Forbidden", "ForbiddenByPolicy", ErrorKind::PermissionDenied, "assign it a role"),
        (403, "Forbidden", "SecretDisabled", ErrorKind::PermissionDenied, "disabled"),
        (404, "SecretNotFound", "", ErrorKind::NotFound, "does not exist"),
        (401, "Unauthorized", "", ErrorKind::Unauthenticated, "Microsoft Entra ID"),
        (400, "BadParameter", "", ErrorKind::Internal, "refused"),
    ] {
        let (error, asked) = read(SecretVersion::Latest, move |_| refusal(status, code, inner)).await;
        assert_eq!((error.kind(), asked), (kind, 1), "{inner}: {error:?}");
        assert!(error.to_string().starts_with("secrets.get gateway-key: "), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error:?}").contains("anyport-fake"), "{error:?}");
    }
}

#[tokio::test]
async fn a_vault_that_does_not_serve_is_asked_three_times() {
    for (reply, kind) in [
        (Reply::Hangup, ErrorKind::Unavailable),
        (refusal(429, "Throttled", ""), ErrorKind::Throttled),
        (refusal(503, "ServiceUnavailable", ""), ErrorKind::Unavailable),
    ] {
        let (error, asked) = read(SecretVersion::Latest, move |_| reply.clone()).await;
        assert_eq!((error.kind(), asked), (kind, 3), "{error:?}");
    }
}

#[tokio::test]
async fn a_vault_that_is_not_there_or_says_nothing_is_told_in_time() {
    let double = Double::start(|_| Reply::Silence).await;
    for (address, words) in [(nobody().await, "cannot be reached"), (double.address, "did not answer")] {
        let started = Instant::now();
        let error = vault_at(address).get(&KEY, &SecretVersion::Latest).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_version_that_can_be_none_is_absent_and_not_asked_for() {
    for version in [String::new(), "no version".to_owned(), "../../keys".to_owned(), "v".repeat(33)] {
        let (error, asked) = read(SecretVersion::Pinned(version), |_| Reply::Hangup).await;
        assert_eq!((error.kind(), asked), (ErrorKind::NotFound, 0));
    }
}

#[tokio::test]
async fn any_credential_opens_a_vault() {
    let (_, double) = vault(|_| Reply::Hangup).await;
    let endpoint = Some(format!("http://{}", double.address));
    let settings = KeyVaultSettings { endpoint, ..KeyVaultSettings::default() };
    let secrets = KeyVaultSecrets::with_credential(&settings, Arc::new(StaticToken::new("t0k3n"))).unwrap();
    let error = secrets.get(&KEY, &SecretVersion::Latest).await.unwrap_err();
    // The double takes another one.
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
    assert!(double.asked()[1].head.contains("\r\nauthorization: bearer t0k3n"), "{:?}", double.asked());
    assert!(!format!("{error:?} {secrets:?} {:?}", StaticToken::new("t0k3n")).contains("t0k3n"));
}

#[tokio::test]
async fn a_secret_is_asked_for_by_name_and_version_and_no_answer_is_an_empty_one() {
    let id = format!("https://vault/secrets/gateway-key/{VERSION}");
    for (body, kind) in [
        (json!({"id": id, "value": "s3cr3t"}), None),
        (json!({"id": id}), Some(ErrorKind::Internal)),
        (json!({"value": "s3cr3t"}), Some(ErrorKind::Internal)),
        (json!({"id": id, "attributes": "s3cr3t"}), Some(ErrorKind::Unavailable)),
        (json!({"id": id, "value": "s3cr3t!", "contentType": super::value::BINARY}), Some(ErrorKind::Internal)),
    ] {
        let (secrets, double) = vault(move |_| json(200, &body)).await;
        let found = secrets.get(&KEY, &SecretVersion::Pinned(VERSION.to_owned())).await;
        assert_eq!(found.as_ref().err().map(Error::kind), kind, "{found:?}");
        assert!(!format!("{found:?}").contains("s3cr3t"), "{found:?}");
        let target = double.asked().pop().unwrap().target;
        assert!(target.starts_with(&format!("/secrets/gateway-key/{VERSION}?api-version=")), "{target}");
    }
}
