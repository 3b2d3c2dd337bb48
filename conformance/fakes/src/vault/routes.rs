//! The operations, by method and path.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde::Deserialize;

use super::answer::Refusal;
use super::store::{Properties, Store};

type Vault = Arc<Mutex<Store>>;

/// Serves a vault.
pub(super) fn router(vault: Vault) -> Router {
    Router::new().fallback(answer).with_state(vault)
}

async fn answer(State(vault): State<Vault>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut store = vault.lock().unwrap_or_else(PoisonError::into_inner);
    checked(&uri, &headers).and_then(|()| done(&mut store, &method, uri.path(), &body)).into_response()
}

/// Whether a request shows a token, and says what version of the interface it means.
fn checked(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if shown.strip_prefix("Bearer ").is_none_or(|token| token.trim().is_empty()) {
        return Err(Refusal::Challenge);
    }
    if !uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with("api-version=")) {
        return Err(Refusal::BadParameter("The api-version query parameter is missing."));
    }
    Ok(())
}

fn done(store: &mut Store, method: &Method, path: &str, body: &[u8]) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct Set {
        value: String,
        #[serde(flatten)]
        properties: Properties,
    }
    let no_json = |_| Refusal::BadParameter("The body is not as the operation wants it.");
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    let answer = match (method, path.as_slice()) {
        (&Method::GET, ["secrets"]) => store.list(),
        (&Method::GET, ["secrets", name, "versions"]) => store.versions(name),
        (&Method::GET, ["secrets", name]) => store.get(name, None)?,
        (&Method::GET, ["secrets", name, version]) => store.get(name, Some(version))?,
        (&Method::PUT, ["secrets", name]) => {
            let Set { value, properties } = serde_json::from_slice(body).map_err(no_json)?;
            store.set(name, value, properties)?
        }
        (&Method::PATCH, ["secrets", name, version]) => {
            store.update(name, version, serde_json::from_slice(body).map_err(no_json)?)?
        }
        (&Method::DELETE, ["secrets", name]) => store.delete(name)?,
        (&Method::GET, ["deletedsecrets"]) => store.all_deleted(),
        (&Method::GET, ["deletedsecrets", name]) => store.deleted(name)?,
        (&Method::POST, ["deletedsecrets", name, "recover"]) => store.recover(name)?,
        (&Method::DELETE, ["deletedsecrets", name]) => {
            store.purge(name)?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        _ => return Err(Refusal::NoSuchOperation),
    };
    Ok(Json(answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(token: Option<&'static str>) -> HeaderMap {
        token.map(|token| (header::AUTHORIZATION, token.parse().unwrap())).into_iter().collect()
    }

    #[test]
    fn who_shows_no_token_is_challenged() {
        let uri = Uri::from_static("/secrets/key/?api-version=2025-07-01");
        for none in [None, Some("Bearer "), Some("Basic abc")] {
            assert_eq!(checked(&uri, &headers(none)), Err(Refusal::Challenge), "{none:?}");
        }
        assert_eq!(checked(&uri, &headers(Some("Bearer any"))), Ok(()));
        let challenge = Refusal::Challenge.into_response();
        assert_eq!(challenge.status(), StatusCode::UNAUTHORIZED);
        let words = challenge.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(words.contains("resource=\"https://vault.azure.net\""), "{words}");
        let without = Uri::from_static("/secrets/key");
        assert!(matches!(checked(&without, &headers(Some("Bearer any"))), Err(Refusal::BadParameter(_))));
    }

    #[test]
    fn the_current_version_is_asked_for_with_a_slash_at_the_end() {
        let mut store = Store::new("https://vault".to_owned());
        let body = br#"{"value": "v", "contentType": "text/plain"}"#;
        assert!(done(&mut store, &Method::PUT, "/secrets/key", body).is_ok());
        assert!(done(&mut store, &Method::GET, "/secrets/key/", b"").is_ok());
        assert_eq!(done(&mut store, &Method::POST, "/keys", b"").err(), Some(Refusal::NoSuchOperation));
        assert!(matches!(done(&mut store, &Method::PUT, "/secrets/key", b"{}"), Err(Refusal::BadParameter(_))));
    }
}
