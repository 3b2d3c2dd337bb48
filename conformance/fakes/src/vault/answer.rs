//! Refusals in the service's words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// Why something is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody showed a token.
    Challenge,
    NotFound,
    /// The version, or the current one, is disabled.
    Disabled,
    /// One of this name is kept until it is recovered or purged.
    Deleted,
    BadParameter(&'static str),
    NoSuchOperation,
}

impl Refusal {
    fn body(self) -> (StatusCode, Value) {
        let error = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
        match self {
            Self::Challenge => {
                (StatusCode::UNAUTHORIZED, error("Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."))
            }
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                error("SecretNotFound", "A secret with this name and version was not found in this key vault."),
            ),
            Self::Disabled => {
                let mut body = error("Forbidden", "Operation get is not allowed on a disabled secret.");
                body["error"]["innererror"] = json!({"code": "SecretDisabled"});
                (StatusCode::FORBIDDEN, body)
            }
            Self::Deleted => {
                let mut body = error("Conflict", "The secret is currently in a deleted but recoverable state.");
                body["error"]["innererror"] = json!({"code": "ObjectIsDeletedButRecoverable"});
                (StatusCode::CONFLICT, body)
            }
            Self::BadParameter(message) => (StatusCode::BAD_REQUEST, error("BadParameter", message)),
            Self::NoSuchOperation => {
                (StatusCode::METHOD_NOT_ALLOWED, error("MethodNotAllowed", "This fake does not do that."))
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = self.body();
        let mut response = (status, Json(body)).into_response();
        if self == Self::Challenge {
            let challenge = "Bearer authorization=\"https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000\", \
                             resource=\"https://vault.azure.net\"";
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
