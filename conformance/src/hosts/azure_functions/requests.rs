//! Requests of clients, in the three ways that they reach a handler.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::{self, Ask, Reply, Sent};
use super::payload::Payload;
use super::{Failure, FunctionsHost, Notice, Outcome, Output};
use crate::hosts::gateway::{HttpCall, HttpReply};

/// Attempts of a request whose connection breaks.
const MAX_ATTEMPTS: u32 = 11;

/// Between two of them.
const PAUSE: Duration = Duration::from_millis(50);

/// Headers of the content that forwarding keeps.
const KEPT: [&str; 2] = ["content-type", "content-length"];

impl FunctionsHost {
    /// Asks as a client does. What no function of the host is for, the host answers itself: 404 without a body.
    pub async fn http(&self, call: &HttpCall) -> HttpReply {
        let path = call.target.split('?').next().unwrap_or_default();
        let takes = |methods: Option<Vec<String>>| methods.is_none_or(|methods| methods.contains(&call.method));
        let found = self.app().functions.iter().filter(|(_, function)| function.trigger().kind == "httpTrigger");
        let found = found.filter(|(_, function)| takes(function.methods()));
        let found = found
            .filter_map(|(name, function)| Some((self.app().template(name, function).fits(path)?, name, function)));
        let Some((_, name, function)) = found.min_by(|one, other| one.0.cmp(&other.0)) else {
            return empty(404);
        };
        let handler = &self.app().host.custom_handler;
        if function.is_http_only() && handler.enable_proxying_http_request {
            return self.proxied(call).await;
        }
        if function.is_http_only() && handler.enable_forwarding_http_request {
            return self.forwarded(call).await;
        }
        self.told(name, call).await
    }

    /// As it is, and again when the connection breaks.
    async fn proxied(&self, call: &HttpCall) -> HttpReply {
        let id = self.guid();
        let mut headers = call.headers.clone();
        for (name, value) in [
            ("X-Azure-Functions-HostVersion", super::VERSION.to_owned()),
            ("X-Azure-Functions-InvocationId", id.clone()),
            ("x-ms-invocation-id", id),
        ] {
            headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            headers.push((name.to_owned(), value));
        }
        let chunked = has(&headers, "transfer-encoding");
        headers.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("transfer-encoding") && !name.eq_ignore_ascii_case("content-length")
        });
        let body = match () {
            () if chunked => Sent::Chunked(call.body.clone()),
            () if call.body.is_empty() && matches!(call.method.as_str(), "GET" | "HEAD") => Sent::Nothing,
            () => Sent::Whole(call.body.clone()),
        };
        let ask = Ask { method: call.method.clone(), target: call.target.clone(), headers, body };
        for attempt in 1..=MAX_ATTEMPTS {
            match self.send(&ask, self.cuts()).await {
                Ok(reply) => return given(reply),
                Err(Failure::TimedOut) => return empty(504),
                Err(Failure::Broken(problem)) => {
                    self.note(Notice::Repeated { target: call.target.clone(), attempt, problem });
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        empty(502)
    }

    /// Built anew: without chunked bodies, without most headers of the content, each parameter once.
    async fn forwarded(&self, call: &HttpCall) -> HttpReply {
        let lost = has(&call.headers, "transfer-encoding");
        let kept = |name: &str| {
            let name = name.to_ascii_lowercase();
            !name.starts_with("content-") && name != "transfer-encoding" || KEPT.contains(&name.as_str())
        };
        let mut headers: Vec<_> = call.headers.iter().filter(|(name, _)| kept(name)).cloned().collect();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        headers.push(("x-azure-functions-hostversion".to_owned(), super::VERSION.to_owned()));
        headers.push((super::INVOCATION_ID.to_owned(), self.guid()));
        let body = if lost || call.body.is_empty() { Sent::Nothing } else { Sent::Whole(call.body.clone()) };
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let mut once: Vec<(&str, &str)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            once.retain(|(own, _)| *own != name);
            once.push((name, value));
        }
        let query: Vec<String> = once.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
        let ask = Ask { method: call.method.clone(), target, headers, body };
        match self.send(&ask, false).await {
            Ok(reply) => given(reply),
            Err(Failure::TimedOut) => empty(504),
            Err(Failure::Broken(_)) => empty(502),
        }
    }

    /// Written into an event, and the answer read out of the outputs.
    async fn told(&self, name: &str, call: &HttpCall) -> HttpReply {
        let function = &self.app().functions[name];
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let header = |of: &str| {
            call.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(of)).map(|(_, value)| value.as_str())
        };
        let mut lists = Map::new();
        for (name, value) in &call.headers {
            let list = lists.entry(name.clone()).or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(json!(value)));
        }
        let (mut params, mut merged) = (Map::new(), Map::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let joined =
                params.get(name).and_then(Value::as_str).map_or(value.to_owned(), |first| format!("{first},{value}"));
            merged.insert(name.to_owned(), super::payload::serialised(&json!(joined)));
            params.insert(name.to_owned(), json!(joined));
        }
        let host = header("host").unwrap_or("localhost");
        let url = format!("https://{host}{path}{}{query}", if query.is_empty() { "" } else { "?" });
        let mut request = json!({
            "Url": url, "Method": call.method, "Query": params, "Headers": lists, "Params": {}, "Identities": [],
        });
        // Of a body without a length there is nothing.
        if !call.body.is_empty() && header("transfer-encoding").is_none() {
            let kind = header("content-type").unwrap_or_default().to_lowercase();
            let bytes = kind.starts_with("application/octet-stream") || kind.starts_with("multipart/");
            request["Body"] =
                if bytes { json!(base64(&call.body)) } else { json!(String::from_utf8_lossy(&call.body)) };
        }
        merged.insert("Query".to_owned(), request["Query"].clone());
        merged.insert("Headers".to_owned(), request["Headers"].clone());
        // An HTTP trigger's own properties are not merged as a payload's are.
        let payload = Payload::bare(&function.trigger().name, request, merged);
        match self.invoke(name, payload).await {
            Outcome::Succeeded(answer) => {
                let output = function.http_output().map(|binding| binding.name.clone()).unwrap_or_default();
                if output == "$return" {
                    return match &answer.return_value {
                        Some(Output::Json(value)) => sniffed(value),
                        Some(Output::Bytes(bytes)) => {
                            HttpReply { status: 200, headers: Vec::new(), body: bytes.clone() }
                        }
                        None => empty(204),
                    };
                }
                match answer.outputs.get(&output) {
                    Some(Output::Json(value)) => self.said(name, value),
                    Some(Output::Bytes(bytes)) => HttpReply { status: 200, headers: Vec::new(), body: bytes.clone() },
                    None => empty(204),
                }
            }
            Outcome::Failed(_) => empty(500),
            Outcome::TimedOut => empty(504),
        }
    }

    /// The response that an output says: each header once, `status` unheard.
    fn said(&self, function: &str, output: &Value) -> HttpReply {
        if output.get("status").is_some() {
            self.note(Notice::StatusIgnored { function: function.to_owned() });
        }
        response(output, output.get("statusCode"), output.get("body").unwrap_or(&Value::Null))
    }
}

