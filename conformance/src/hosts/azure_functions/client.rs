//! The host as a client of the handler.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request to the handler.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Sent,
}

/// How a body is sent.
#[derive(Clone, Debug)]
pub(super) enum Sent {
    Nothing,
    /// With its length.
    Whole(Vec<u8>),
    /// In chunks, without its length.
    Chunked(Vec<u8>),
}

/// An answer of the handler.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request on a connection of its own, and reads the answer to its end; with `cut`, the connection breaks when the
/// answer begins.
pub(super) async fn send(address: SocketAddr, ask: &Ask, cut: bool) -> io::Result<Reply> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let request = request(address, ask)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        if cut {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the connection was cut"));
        }
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
        Ok(Reply { status: parts.status.as_u16(), headers: texts(&parts.headers), body })
    };
    tokio::pin!(exchange, connection);
    // The connection is driven until the answer is there.
    tokio::select! {
        reply = &mut exchange => reply,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(io::Error::other(error)),
        },
    }
}

fn request(address: SocketAddr, ask: &Ask) -> io::Result<Request<BoxBody<Bytes, Infallible>>> {
    let body = match &ask.body {
        Sent::Nothing => Empty::new().boxed(),
        Sent::Whole(bytes) => Full::new(Bytes::copy_from_slice(bytes)).boxed(),
        Sent::Chunked(bytes) => {
            let frames: Vec<Result<Frame<Bytes>, Infallible>> =
                bytes.chunks(4096).map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
            StreamBody::new(futures_util::stream::iter(frames)).boxed()
        }
    };
    let mut request = Request::new(body);
    *request.method_mut() = ask.method.parse().map_err(io::Error::other)?;
    *request.uri_mut() = ask.target.parse().map_err(io::Error::other)?;
    for (name, value) in &ask.headers {
        let name = HeaderName::try_from(name).map_err(io::Error::other)?;
        request.headers_mut().append(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
    }
    if !request.headers().contains_key("host") {
        let host = HeaderValue::from_str(&address.to_string()).map_err(io::Error::other)?;
        request.headers_mut().insert("host", host);
    }
    Ok(request)
}

/// By name, sorted.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut texts: Vec<_> = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    texts.sort();
    texts
}
