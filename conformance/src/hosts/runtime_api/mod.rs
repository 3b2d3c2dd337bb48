//! AWS Lambda's Runtime API, and of its Extensions API what lets a process be told of its end.
//!
//! It is as strict as the contract: an answer for another invocation, in another state, too large, cut or malformed is
//! refused with the status that the host gives, and kept for the test to see. It speaks HTTP on loopback, so that what is
//! tested is a process of its own.

mod requests;
mod state;
mod streaming;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use state::State;

/// Largest answer that is not streamed: 6 MiB and 100 bytes.
pub const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;

/// The Runtime API, until it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    state: Arc<State>,
    /// Dropped with it: the server ends.
    _server: JoinSet<()>,
}

/// An event to be handled.
#[derive(Clone, Debug)]
pub struct Invocation {
    event: Bytes,
    deadline_ms: u64,
    trace: Option<String>,
}

/// How an invocation ended, as the host sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationResult {
    /// It was answered.
    Response(Bytes),
    /// It was answered by a stream, which has ended.
    Streamed {
        /// The head: `statusCode`, `headers`, `cookies`.
        prelude: Value,
        /// All bytes after it.
        body: Bytes,
        /// `Lambda-Runtime-Function-Error-Type` among the trailers, if the stream ended in an error.
        error_type: Option<String>,
    },
    /// It failed.
    Error(FunctionError),
}

/// An error that a function reported, or that the host made of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType`.
    pub error_type: String,
    /// `errorMessage`.
    pub message: String,
}

/// A request that broke the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Method and path.
    pub request: String,
    /// The status it was answered with.
    pub status: u16,
    /// The `errorType` it was answered with.
    pub error_type: &'static str,
    /// What was wrong, in words.
    pub problem: String,
}

impl RuntimeApi {
    /// Starts it on a free port of loopback.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, state) = (listener.local_addr()?, Arc::new(State::default()));
        let mut server = JoinSet::new();
        server.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, _server: server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The variables that the host starts a process with.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/function".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "stream".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ]
    }

    /// Hands an event to the next process that asks, and waits for how it ends. It waits for as long as the caller does:
    /// a process that dies never answers.
    pub async fn invoke(&self, invocation: Invocation) -> InvocationResult {
        self.state.invoke(invocation).await
    }

    /// Waits until a process asks for an event: the end of its init.
    pub async fn polled(&self) {
        self.state.polled().await;
    }

    /// Errors of init that were reported.
    pub fn init_errors(&self) -> Vec<FunctionError> {
        self.state.with(|inner| inner.init_errors.clone())
    }

    /// The names of extensions that were registered.
    pub fn extensions(&self) -> Vec<String> {
        self.state.with(|inner| inner.extensions.clone())
    }

    /// Requests that broke the contract, in the order they came.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.state.with(|inner| inner.refusals.clone())
    }
}

impl Invocation {
    /// An event whose deadline is a minute from now.
    pub fn new(event: impl Into<Bytes>) -> Self {
        Self { event: event.into(), deadline_ms: 0, trace: None }.within(Duration::from_mins(1))
    }

    /// With the deadline this long from now.
    #[must_use]
    pub fn within(self, left: Duration) -> Self {
        let at = (SystemTime::now() + left).duration_since(UNIX_EPOCH).unwrap_or_default();
        self.deadline_ms(u64::try_from(at.as_millis()).unwrap_or(u64::MAX))
    }

    /// With this deadline, in milliseconds since 1970; emulators give one that is past.
    #[must_use]
    pub fn deadline_ms(mut self, at: u64) -> Self {
        self.deadline_ms = at;
        self
    }

    /// With this `Lambda-Runtime-Trace-Id`.
    #[must_use]
    pub fn trace(mut self, trace: impl Into<String>) -> Self {
        self.trace = Some(trace.into());
        self
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| requests::answer(Arc::clone(&state), request));
            // A connection that breaks is the process's affair: what it left undone stays undone.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
