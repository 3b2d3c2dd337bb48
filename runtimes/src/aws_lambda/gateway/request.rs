//! Requests as gateways write them.
//!
//! The events are read by `aws_lambda_events`; the request is made of them here, since `lambda_http` loses all but one value
//! of a repeated header of format 1.0, decodes a load balancer's query twice, and panics on a body that is not base64.

use std::collections::BTreeMap;

use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::super::EventError;
use super::Origin;

/// What may not stand in a query as it is. What is encoded already stays.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// What may not stand in a path as it is. API Gateway decodes paths, others do not: an escape in one stays.
const NOT_IN_PATH: &AsciiSet = &NOT_IN_QUERY.add(b'?').add(b'`').add(b'{').add(b'}').add(b'\\').add(b'^').add(b'|');

/// What need not be encoded in the name or value of a parameter.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parts of a request that all origins have.
struct Raw {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Option<String>,
    encoded: bool,
}

/// Parameters of a query, by name. The type that the events have for them panics when a name has no value.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, Values>>,
    #[serde(default)]
    multi_value_query_string_parameters: Option<BTreeMap<String, Values>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

/// The request of an event.
pub(super) fn of(origin: Origin, event: &RawValue, base_path: &str) -> Result<Request<Full<Bytes>>, EventError> {
    let raw = match origin {
        Origin::V1 => {
            let kind = "a request of API Gateway (1.0)";
            v1(typed(event, kind)?, &typed(event, kind)?)
        }
        Origin::V2 => v2(typed(event, "a request of API Gateway (2.0) or a function URL")?),
        Origin::LoadBalancer => {
            let kind = "a request of a load balancer";
            load_balancer(typed(event, kind)?, &typed(event, kind)?)
        }
    };
    let malformed = |problem: String| EventError::malformed("an HTTP request", &problem);
    let path = without_base(&raw.path, base_path);
    let mut target = utf8_percent_encode(path, NOT_IN_PATH).to_string();
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    if !raw.query.is_empty() {
        target.push('?');
        target.extend(utf8_percent_encode(&raw.query, NOT_IN_QUERY));
    }
    let uri = Uri::try_from(target).map_err(|error| malformed(format!("the path is not one: {error}")))?;
    let body = match raw.body {
        None => Bytes::new(),
        Some(text) if raw.encoded => {
            let bytes = BASE64.decode(text).map_err(|error| malformed(format!("the body is not base64: {error}")))?;
            Bytes::from(bytes)
        }
        Some(text) => Bytes::from(text),
    };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = raw.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = raw.headers;
    Ok(request)
}

fn typed<T: DeserializeOwned>(event: &RawValue, looks_like: &'static str) -> Result<T, EventError> {
    let mut json = serde_json::Deserializer::from_str(event.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| EventError::malformed(looks_like, &error))
}

/// Its path has no stage; its parameters are decoded.
fn v1(event: ApiGatewayProxyRequest, parameters: &Parameters) -> Raw {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    Raw {
        method: event.http_method,
        path: event.path.unwrap_or_default(),
        query: query(parameters, encode),
        headers: merged(event.multi_value_headers, &event.headers),
        body: event.body,
        encoded: event.is_base64_encoded,
    }
}

/// Its path begins with the stage, unless that is the default one; cookies stand beside the headers.
fn v2(event: ApiGatewayV2httpRequest) -> Raw {
    let path = event.raw_path.unwrap_or_default();
    let stage = event.request_context.stage.filter(|stage| stage != "$default").map(|stage| format!("/{stage}"));
    let path = stage.map_or(path.as_str(), |stage| without_base(&path, &stage)).to_owned();
    let mut headers = event.headers;
    if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty())
        && let Ok(cookies) = HeaderValue::from_str(&cookies.join("; "))
    {
        headers.insert(COOKIE, cookies);
    }
    Raw {
        method: event.request_context.http.method,
        path,
        query: event.raw_query_string.unwrap_or_default(),
        headers,
        body: event.body,
        encoded: event.is_base64_encoded,
    }
}

/// Its parameters are as the client wrote them.
fn load_balancer(event: AlbTargetGroupRequest, parameters: &Parameters) -> Raw {
    Raw {
        method: event.http_method,
        path: event.path.unwrap_or_default(),
        query: query(parameters, str::to_owned),
        headers: merged(event.multi_value_headers, &event.headers),
        body: event.body,
        encoded: event.is_base64_encoded,
    }
}