/// What a returned value is taken for: with a `body` it is a response, else it is a body itself.
fn sniffed(value: &Value) -> HttpReply {
    match value.get("body") {
        Some(body) => response(value, value.get("statusCode").or_else(|| value.get("status")), body),
        None => response(&json!({}), None, value),
    }
}

fn response(output: &Value, status: Option<&Value>, body: &Value) -> HttpReply {
    let number = status.and_then(|status| status.as_u64().or_else(|| status.as_str()?.parse().ok()));
    let status = number.and_then(|number| u16::try_from(number).ok()).unwrap_or(200);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in output.get("headers").and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::String(text) => headers.push((name.to_lowercase(), text.clone())),
            // A header is one value: a list is written as it is in JSON.
            other => headers.push((name.to_lowercase(), other.to_string())),
        }
    }
    headers.sort();
    let body = match body {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    HttpReply { status, headers, body }
}

fn given(reply: Reply) -> HttpReply {
    HttpReply { status: reply.status, headers: reply.headers, body: reply.body }
}

fn empty(status: u16) -> HttpReply {
    HttpReply { status, headers: Vec::new(), body: Vec::new() }
}

fn has(headers: &[(String, String)], name: &str) -> bool {
    headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl FunctionsHost {
    /// Sends a request to the handler, within the host's patience.
    pub(super) async fn send(&self, ask: &Ask, cut: bool) -> Result<Reply, Failure> {
        let address = self.worker().address().await.map_err(Failure::Broken)?;
        match tokio::time::timeout(self.app().function_timeout(), client::send(address, ask, cut)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(Failure::Broken(error.to_string())),
            Err(_elapsed) => {
                self.kill();
                Err(Failure::TimedOut)
            }
        }
    }
}
