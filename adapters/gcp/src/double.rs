//! A service of Google's on loopback that answers as a test tells it, and notes what it is asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, Full};
use prost::Message;
use tonic::Status;

use crate::access::ServiceSettings;

/// What the double does with a request.
pub(crate) enum Reply {
    /// Answers with this message of gRPC.
    Message(Vec<u8>),
    /// Refuses, over gRPC.
    Refusal(Status),
    /// Answers over REST.
    Json(u16, &'static str),
    /// Breaks off in the middle of the answer.
    Broken,
    /// Keeps the request and never answers.
    Silence,
}

impl Reply {
    pub(crate) fn of(message: &impl Message) -> Self {
        Self::Message(message.encode_to_vec())
    }

    /// An answer without a field.
    pub(crate) fn empty() -> Self {
        Self::Message(Vec::new())
    }
}

/// A request: its method, for REST that of HTTP and the end of the path, and the message of gRPC or the body of REST.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Bytes)>>>;

/// Starts a double that answers by `reply`, given the method.
pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (ServiceSettings, Asked) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, reply) = (Asked::default(), Arc::new(reply));
    let record = Arc::clone(&asked);
    let router = Router::new().fallback(move |request: Request| {
        let (record, reply) = (Arc::clone(&record), Arc::clone(&reply));
        async move {
            let last = request.uri().path().rsplit(['/', ':']).next().unwrap_or_default();
            let is_grpc = request.uri().path().starts_with("/google.");
            let method = if is_grpc { last.to_owned() } else { format!("{} {last}", request.method()) };
            let body = request.into_body().collect().await.unwrap().to_bytes();
            record.lock().unwrap().push((method.clone(), body.slice(if is_grpc { 5 } else { 0 }..)));
            answer(reply(&method)).await
        }
    });
    tokio::spawn(async { axum::serve(listener, router).await });
    (at(address), asked)
}

/// The settings of who reaches a server at this address, where somebody may listen.
pub(crate) fn at(address: SocketAddr) -> ServiceSettings {
    ServiceSettings {
        project: Some("shop".to_owned()),
        prefix: String::new(),
        endpoint: Some(format!("http://{address}")),
    }
}

/// The methods that were asked, in order.
pub(crate) fn methods(asked: &Asked) -> Vec<String> {
    asked.lock().unwrap().iter().map(|(method, _)| method.clone()).collect()
}

/// The first request of this method.
pub(crate) fn first<M: Message + Default>(asked: &Asked, method: &str) -> M {
    let asked = asked.lock().unwrap();
    M::decode(asked.iter().find(|(other, _)| other == method).unwrap().1.clone()).unwrap()
}

async fn answer(reply: Reply) -> Response {
    let grpc = [("content-type", "application/grpc")];
    match reply {
        Reply::Message(message) => {
            let mut frame = BytesMut::new();
            frame.put_u8(0);
            frame.put_u32(u32::try_from(message.len()).unwrap());
            frame.put_slice(&message);
            let done = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
            let body = Full::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok::<_, Infallible>(done))));
            (grpc, Body::new(body)).into_response()
        }
        Reply::Refusal(status) => status.into_http(),
        Reply::Json(status, json) => {
            (StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], json).into_response()
        }
        Reply::Broken => {
            let broken = stream::iter([Ok(Bytes::from_static(&[0])), Err(std::io::Error::other("broken off"))]);
            (grpc, Body::from_stream(broken)).into_response()
        }
        Reply::Silence => std::future::pending().await,
    }
}
