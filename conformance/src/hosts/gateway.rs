//! What gateways in front of a function make of HTTP: events of requests, and responses of its answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::runtime_api::InvocationResult;

/// A request as a client sends it.
#[derive(Clone, Debug, Default)]
pub struct HttpCall {
    /// The method.
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response as a client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers, by name in lower case, sorted.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A gateway, by the form of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// API Gateway's REST API, at the stage `prod`.
    Rest,
    /// API Gateway's HTTP API, at the stage `prod`.
    Http,
    /// A function URL.
    FunctionUrl,
    /// A load balancer that sends headers and parameters as lists.
    LoadBalancer,
}

impl Gateway {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rest, Self::Http, Self::FunctionUrl, Self::LoadBalancer];

    /// The event of a request. Bodies are sent in base64, as they are by a gateway that takes every type for binary.
    pub fn event(self, call: &HttpCall) -> Value {
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let body = if call.body.is_empty() { Value::Null } else { Value::from(BASE64.encode(&call.body)) };
        let encoded = !call.body.is_empty();
        match self {
            Self::Rest => json!({
                "resource": "/{proxy+}", "path": path, "httpMethod": call.method,
                "headers": last(&call.headers), "multiValueHeaders": lists(&call.headers),
                "queryStringParameters": last(&decoded(query)),
                "multiValueQueryStringParameters": lists(&decoded(query)),
                "requestContext": {
                    "accountId": "123456789012", "stage": "prod", "requestId": "r", "httpMethod": call.method,
                    "path": format!("/prod{path}"), "resourcePath": "/{proxy+}", "apiId": "api",
                    "identity": { "sourceIp": "192.0.2.1" },
                },
                "body": body, "isBase64Encoded": encoded,
            }),
            Self::LoadBalancer => json!({
                "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/t/1" } },
                "httpMethod": call.method, "path": path,
                "multiValueQueryStringParameters": lists(&pairs(query)), "multiValueHeaders": lists(&call.headers),
                "body": body.as_str().unwrap_or_default(), "isBase64Encoded": encoded,
            }),
            Self::Http | Self::FunctionUrl => {
                let (stage, path) = match self {
                    Self::Http => ("prod", format!("/prod{path}")),
                    _ => ("$default", path.to_owned()),
                };
                let http =
                    json!({ "method": call.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" });
                let cookies: Vec<&str> = values(&call.headers, "cookie").flat_map(|all| all.split("; ")).collect();
                let others = call.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("cookie")).cloned();
                let mut event = json!({
                    "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
                    "headers": joined(&others.collect::<Vec<_>>()),
                    "requestContext": {
                        "accountId": "123456789012", "apiId": "api", "domainName": "h", "domainPrefix": "id", "http": http,
                        "requestId": "r", "routeKey": "$default", "stage": stage,
                        "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
                    },
                    "body": body, "isBase64Encoded": encoded,
                });
                if !cookies.is_empty() {
                    event["cookies"] = json!(cookies);
                }
                event
            }
        }
    }

    /// The response that a client gets for an answer; 502 for one that the gateway cannot read.
    pub fn reply(self, result: &InvocationResult) -> HttpReply {
        self.read(result).unwrap_or_else(|| HttpReply { status: 502, headers: Vec::new(), body: Vec::new() })
    }

    fn read(self, result: &InvocationResult) -> Option<HttpReply> {
        let (head, streamed) = match result {
            InvocationResult::Response(bytes) => (serde_json::from_slice::<Value>(bytes).ok()?, None),
            InvocationResult::Streamed { prelude, body, .. } => (prelude.clone(), Some(body.to_vec())),
            InvocationResult::Error(_) => return None,
        };
        let mut headers = Vec::new();
        let lists = streamed.is_none() && matches!(self, Self::Rest | Self::LoadBalancer);
        if lists {
            for (name, values) in head.get("multiValueHeaders")?.as_object()? {
                for value in values.as_array()? {
                    headers.push((name.to_lowercase(), value.as_str()?.to_owned()));
                }
            }
        } else {
            for (name, value) in head.get("headers")?.as_object()? {
                headers.push((name.to_lowercase(), value.as_str()?.to_owned()));
            }
            for cookie in head.get("cookies")?.as_array()? {
                headers.push(("set-cookie".to_owned(), cookie.as_str()?.to_owned()));
            }
        }
        headers.sort();
        let status = u16::try_from(head.get("statusCode")?.as_u64()?).ok()?;
        let text = head.get("body").and_then(Value::as_str).unwrap_or_default();
        let encoded = head.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
        let body = match streamed {
            Some(body) => body,
            None if encoded => BASE64.decode(text).ok()?,
            None => text.as_bytes().to_vec(),
        };
        Some(HttpReply { status, headers, body })
    }
}

/// The parameters of a query, as they are written.
fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn decoded(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    pairs(query).into_iter().map(|(name, value)| (decode(&name), decode(&value))).collect()
}

fn values<'a, 'n>(all: &'a [(String, String)], name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
    all.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// One value of each name: the last.
fn last(all: &[(String, String)]) -> Value {
    all.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>().into()
}

/// All values of each name.
fn lists(all: &[(String, String)]) -> Value {
    let list = |name: &str| values(all, name).collect::<Vec<_>>();
    all.iter().map(|(name, _)| (name.clone(), json!(list(name)))).collect::<Map<_, _>>().into()
}

/// The values of each name, joined with commas.
fn joined(all: &[(String, String)]) -> Value {
    let join = |name: &str| values(all, name).collect::<Vec<_>>().join(",");
    all.iter().map(|(name, _)| (name.to_lowercase(), json!(join(name)))).collect::<Map<_, _>>().into()
}
