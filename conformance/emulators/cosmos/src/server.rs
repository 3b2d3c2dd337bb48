//! HTTP before the emulator: requests are copied to it, and its answers back.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use azure_core::http::headers::{HeaderName, HeaderValue};
use azure_core::http::{Method, Request, Url};
use azure_data_cosmos_driver::in_memory_emulator::{
    ConsistencyLevel, InMemoryEmulatorHttpClient, VirtualAccountConfig, VirtualRegion,
};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use crate::signature;

type Failed = Box<dyn Error + Send + Sync>;

/// The emulator of one account.
pub(crate) struct Server {
    port: u16,
    /// Where the emulator believes itself to be.
    origin: Url,
    emulator: InMemoryEmulatorHttpClient,
}

impl Server {
    /// An account without databases, to be served on this port.
    pub(crate) fn new(port: u16) -> Result<Self, Failed> {
        let origin = Url::parse(&format!("http://127.0.0.1:{port}/"))?;
        let region = VirtualRegion::new("East US", origin.clone());
        let account = VirtualAccountConfig::new(vec![region])?.with_consistency(ConsistencyLevel::Strong);
        Ok(Self { port, origin, emulator: InMemoryEmulatorHttpClient::try_new(account)? })
    }

    /// Serves until the process ends.
    pub(crate) async fn serve(self) -> Result<(), Failed> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let server = Arc::new(self);
        loop {
            let (stream, _) = listener.accept().await?;
            let _as_it_is = stream.set_nodelay(true);
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let server = Arc::clone(&server);
                    async move { server.answer(request).await.map_err(io::Error::other) }
                });
                // A client that goes away is none of the server's business.
                let _gone =
                    auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Failed> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        if !signature::is_valid(&head) {
            return Ok(signature::refusal());
        }
        // The service takes a slash at the end, which its client for Python sends and the emulator refuses.
        let mut copied = self.origin.clone();
        copied.set_path(head.uri.path().trim_end_matches('/'));
        copied.set_query(head.uri.query());
        let mut copy = Request::new(copied, method(&head.method)?);
        for (name, value) in &head.headers {
            let value = HeaderValue::from(value.to_str()?.to_owned());
            copy.headers_mut().insert(HeaderName::from(name.as_str().to_owned()), value);
        }
        copy.set_body(body.to_vec());

        let answer = self.emulator.execute_request(&copy).await?.try_into_raw_response().await?;
        let (status, headers, body) = answer.deconstruct();
        let mut body = Bytes::from(body);
        if head.uri.path() == "/" {
            body = self.seen_from(&head, &body);
        }
        let mut response = http::Response::new(Full::new(body));
        *response.status_mut() = StatusCode::from_u16(u16::from(status))?;
        for (name, value) in headers.iter() {
            // How long the body is follows from it.
            if name.as_str() != "content-length" {
                let name = http::HeaderName::from_bytes(name.as_str().as_bytes())?;
                response.headers_mut().insert(name, http::HeaderValue::from_str(value.as_str())?);
            }
        }
        Ok(response)
    }

    /// The account with its regions at the address that the client named.
    fn seen_from(&self, head: &http::request::Parts, account: &Bytes) -> Bytes {
        let host = head.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
        let Some(host) = host else { return account.clone() };
        let seen = String::from_utf8_lossy(account).replace(self.origin.as_str(), &format!("http://{host}/"));
        Bytes::from(seen)
    }
}

fn method(method: &http::Method) -> Result<Method, Failed> {
    Ok(match *method {
        http::Method::GET => Method::Get,
        http::Method::HEAD => Method::Head,
        http::Method::POST => Method::Post,
        http::Method::PUT => Method::Put,
        http::Method::PATCH => Method::Patch,
        http::Method::DELETE => Method::Delete,
        _ => return Err(format!("no operation has the method {method}").into()),
    })
}