/// The query of all parameters: of the lists, or else of the single values.
fn query(parameters: &Parameters, encode: impl Fn(&str) -> String) -> String {
    let many = parameters.multi_value_query_string_parameters.as_ref().filter(|many| !many.is_empty());
    let mut pairs = Vec::new();
    for (name, values) in many.or(parameters.query_string_parameters.as_ref()).into_iter().flatten() {
        let values = match values {
            Values::One(value) => std::slice::from_ref(value),
            Values::Many(values) => values.as_slice(),
        };
        pairs.extend(values.iter().map(|value| format!("{}={}", encode(name), encode(value))));
    }
    pairs.join("&")
}

/// All values of all headers: the lists, and what the map of single values has besides.
fn merged(mut many: HeaderMap, once: &HeaderMap) -> HeaderMap {
    for (name, value) in once {
        if !many.contains_key(name) {
            many.insert(name, value.clone());
        }
    }
    many
}

/// The path after a beginning that ends between two segments.
fn without_base<'a>(path: &'a str, base: &str) -> &'a str {
    match path.strip_prefix(base) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(origin: Origin, event: &Value) -> Result<Request<Full<Bytes>>, EventError> {
        of(origin, &RawValue::from_string(event.to_string()).unwrap(), "/shop")
    }

    fn target(origin: Origin, event: &Value) -> String {
        request(origin, event).unwrap().uri().to_string()
    }

    fn second(stage: &str, path: &str, query: &str) -> Value {
        let http = json!({ "method": "GET", "path": path });
        json!({ "rawPath": path, "rawQueryString": query, "requestContext": { "http": http, "stage": stage } })
    }

    #[test]
    fn stage_and_base_path_are_no_part_of_the_route() {
        let of = |stage: &str, path: &str| target(Origin::V2, &second(stage, path, ""));
        assert_eq!(of("$default", "/a"), "/a");
        assert_eq!(of("prod", "/prod/a"), "/a");
        assert_eq!(of("prod", "/prod"), "/");
        assert_eq!(of("prod", "/production/a"), "/production/a");
        assert_eq!(of("$default", "/shop/a"), "/a");
        assert_eq!(of("prod", "/prod/shop/a"), "/a");
        assert_eq!(of("$default", ""), "/");
        let first =
            json!({ "path": "/a", "httpMethod": "GET", "requestContext": { "stage": "prod", "httpMethod": "GET" } });
        assert_eq!(target(Origin::V1, &first), "/a");
    }

    #[test]
    fn paths_and_queries_come_as_the_client_sent_them() {
        assert_eq!(
            target(Origin::V2, &second("$default", "/a b/\u{e9}?#%41", "x=1&x=2 3")),
            "/a%20b/%C3%A9%3F%23%41?x=1&x=2%203"
        );
        let first = json!({
            "path": "/a", "httpMethod": "GET", "requestContext": { "httpMethod": "GET" },
            "queryStringParameters": { "x": "2", "y": [] }, "multiValueQueryStringParameters": { "x": ["1&", "2 +"], "y": [] },
        });
        assert_eq!(target(Origin::V1, &first), "/a?x=1%26&x=2%20%2B");
        let balanced = json!({
            "path": "/a", "httpMethod": "GET", "requestContext": { "elb": {} }, "headers": {}, "body": "",
            "queryStringParameters": { "x": "a%26b+c" },
        });
        assert_eq!(target(Origin::LoadBalancer, &balanced), "/a?x=a%26b+c");
    }

    #[test]
    fn repeated_headers_and_cookies_are_kept() {
        let first = json!({
            "path": "/", "httpMethod": "GET", "requestContext": { "httpMethod": "GET" },
            "headers": { "X-A": "2", "X-B": "only" }, "multiValueHeaders": { "x-a": ["1", "2"] },
        });
        let request = request(Origin::V1, &first).unwrap();
        let all: Vec<_> = request.headers().get_all("x-a").iter().collect();
        assert_eq!(all, ["1", "2"]);
        assert_eq!(request.headers()["x-b"], "only");
        let mut second = second("$default", "/", "");
        second["cookies"] = json!(["a=1", "b=2"]);
        assert_eq!(
            super::of(Origin::V2, &RawValue::from_string(second.to_string()).unwrap(), "").unwrap().headers()[COOKIE],
            "a=1; b=2"
        );
    }

    #[tokio::test]
    async fn bodies_are_decoded_and_garbage_is_told() {
        use http_body_util::BodyExt as _;
        let mut event = second("$default", "/", "");
        event["body"] = json!("AAH/");
        event["isBase64Encoded"] = json!(true);
        let body = request(Origin::V2, &event).unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&body[..], [0, 1, 255]);
        event["body"] = json!("not base64!");
        let told = request(Origin::V2, &event).unwrap_err();
        assert_eq!(told.error_type(), "Anyport.MalformedEvent");
        assert!(request(Origin::V1, &json!({ "httpMethod": "G T", "requestContext": {} })).is_err());
    }
}
