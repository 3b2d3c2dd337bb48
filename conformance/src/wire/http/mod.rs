//! HTTP with faults: requests and answers are taken whole, and passed on, lost or cut.
//!
//! It is spoken as the client begins: HTTP/1.1, where a connection carries one request after another, and losing one is
//! to close it; or HTTP/2 without TLS, where it carries many at once, and losing one is to reset its stream, the others
//! going on.

mod answer;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::uri::{Authority, Scheme};
use ::http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version, header, request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use self::answer::{Answer, Sent};
use super::Dialect;
use super::proxy::Ending;
use crate::faults::{Fault, Faults};

/// The largest body that is passed on.
const MAX_BODY: usize = 64 << 20;

/// What a client of HTTP/2 begins with, as far as no method of HTTP/1.1 does.
const PREFACE: &[u8; 3] = b"PRI";

pub(super) struct HttpLine(Arc<Line>);

struct Line {
    upstream: SocketAddr,
    dialect: Arc<dyn Dialect>,
    faults: Faults,
    client: Client<HttpConnector, Full<Bytes>>,
    client_of_2: Client<HttpConnector, Full<Bytes>>,
}

/// How a request ends.
enum Fate {
    /// With an answer.
    Answered(Answer),
    /// With nothing that could be told from a broken connection, and which the fault says how to bring about.
    Broken(Fault, Option<Answer>),
}

