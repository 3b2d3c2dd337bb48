//! One request, and its answer.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{HOST, HeaderName};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::hosts::gateway::{HttpCall, HttpReply};

/// Sends a request, and reads the answer to its end.
pub(super) async fn exchange(address: SocketAddr, call: &HttpCall) -> io::Result<HttpReply> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let driver = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(call.method.as_str())
        .uri(&call.target)
        .body(Full::new(Bytes::from(call.body.clone())))
        .map_err(io::Error::other)?;
    let headers = request.headers_mut();
    for (name, value) in &call.headers {
        let name = HeaderName::try_from(name).map_err(io::Error::other)?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).map_err(io::Error::other)?);
    }
    headers.entry(HOST).or_insert(HeaderValue::from_static("service-abcdef-ew.a.run.app"));
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    driver.abort();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut headers: Vec<_> = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.sort();
    Ok(HttpReply { status: head.status.as_u16(), headers, body })
}
