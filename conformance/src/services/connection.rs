//! A connection to the service, which serves one request.

use std::convert::Infallible;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::act::{Act, Answer};
use super::{Received, State};

/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 16 << 20;

/// Pieces of a body whose length is not announced.
const PIECE: usize = 64 << 10;

type Body = BoxBody<Bytes, Infallible>;

/// How a connection ends that was not served as HTTP wants it.
enum Ending {
    Reset,
    Close,
    Raw(Bytes),
}

/// Serves a connection until it ends.
pub(super) async fn serve(stream: TcpStream, state: &State) {
    if stream.readable().await.is_err() {
        return;
    }
    let scripted = {
        let mut told = state.lock();
        let act = told.script.pop_front();
        told.unread += usize::from(matches!(act, Some(Act::ResetUnread)));
        act
    };
    if matches!(scripted, Some(Act::ResetUnread)) {
        return reset(stream);
    }
    let (scripted, ending) = (Mutex::new(scripted), Mutex::new(None));
    let service = service_fn(async |request: Request<Incoming>| {
        let received = read(request).await?;
        let act = take(&scripted);
        let respond = {
            let mut told = state.lock();
            told.received.push(received.clone());
            told.otherwise.clone()
        };
        let unscripted = || respond.map_or_else(|| Answer::status(200).into(), |respond| respond(&received));
        perform(act.unwrap_or_else(unscripted)).await.map_err(|how| {
            *ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
            io::Error::other("as told")
        })
    });
    let mut connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    // A broken service is how a request goes without an answer.
    let _broken = (&mut connection).await;
    let mut stream = connection.into_parts().io.into_inner();
    match take(&ending) {
        Some(Ending::Reset) => reset(stream),
        Some(Ending::Raw(bytes)) => {
            let _gone = stream.write_all(&bytes).await;
        }
        Some(Ending::Close) | None => {}
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Closes the connection so that the other side is told of an error.
fn reset(stream: TcpStream) {
    let _as_it_is = stream.set_zero_linger();
    drop(stream);
}

async fn read(request: Request<Incoming>) -> io::Result<Received> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST).collect().await.map_err(io::Error::other)?.to_bytes();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Received {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
        at: Instant::now(),
    })
}

async fn perform(mut act: Act) -> Result<Response<Body>, Ending> {
    while let Act::After(delay, then) = act {
        tokio::time::sleep(delay).await;
        act = *then;
    }
    match act {
        Act::Answer(answer) => Ok(whole(answer)),
        Act::Flood(bytes) => Ok(Response::new(flood(bytes))),
        Act::Stall(answer) => Ok(stalled(answer)),
        Act::HalfBody(answer) => Err(Ending::Raw(half(&answer))),
        Act::Raw(bytes) => Err(Ending::Raw(bytes)),
        Act::Hang => std::future::pending().await,
        // Read by now: all that is left of not reading it is the reset.
        Act::Reset | Act::ResetUnread => Err(Ending::Reset),
        Act::Close | Act::After(..) => Err(Ending::Close),
    }
}

fn whole(answer: Answer) -> Response<Body> {
    let body = Full::new(answer.body.clone()).boxed();
    with_head(answer, body)
}

/// An answer whose body stops halfway.
fn stalled(answer: Answer) -> Response<Body> {
    let half = Frame::data(answer.body.slice(..answer.body.len() / 2));
    let pieces = stream::iter([Ok::<_, Infallible>(half)]).chain(stream::pending());
    let body = BoxBody::new(StreamBody::new(pieces));
    let length = answer.body.len().to_string();
    with_head(answer.header("content-length", length), body)
}

fn with_head(answer: Answer, body: Body) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let refused = |error: http::Error| {
        let mut response = Response::new(Full::from(format!("the script's answer is none: {error}")).boxed());
        *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
        response
    };
    response.body(body).unwrap_or_else(refused)
}

/// The head, with the length of the whole body, and half of that.
fn half(answer: &Answer) -> Bytes {
    let mut head = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    [head.as_bytes(), &answer.body[..answer.body.len() / 2]].concat().into()
}

fn flood(bytes: usize) -> Body {
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let pieces = (0..bytes.div_ceil(PIECE)).map(move |at| {
        let length = PIECE.min(bytes - at * PIECE);
        Ok::<_, Infallible>(Frame::data(piece.slice(..length)))
    });
    BoxBody::new(StreamBody::new(stream::iter(pieces)))
}
