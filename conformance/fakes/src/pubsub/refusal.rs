//! Refusals: one kind for both sides of the wire.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tonic::{Code, Status};

/// Why a request is refused: a code of gRPC and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: Code::InvalidArgument, message: message.into() }
    }

    pub(super) fn absent(name: &str) -> Self {
        Self { code: Code::NotFound, message: format!("Resource not found (resource={name}).") }
    }

    pub(super) fn standing(name: &str) -> Self {
        Self { code: Code::AlreadyExists, message: format!("Resource already exists (resource={name}).") }
    }

    /// What Pub/Sub does and this fake does not.
    pub(super) fn not_done(what: &str) -> Self {
        Self { code: Code::Unimplemented, message: format!("this fake of Pub/Sub does not do it: {what}") }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.message)
    }
}

/// As REST says it: `google.rpc.Status` in JSON, with the HTTP status of its code.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (http, name) = match self.code {
            Code::InvalidArgument => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
            Code::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Code::AlreadyExists => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
            Code::Unimplemented => (StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        };
        let error = json!({"code": http.as_u16(), "message": self.message, "status": name});
        (http, Json(json!({"error": error}))).into_response()
    }
}
