use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyport_conformance::faults::{Fault, Faults};
use anyport_conformance::wire::{Dialect, Protocol};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::address::{assert_refuses, proxied, read};

/// `/lookup` is no call, and whatever is not posted may come twice.
struct Plain;

impl Dialect for Plain {
    fn is_call(&self, request: &request::Parts, _body: &[u8]) -> bool {
        request.uri.path() != "/lookup"
    }

    fn is_harmless_twice(&self, request: &request::Parts, _body: &[u8]) -> bool {
        request.method != Method::POST
    }

    fn throttled(&self, _request: &request::Parts) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(b"slower"));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response
    }
}

/// A store that answers with the host, the path and the body of a request, or with nothing at `/empty`.
#[derive(Clone, Default)]
struct Echo(Arc<AtomicUsize>);

impl Echo {
    async fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (echo, address) = (Self::default(), listener.local_addr().unwrap());
        let serving = echo.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let echo = serving.clone();
                let service = service_fn(move |request| echo.clone().answer(request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        (echo, address)
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = format!("{} {} {}", head.headers["host"].to_str().unwrap(), head.uri, body.escape_ascii());
        Ok(Response::new(if head.uri.path() == "/empty" { Full::default() } else { Full::from(text) }))
    }

    fn served(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

async fn through(faults: &Faults) -> (Echo, impl Sized + use<>, SocketAddr) {
    let (echo, upstream) = Echo::start().await;
    let (network, address) = proxied(upstream, Protocol::Http(Arc::new(Plain)), faults).await;
    (echo, network, address)
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

async fn ask(stream: &mut TcpStream, method: &str, path: &str) -> (String, bool) {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: signed.example\r\nContent-Length: 5\r\n\r\nhello");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (bytes, ended) = read(stream, is_whole).await;
    (String::from_utf8(bytes).unwrap(), ended)
}

/// What a client sees of one request through this fault, whether the connection ended, and how often it was served.
async fn met(fault: Fault, method: &str, path: &str) -> (String, bool, usize) {
    let faults = Faults::none();
    let (echo, _network, address) = through(&faults).await;
    faults.inject(fault);
    let (answer, ended) = ask(&mut TcpStream::connect(address).await.unwrap(), method, path).await;
    let (after, _) = ask(&mut TcpStream::connect(address).await.unwrap(), "GET", "/after").await;
    assert!(after.ends_with("signed.example /after hello"), "the request after {fault:?}: {after}");
    (answer, ended, echo.served() - 1)
}

#[tokio::test]
async fn what_meets_no_fault_goes_through_as_it_is_over_one_connection() {
    let (echo, _network, address) = through(&Faults::none()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for path in ["/a%2Fb?c=d%20e", "/again"] {
        let (answer, ended) = ask(&mut stream, "POST", path).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && !ended, "{answer}");
        assert!(answer.ends_with(&format!("signed.example {path} hello")), "{answer}");
    }
    assert_eq!(echo.served(), 2);
}

#[tokio::test]
async fn a_lost_request_is_not_served_and_a_lost_answer_is() {
    assert_eq!(met(Fault::DropBefore, "POST", "/").await, (String::new(), true, 0));
    assert_eq!(met(Fault::DropAfter, "POST", "/").await, (String::new(), true, 1));
}

#[tokio::test]
async fn a_cut_answer_ends_in_the_middle() {
    let (answer, ended, served) = met(Fault::Cut, "POST", "/").await;
    assert!(ended && !is_whole(answer.as_bytes()), "{answer}");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nsigned.exam"), "{answer}");
    assert_eq!(served, 1);
    let (answer, ended, served) = met(Fault::Cut, "POST", "/empty").await;
    assert!(ended && !answer.is_empty() && !answer.contains("\r\n\r\n"), "{answer}");
    assert_eq!(served, 1);
}

#[tokio::test]
async fn a_half_closed_connection_says_nothing_and_still_listens() {
    let faults = Faults::always(Fault::HalfClose);
    let (echo, _network, address) = through(&faults).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert_eq!(ask(&mut stream, "POST", "/").await, (String::new(), true));
    assert_eq!(echo.served(), 1);
    for _ in 0..3 {
        stream.write_all(b"more").await.expect("the other side still takes what is sent");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_store_that_fails_or_is_busy_does_nothing() {
    let (answer, ended, served) = met(Fault::ServerError, "POST", "/").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && !ended && served == 0, "{answer}");
    let (answer, ended, served) = met(Fault::Throttle, "POST", "/").await;
    assert!(answer.starts_with("HTTP/1.1 429 ") && answer.ends_with("slower") && !ended && served == 0, "{answer}");
}

#[tokio::test]
async fn only_what_is_harmless_arrives_twice_and_all_is_answered_once() {
    for (fault, method, times) in
        [(Fault::Duplicate, "GET", 2), (Fault::Duplicate, "POST", 1), (Fault::Delay, "POST", 1)]
    {
        let (answer, ended, served) = met(fault, method, "/").await;
        assert!(answer.ends_with("signed.example / hello") && !ended, "{fault:?} {method}: {answer}");
        assert_eq!(served, times, "{fault:?} {method}");
    }
}

#[tokio::test]
async fn look_ups_meet_no_fault() {
    let faults = Faults::always(Fault::DropBefore);
    let (echo, _network, address) = through(&faults).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert!(ask(&mut stream, "GET", "/lookup").await.0.ends_with("/lookup hello"));
    assert_eq!(ask(&mut stream, "GET", "/call").await, (String::new(), true));
    assert_eq!(echo.served(), 1);
}

#[tokio::test]
async fn a_store_that_is_not_reached_refuses_connections_and_comes_back_at_its_address() {
    let faults = Faults::none();
    let (_echo, _network, address) = through(&faults).await;
    for _ in 0..3 {
        assert_refuses(address, &faults).await;
    }
    assert!(ask(&mut TcpStream::connect(address).await.unwrap(), "GET", "/").await.0.ends_with("/ hello"));
}
