//! HTTP/1.1 with faults: requests and answers are taken whole, and passed on, lost or cut.

mod answer;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::uri::{Authority, Scheme};
use ::http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header, request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::Dialect;
use super::proxy::Ending;
use crate::faults::{Fault, Faults};

/// The largest body that is passed on.
const MAX_BODY: usize = 16 << 20;

pub(super) struct HttpLine {
    upstream: SocketAddr,
    dialect: Arc<dyn Dialect>,
    faults: Faults,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A whole message and its head.
type Whole<Head> = (Head, Bytes);

impl HttpLine {
    pub(super) fn new(upstream: SocketAddr, dialect: Arc<dyn Dialect>, faults: Faults) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // The host that the client named stands in its signature.
        let client = Client::builder(TokioExecutor::new()).set_host(false).build(connector);
        Self { upstream, dialect, faults, client }
    }

    /// Serves a connection until it ends, and tells how to end it.
    pub(super) async fn serve(&self, stream: TcpStream) -> (TcpStream, Ending) {
        let _as_it_is = stream.set_nodelay(true);
        let ending = Mutex::new(Ending::Close);
        let service = service_fn(|request| self.answer(request, &ending));
        let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A broken service is how a request goes without an answer.
        let _broken = (&mut connection).await;
        let stream = connection.into_parts().io.into_inner();
        (stream, ending.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers a request; an error ends the connection as told.
    async fn answer(&self, request: Request<Incoming>, ending: &Mutex<Ending>) -> io::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
        let end = |how| {
            *ending.lock().unwrap_or_else(PoisonError::into_inner) = how;
            Err(io::Error::other("injected fault"))
        };
        let fault = if self.dialect.is_call(&head, &body) { self.faults.next() } else { Fault::None };
        match fault {
            Fault::DropBefore => return end(Ending::Close),
            Fault::Throttle => return Ok(self.dialect.throttled(&head).map(Full::new)),
            Fault::ServerError => {
                let mut failed = Response::new(Full::default());
                *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                return Ok(failed);
            }
            Fault::Delay => tokio::time::sleep(self.faults.pause()).await,
            _ => {}
        }
        let is_head = head.method == Method::HEAD;
        let twice = fault == Fault::Duplicate && self.dialect.is_harmless_twice(&head, &body);
        let again = twice.then(|| (head.clone(), body.clone()));
        let answer = self.forward((head, body)).await?;
        if let Some(again) = again {
            let _unseen = self.forward(again).await;
        }
        match fault {
            Fault::DropAfter => end(Ending::Close),
            Fault::HalfClose => end(Ending::HalfClose),
            Fault::Cut => end(Ending::Cut(answer::first_half(&answer, is_head))),
            _ => Ok(answer::whole(answer)),
        }
    }

    /// Asks the store. If it is not reached, the client learns as little as when an answer is lost.
    async fn forward(&self, (mut head, body): Whole<request::Parts>) -> io::Result<Whole<::http::response::Parts>> {
        head.uri = self.absolute(head.uri)?;
        hop_by_hop(&mut head.headers);
        let request = Request::from_parts(head, Full::new(body));
        let (mut head, body) = self.client.request(request).await.map_err(io::Error::other)?.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
        hop_by_hop(&mut head.headers);
        Ok((head, body))
    }

    fn absolute(&self, uri: Uri) -> io::Result<Uri> {
        let authority = self.upstream.to_string().parse::<Authority>().map_err(io::Error::other)?;
        let mut parts = uri.into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        Uri::from_parts(parts).map_err(io::Error::other)
    }
}

/// Takes away what is between two neighbours only; how long the body is follows from it, being whole.
fn hop_by_hop(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::TE, header::TRAILER, header::UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}
