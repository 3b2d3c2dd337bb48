//! What is refused, in the words of either interface.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// A refusal. <https://cloud.google.com/storage/docs/xml-api/reference-status>
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn no_bucket() -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist.")
    }

    pub(super) fn no_object() -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.")
    }

    pub(super) fn no_upload() -> Self {
        Self::new(404, "NoSuchUpload", "The requested upload was not found.")
    }

    pub(super) fn condition() -> Self {
        let message = "At least one of the pre-conditions you specified did not hold.";
        Self::new(412, "PreconditionFailed", message)
    }

    pub(super) fn argument(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    /// As the XML interface says it.
    pub(super) fn in_xml(&self) -> Response {
        let message = quick_xml::escape::escape(self.message.as_str());
        let body = format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>{message}</Message></Error>",
            self.code
        );
        self.response("application/xml; charset=UTF-8", body)
    }

    /// As the JSON interface says it.
    pub(super) fn in_json(&self) -> Response {
        let (status, message) = (self.status, &self.message);
        let errors = json!([{"message": message, "domain": "global", "reason": self.code}]);
        let body = json!({"error": {"code": status, "message": message, "errors": errors}});
        self.response("application/json; charset=UTF-8", body.to_string())
    }

    fn response(&self, kind: &'static str, body: String) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
}
