//! A front before an emulator, for what the emulator does not do: it answers for some requests itself, and passes on all
//! others.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyport_ports::{Error, ErrorKind, Result};
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, StatusCode, Uri, request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// The largest request or answer that is passed on.
const MAX_BODY: usize = 1 << 20;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Decides what is passed on.
pub(super) trait Judge: Send + Sync + 'static {
    /// The refusal of a request, if it is refused.
    fn refusal(&self, request: &request::Parts, body: &[u8]) -> Option<Response<Bytes>>;

    /// What was passed on, and answered with this status.
    fn passed(&self, _request: &request::Parts, _body: &[u8], _status: StatusCode) {}
}

/// It serves until it is dropped.
pub(super) struct Front {
    address: SocketAddr,
    task: AbortHandle,
}

impl Front {
    /// Starts to serve before the emulator at this address.
    pub(super) fn start(emulator: SocketAddr, judge: Arc<dyn Judge>) -> Result<Self> {
        Self::listen(emulator, judge)
            .map_err(|error| Error::new(ErrorKind::Unavailable, "no front can listen on loopback").caused_by(error))
    }

    fn listen(emulator: SocketAddr, judge: Arc<dyn Judge>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // The host that the client named stands in its signature.
        let client = Client::builder(TokioExecutor::new()).set_host(false).build(HttpConnector::new());
        let line = Arc::new(Line { emulator, judge, client });
        let task = tokio::spawn(serve(TcpListener::from_std(listener)?, line)).abort_handle();
        Ok(Self { address, task })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Front {
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
    judge: Arc<dyn Judge>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Line {
    async fn answer(&self, request: Request<Incoming>) -> std::result::Result<Response<Full<Bytes>>, Failed> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
        if let Some(refusal) = self.judge.refusal(&head, &body) {
            return Ok(refusal.map(Full::new));
        }
        let mut onward = head.clone();
        let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let authority: Authority = self.emulator.to_string().parse()?;
        onward.uri = Uri::builder().scheme(Scheme::HTTP).authority(authority).path_and_query(path).build()?;
        let answer = self.client.request(Request::from_parts(onward, Full::new(body.clone()))).await?;
        let (answered, answer) = answer.into_parts();
        let answer = Limited::new(answer, MAX_BODY).collect().await?.to_bytes();
        self.judge.passed(&head, &body, answered.status);
        Ok(Response::from_parts(answered, Full::new(answer)))
    }
}
