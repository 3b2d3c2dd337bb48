//! What the fault proxy must know of Pub/Sub's protocol and of Secret Manager's: gRPC with the method in the path, and REST
//! with it at the end.

use anyport_conformance::wire::Dialect;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};

pub(super) struct ServiceDialect;

impl Dialect for ServiceDialect {
    fn is_call(&self, request: &Parts, _: &[u8]) -> bool {
        matches!(method(request), "Publish" | "Pull" | "Acknowledge" | "ModifyAckDeadline" | "access")
    }

    fn is_harmless_twice(&self, request: &Parts, _: &[u8]) -> bool {
        // What is pulled twice is held twice, and the first time by nobody. All else is promised at least once, a read, or
        // settles what is settled.
        self.is_call(request, &[]) && method(request) != "Pull"
    }

    fn throttled(&self, request: &Parts) -> Response<Bytes> {
        let mut answer = Response::new(Bytes::new());
        if method(request) == "access" {
            let error = r#"{"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED"}}"#;
            answer = answer.map(|_| Bytes::from_static(error.as_bytes()));
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            return answer;
        }
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static(RESOURCE_EXHAUSTED));
        headers.insert("grpc-message", HeaderValue::from_static("Quota exceeded."));
        answer
    }
}

/// RESOURCE_EXHAUSTED, which comes in the headers of an answer without messages.
const RESOURCE_EXHAUSTED: &str = "8";

/// The method: behind the last slash of a path of gRPC, behind the colon of one of REST.
fn method(request: &Parts) -> &str {
    request.uri.path().rsplit(['/', ':']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn request(path: &str) -> Parts {
        Request::builder().uri(path).body(()).unwrap().into_parts().0
    }

    #[test]
    fn lookups_meet_no_faults_and_only_harmless_requests_are_sent_twice() {
        for (path, call, twice) in [
            ("/google.pubsub.v1.Publisher/Publish", true, true),
            ("/google.pubsub.v1.Subscriber/Pull", true, false),
            ("/google.pubsub.v1.Subscriber/Acknowledge", true, true),
            ("/google.pubsub.v1.Subscriber/ModifyAckDeadline", true, true),
            ("/google.pubsub.v1.Subscriber/GetSubscription", false, false),
            ("/v1/projects/p/topics/news", false, false),
            ("/v1/projects/p/secrets/key/versions/latest:access", true, true),
            ("/v1/projects/p/secrets/key:addVersion", false, false),
        ] {
            let request = request(path);
            assert_eq!(ServiceDialect.is_call(&request, b""), call, "{path}");
            assert_eq!(ServiceDialect.is_harmless_twice(&request, b""), twice, "{path}");
        }
    }

    #[test]
    fn each_protocol_asks_to_slow_down_in_its_own_words() {
        let grpc = ServiceDialect.throttled(&request("/google.pubsub.v1.Publisher/Publish"));
        assert_eq!((grpc.status().as_u16(), grpc.headers()["grpc-status"].as_bytes()), (200, &b"8"[..]));
        let rest = ServiceDialect.throttled(&request("/v1/projects/p/secrets/key/versions/1:access"));
        assert_eq!(rest.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
