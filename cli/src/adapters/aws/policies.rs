//! A fake: moto keeps the policies of secrets and does not go by them. This front before it does, as far as the subject
//! needs: a secret that got a policy which denies reading it is answered for with `AccessDeniedException`, and all else is
//! passed on.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::{Error, ErrorKind, Result};
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// The largest request or answer that is passed on.
const MAX_BODY: usize = 1 << 20;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A front that goes by the policies of secrets. It serves until it is dropped.
pub(super) struct PolicyFront {
    address: SocketAddr,
    task: AbortHandle,
}

impl PolicyFront {
    /// Starts to serve before the emulator at this address.
    pub(super) fn start(emulator: SocketAddr) -> Result<Self> {
        Self::listen(emulator)
            .map_err(|error| Error::new(ErrorKind::Unavailable, "no front can listen on loopback").caused_by(error))
    }

    fn listen(emulator: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // The host that the client named stands in its signature.
        let client = Client::builder(TokioExecutor::new()).set_host(false).build(HttpConnector::new());
        let line = Arc::new(Line { emulator, denied: Mutex::default(), client });
        let task = tokio::spawn(serve(TcpListener::from_std(listener)?, line)).abort_handle();
        Ok(Self { address, task })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for PolicyFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, line: Arc<Line>) {
    // Dropped with this task, and so are the connections.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let line = Arc::clone(&line);
        connections.spawn(async move {
            let service = service_fn(|request| line.answer(request));
            // A client that goes away is none of the front's business.
            let _gone = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

struct Line {
    emulator: SocketAddr,
    /// Names of secrets that nobody may read.
    denied: Mutex<BTreeSet<String>>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Line {
    async fn answer(&self, request: Request<Incoming>) -> std::result::Result<Response<Full<Bytes>>, Failed> {
        let (mut head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let fields: Value = serde_json::from_slice(&body).unwrap_or_default();
        let secret = fields["SecretId"].as_str().unwrap_or_default();
        if operation == "GetSecretValue" && self.denied().contains(secret) {
            return Ok(denied());
        }

        let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let authority: Authority = self.emulator.to_string().parse()?;
        head.uri = Uri::builder().scheme(Scheme::HTTP).authority(authority).path_and_query(path).build()?;
        let (head, answer) =
            self.client.request(Request::from_parts(head, Full::new(body.clone()))).await?.into_parts();
        let answer = Limited::new(answer, MAX_BODY).collect().await?.to_bytes();
        if operation == "PutResourcePolicy" && head.status == StatusCode::OK && denies(&fields) {
            self.denied().insert(secret.to_owned());
        }
        Ok(Response::from_parts(head, Full::new(answer)))
    }

    fn denied(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal of what a policy denies, in the words of Secrets Manager.
fn denied() -> Response<Full<Bytes>> {
    let body = r#"{"__type":"AccessDeniedException","message":"with an explicit deny in a resource-based policy"}"#;
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let json = HeaderValue::from_static("application/x-amz-json-1.1");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Whether the policy put denies reading the secret.
fn denies(fields: &Value) -> bool {
    let policy: Value =
        fields["ResourcePolicy"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    policy["Statement"].as_array().is_some_and(|statements| {
        statements
            .iter()
            .any(|statement| statement["Effect"] == "Deny" && statement["Action"] == "secretsmanager:GetSecretValue")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_policy_that_denies_reading_denies() {
        let put = |effect: &str, action: &str| {
            let policy = json!({"Statement": [{"Effect": effect, "Action": action}]}).to_string();
            denies(&json!({"SecretId": "key", "ResourcePolicy": policy}))
        };
        assert!(put("Deny", "secretsmanager:GetSecretValue"));
        assert!(!put("Allow", "secretsmanager:GetSecretValue"));
        assert!(!put("Deny", "secretsmanager:DeleteSecret"));
        assert!(!denies(&json!({})));
    }
}
