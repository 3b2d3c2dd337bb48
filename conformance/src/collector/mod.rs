//! A collector of OpenTelemetry: takes spans and metrics by OTLP over HTTP (protobuf), and shows them.
//!
//! It reads the protocol by messages of its own, and speaks HTTP on loopback, so that what is tested may be a process of
//! its own. It can be told to fail, or not to answer.

mod decode;
mod messages;
mod tree;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use tree::tree;

/// A collector, until it is dropped.
#[derive(Debug)]
pub struct Collector {
    endpoint: String,
    state: Arc<Mutex<State>>,
    /// Dropped with it: the server ends.
    _server: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    spans: Vec<Span>,
    metrics: BTreeMap<String, Metric>,
    headers: Vec<HeaderMap>,
    refusals: Vec<String>,
}

/// What it does with what it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes it.
    #[default]
    Take,
    /// Answers with this status, and keeps nothing.
    Fail(u16),
    /// Never answers, and keeps nothing.
    Stall,
}

/// A span that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace, in 32 hexadecimal digits.
    pub trace_id: String,
    /// The span, in 16 hexadecimal digits.
    pub span_id: String,
    /// The span that it is under, if it is under one.
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    pub kind: &'static str,
    /// When it began, in nanoseconds since 1970.
    pub began: u64,
    /// When it ended, in nanoseconds since 1970.
    pub ended: u64,
    /// Its attributes.
    pub attributes: BTreeMap<String, Value>,
    /// The attributes of the process that it is of.
    pub resource: BTreeMap<String, Value>,
    /// Why it failed, if it did; may be empty.
    pub error: Option<String>,
}

/// The latest state of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The attributes of the process that it is of.
    pub resource: BTreeMap<String, Value>,
    /// What was measured, by attributes.
    pub points: Vec<Point>,
}

/// What was measured under certain attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The attributes.
    pub attributes: BTreeMap<String, Value>,
    /// How many values a histogram has; 1 for a sum.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

impl Collector {
    /// Starts it on a free port of loopback.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::default());
        let mut server = JoinSet::new();
        server.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { endpoint, state, _server: server })
    }

    /// What `telemetry.endpoint` must be to reach it.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// From now on.
    pub fn behave(&self, behaviour: Behaviour) {
        locked(&self.state).behaviour = behaviour;
    }

    /// All spans that it took, in the order in which they began.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = locked(&self.state).spans.clone();
        spans.sort_by_key(|span| span.began);
        spans
    }

    /// The latest state of each metric that it took, by name.
    pub fn metrics(&self) -> BTreeMap<String, Metric> {
        locked(&self.state).metrics.clone()
    }

    /// The headers of all that it was sent.
    pub fn headers(&self) -> Vec<HeaderMap> {
        locked(&self.state).headers.clone()
    }

    /// What it was sent that is not OTLP over HTTP in protobuf, in words.
    pub fn refusals(&self) -> Vec<String> {
        locked(&self.state).refusals.clone()
    }

    /// The first thing found in it that is looked for, or `None` once the time is over.
    pub async fn within<T>(&self, time: Duration, mut find: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                if let Some(found) = find(self) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(time, found).await.ok()
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            // A client that goes away is no concern of a collector's.
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: Request<Incoming>, state: &Mutex<State>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes);
    let behaviour = {
        let mut state = locked(state);
        state.headers.push(head.headers.clone());
        state.behaviour
    };
    let status = match behaviour {
        Behaviour::Stall => std::future::pending().await,
        Behaviour::Fail(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        Behaviour::Take => {
            let protobuf = head.headers.get("content-type").is_some_and(|media| media == "application/x-protobuf");
            let taken = match (head.method, head.uri.path(), body) {
                (_, _, Err(error)) => Err(format!("the body broke off: {error}")),
                (Method::POST, _, _) if !protobuf => Err("the body is not application/x-protobuf".to_owned()),
                (Method::POST, "/v1/traces", Ok(body)) => {
                    decode::spans(&body).map(|spans| locked(state).spans.extend(spans))
                }
                (Method::POST, "/v1/metrics", Ok(body)) => decode::metrics(&body).map(|metrics| {
                    let metrics = metrics.into_iter().map(|metric| (metric.name.clone(), metric));
                    locked(state).metrics.extend(metrics);
                }),
                (method, path, _) => Err(format!("{method} {path} is none of its own")),
            };
            match taken {
                Ok(()) => StatusCode::OK,
                Err(problem) => {
                    locked(state).refusals.push(problem);
                    StatusCode::BAD_REQUEST
                }
            }
        }
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    Ok(response)
}
