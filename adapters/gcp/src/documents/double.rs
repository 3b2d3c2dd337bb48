//! A Firestore on loopback that answers as a test tells it, and counts what it is asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyport_ports::{Clock, Naming, Timestamp};
use bytes::{BufMut as _, Bytes, BytesMut};
use firestore::gcloud_sdk::prost::Message;
use firestore::gcloud_sdk::tonic::Code;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use super::connection::Connection;
use super::settings::Target;
use super::{FirestoreDocuments, Registry, Shared};

/// What the double does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Answers with these messages, encoded.
    Messages(Vec<Vec<u8>>),
    /// Refuses with this code.
    Code(Code),
    /// Breaks off without an answer.
    Hangup,
    /// Never answers.
    Silence,
}

impl Reply {
    /// Answers with one message.
    pub(super) fn with(message: &impl Message) -> Self {
        Self::Messages(vec![message.encode_to_vec()])
    }
}

/// The requests so far: the method and the message of each.
type Asked = Arc<Mutex<Vec<(String, Bytes)>>>;

/// Answers a request, given the method, the message, and how often the method was asked before.
type Answering = dyn Fn(&str, &[u8], usize) -> Reply + Send + Sync;

pub(super) struct Double {
    pub(super) documents: FirestoreDocuments,
    asked: Asked,
}

impl Double {
    pub(super) async fn start(reply: impl Fn(&str, &[u8], usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Asked::default());
        let (record, reply): (_, Arc<Answering>) = (Arc::clone(&asked), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, reply) = (Arc::clone(&record), Arc::clone(&reply));
                let service = service_fn(move |request| answer(request, Arc::clone(&record), Arc::clone(&reply)));
                let connection =
                    http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { documents: documents_at(address).await, asked }
    }

    /// The messages with which this method was asked.
    pub(super) fn messages<M: Message + Default>(&self, method: &str) -> Vec<M> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(asked, _)| asked == method).map(|(_, body)| M::decode(&body[..]).unwrap()).collect()
    }

    /// How often this method was asked.
    pub(super) fn count(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| asked == method).count()
    }
}

/// Documents at an address, at which somebody may listen.
pub(super) async fn documents_at(address: SocketAddr) -> FirestoreDocuments {
    struct Still;
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_000_000)
        }
    }
    let database = "projects/shop/databases/(default)".to_owned();
    let target = Target { database, naming: Naming::default(), endpoint: format!("http://{address}") };
    let connection = Connection::new(target).await.unwrap();
    FirestoreDocuments(Arc::new(Shared { connection, registry: Registry::default(), clock: Arc::new(Still) }))
}

async fn answer(
    request: Request<Incoming>,
    asked: Asked,
    reply: Arc<Answering>,
) -> std::io::Result<Response<UnsyncBoxBody<Bytes, Infallible>>> {
    /// Before each message: whether it is compressed, and its length.
    const PREFIX: usize = 5;
    let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
    assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer owner");
    let body = request.into_body().collect().await.unwrap().to_bytes().slice(PREFIX..);
    let before = asked.lock().unwrap().iter().filter(|(other, _)| *other == method).count();
    asked.lock().unwrap().push((method.clone(), body.clone()));
    let (messages, code) = match reply(&method, &body, before) {
        Reply::Messages(messages) => (messages, Code::Ok),
        Reply::Code(code) => (Vec::new(), code),
        Reply::Hangup => return Err(std::io::Error::other("as the test wants it")),
        Reply::Silence => std::future::pending().await,
    };
    let mut sent = BytesMut::new();
    for message in messages {
        sent.put_u8(0);
        sent.put_u32(u32::try_from(message.len()).unwrap());
        sent.put_slice(&message);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code as i32));
    trailers.insert("grpc-message", HeaderValue::from_static("as the service says it"));
    let body = Full::new(sent.freeze()).with_trailers(async move { Some(Ok(trailers)) }).boxed_unsync();
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}
