//! What the fault proxy must know of Cosmos DB's protocol: REST with JSON, of which the port's calls are about items.

use anyport_conformance::wire::Dialect;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};

pub(super) struct CosmosDialect;

impl Dialect for CosmosDialect {
    fn is_call(&self, request: &Parts, _: &[u8]) -> bool {
        // Plans of queries are looked up, as the account, databases, containers and their ranges are.
        request.uri.path().contains("/docs") && !has(request, "x-ms-cosmos-is-query-plan-request")
    }

    fn is_harmless_twice(&self, request: &Parts, _: &[u8]) -> bool {
        // Under an etag one of two is refused, and batches have theirs within.
        request.method == Method::GET || has(request, "x-ms-documentdb-isquery") || has(request, "if-match")
    }

    fn throttled(&self, _: &Parts) -> Response<Bytes> {
        let body = r#"{"code":"TooManyRequests","message":"The request rate is large."}"#;
        let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-ms-substatus", HeaderValue::from_static("3200"));
        headers.insert("x-ms-retry-after-ms", HeaderValue::from_static("1"));
        answer
    }
}

fn has(request: &Parts, header: &str) -> bool {
    request.headers.contains_key(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn request(method: Method, path: &str, headers: &[&'static str]) -> Parts {
        let mut request = Request::builder().method(method).uri(path);
        for header in headers {
            request = request.header(*header, "x");
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn lookups_meet_no_faults_and_only_harmless_requests_are_sent_twice() {
        let docs = "/dbs/d/colls/c/docs";
        for (method, path, headers, call, twice) in [
            (Method::GET, "/", &[][..], false, true),
            (Method::GET, "/dbs/d/colls/c", &[], false, true),
            (Method::GET, "/dbs/d/colls/c/pkranges", &[], false, true),
            (Method::GET, "/dbs/d/colls/c/docs/i", &[], true, true),
            (Method::POST, docs, &[], true, false),
            (Method::POST, docs, &["x-ms-documentdb-isquery"], true, true),
            (Method::POST, docs, &["x-ms-cosmos-is-query-plan-request"], false, false),
            (Method::PUT, "/dbs/d/colls/c/docs/i", &[], true, false),
            (Method::PUT, "/dbs/d/colls/c/docs/i", &["if-match"], true, true),
            (Method::DELETE, "/dbs/d/colls/c/docs/i", &["if-match"], true, true),
        ] {
            let request = request(method, path, headers);
            assert_eq!(CosmosDialect.is_call(&request, b""), call, "{request:?}");
            assert_eq!(CosmosDialect.is_harmless_twice(&request, b""), twice, "{request:?}");
        }
    }
}