impl HttpLine {
    pub(super) fn new(upstream: SocketAddr, dialect: Arc<dyn Dialect>, faults: Faults) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // The host that the client named stands in its signature.
        let client = Client::builder(TokioExecutor::new()).set_host(false).build(connector.clone());
        let client_of_2 = Client::builder(TokioExecutor::new()).http2_only(true).build(connector);
        Self(Arc::new(Line { upstream, dialect, faults, client, client_of_2 }))
    }

    /// Serves a connection until it ends, and tells how to end it. There is no connection left to end if it was of HTTP/2.
    pub(super) async fn serve(&self, stream: TcpStream) -> Option<(TcpStream, Ending)> {
        let _as_it_is = stream.set_nodelay(true);
        if begins_as_2(&stream).await {
            let line = Arc::clone(&self.0);
            let service = service_fn(move |request| {
                let line = Arc::clone(&line);
                async move { line.answer_of_2(request).await }
            });
            let server = http2::Builder::new(TokioExecutor::new());
            let _broken = server.serve_connection(TokioIo::new(stream), service).await;
            return None;
        }
        let ending = Mutex::new(Ending::Close);
        let service = service_fn(|request| self.0.answer_of_1(request, &ending));
        let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A broken service is how a request goes without an answer.
        let _broken = (&mut connection).await;
        let stream = connection.into_parts().io.into_inner();
        Some((stream, ending.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Whether the client speaks HTTP/2. Nothing is taken off the connection.
async fn begins_as_2(stream: &TcpStream) -> bool {
    const PAUSE: Duration = Duration::from_millis(1);
    let mut begin = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut begin).await {
            Ok(seen) if seen > 0 && seen < begin.len() && PREFACE.starts_with(&begin[..seen]) => {
                tokio::time::sleep(PAUSE).await;
            }
            Ok(_) => return begin == *PREFACE,
            Err(_) => return false,
        }
    }
}

impl Line {
    /// Answers a request of HTTP/1.1; an error ends the connection as told.
    async fn answer_of_1(&self, request: Request<Incoming>, ending: &Mutex<Ending>) -> io::Result<Response<Sent>> {
        let is_head = request.method() == Method::HEAD;
        let how = match self.fate(request).await? {
            Fate::Answered(answer) => return Ok(answer.whole()),
            Fate::Broken(Fault::HalfClose, _) => Ending::HalfClose,
            Fate::Broken(Fault::Cut, Some(answer)) => Ending::Cut(answer.first_half(is_head)),
            Fate::Broken(..) => Ending::Close,
        };
        *ending.lock().unwrap_or_else(PoisonError::into_inner) = how;
        Err(io::Error::other("injected fault"))
    }

    /// Answers a request of HTTP/2; an error resets its stream.
    async fn answer_of_2(&self, request: Request<Incoming>) -> io::Result<Response<Sent>> {
        match self.fate(request).await? {
            Fate::Answered(answer) => Ok(answer.whole()),
            Fate::Broken(Fault::Cut, Some(answer)) => answer.half(),
            Fate::Broken(..) => Err(io::Error::other("injected fault")),
        }
    }

    /// What becomes of a request.
    async fn fate(&self, request: Request<Incoming>) -> io::Result<Fate> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
        let fault = if self.dialect.is_call(&head, &body) { self.faults.next() } else { Fault::None };
        match fault {
            Fault::DropBefore => return Ok(Fate::Broken(fault, None)),
            Fault::Throttle => return Ok(Fate::Answered(self.dialect.throttled(&head).into())),
            Fault::ServerError => {
                let mut failed = Response::new(Bytes::new());
                *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                return Ok(Fate::Answered(failed.into()));
            }
            Fault::Delay => tokio::time::sleep(self.faults.pause()).await,
            _ => {}
        }
        let twice = fault == Fault::Duplicate && self.dialect.is_harmless_twice(&head, &body);
        let again = twice.then(|| (head.clone(), body.clone()));
        let answer = self.forward(head, body).await?;
        if let Some((head, body)) = again {
            let _unseen = self.forward(head, body).await;
        }
        Ok(match fault {
            Fault::DropAfter | Fault::HalfClose | Fault::Cut => Fate::Broken(fault, Some(answer)),
            _ => Fate::Answered(answer),
        })
    }

    /// Asks the store. If it is not reached, the client learns as little as when an answer is lost.
    async fn forward(&self, mut head: request::Parts, body: Bytes) -> io::Result<Answer> {
        let of_2 = head.version == Version::HTTP_2;
        head.uri = self.absolute(head.uri)?;
        if !of_2 {
            hop_by_hop(&mut head.headers);
        }
        let client = if of_2 { &self.client_of_2 } else { &self.client };
        let request = Request::from_parts(head, Full::new(body));
        let (mut head, body) = client.request(request).await.map_err(io::Error::other)?.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?;
        let trailers = body.trailers().cloned();
        hop_by_hop(&mut head.headers);
        Ok(Answer { head, body: body.to_bytes(), trailers: trailers.filter(|_| of_2) })
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Everything;

    impl Dialect for Everything {
        fn is_call(&self, _: &request::Parts, _: &[u8]) -> bool {
            true
        }

        fn is_harmless_twice(&self, _: &request::Parts, _: &[u8]) -> bool {
            false
        }

        fn throttled(&self, _: &request::Parts) -> Response<Bytes> {
            Response::builder().status(StatusCode::TOO_MANY_REQUESTS).body(Bytes::new()).unwrap()
        }
    }

    async fn listen() -> (tokio::net::TcpListener, SocketAddr) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// A server of HTTP/2 that sends back what it gets, with trailers.
    async fn echo() -> SocketAddr {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service_fn(async |request: Request<Incoming>| {
                    let trailers = HeaderMap::from_iter([(header::ETAG, ::http::HeaderValue::from_static("last"))]);
                    let body = request.into_body().collect().await?.to_bytes();
                    let body = Full::new(body).with_trailers(async move { Some(Ok(trailers)) });
                    Ok::<_, hyper::Error>(Response::new(body))
                });
                tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service));
            }
        });
        address
    }

    /// A client's connection through these faults to such a server.
    async fn through(faults: &Faults) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let line = HttpLine::new(echo().await, Arc::new(Everything), faults.clone());
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            assert!(line.serve(stream).await.is_none());
        });
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    type Answered = Result<(StatusCode, Bytes, Option<HeaderMap>), hyper::Error>;

    async fn ask(sender: &hyper::client::conn::http2::SendRequest<Full<Bytes>>) -> Answered {
        let request = Request::post("http://store/").body(Full::new(Bytes::from_static(b"0123"))).unwrap();
        let (head, body) = sender.clone().send_request(request).await?.into_parts();
        let body = body.collect().await?;
        let trailers = body.trailers().cloned();
        Ok((head.status, body.to_bytes(), trailers))
    }

    #[tokio::test]
    async fn what_is_lost_of_http_2_is_one_stream() {
        let faults = Faults::none();
        let sender = through(&faults).await;
        for fault in [Fault::DropBefore, Fault::DropAfter, Fault::HalfClose, Fault::Cut] {
            faults.inject(fault);
            let lost = ask(&sender).await;
            assert!(lost.is_err(), "{fault:?}: {lost:?}");
            let (status, body, trailers) = ask(&sender).await.unwrap();
            assert_eq!((status, &body[..]), (StatusCode::OK, &b"0123"[..]), "after {fault:?}, on the same connection");
            assert_eq!(trailers.unwrap()[header::ETAG], "last");
        }
        faults.inject(Fault::Throttle);
        assert_eq!(ask(&sender).await.unwrap().0, StatusCode::TOO_MANY_REQUESTS);
        faults.inject(Fault::ServerError);
        assert_eq!(ask(&sender).await.unwrap().0, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
