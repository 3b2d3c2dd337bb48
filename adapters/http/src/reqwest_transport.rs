//! Attempts over reqwest.

use std::sync::OnceLock;
use std::time::Duration;

use anyport_ports::outbound::Response;
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use bytes::BytesMut;
use http::{HeaderMap, Method};
use reqwest::{Client, Proxy};

use crate::transport::{Attempt, Failed, Transport};

/// Shorter than any attempt by default, so that who is not reached is told apart from who does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Shorter than servers keep idle connections, so that none is closed while it is taken for a request.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Two pools. Reading the machine's root certificates takes a good part of a cold start, so that is left until the first
/// request that needs them.
pub(crate) struct ReqwestTransport {
    plain: Client,
    tls: OnceLock<Client>,
    proxy: Option<Proxy>,
}

impl ReqwestTransport {
    pub(crate) fn new(proxy: Option<&str>) -> Result<Self> {
        // Somebody else may have chosen for the process, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let proxy = proxy.map(Proxy::all).transpose().map_err(|_| Error::invalid("http.proxy is not a proxy's URL"))?;
        // Plain HTTP needs no certificates: none is loaded.
        let plain = builder(proxy.as_ref()).tls_certs_only([]).build().map_err(no_client)?;
        Ok(Self { plain, tls: OnceLock::new(), proxy })
    }

    fn client(&self, scheme: &str) -> Result<&Client, Failed> {
        if scheme == "http" {
            return Ok(&self.plain);
        }
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let client = builder(self.proxy.as_ref()).build().map_err(|error| Failed::NotSent(no_client(error).into()))?;
        Ok(self.tls.get_or_init(|| client))
    }
}

fn builder(proxy: Option<&Proxy>) -> reqwest::ClientBuilder {
    let builder = Client::builder()
        .http1_only()
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("anyport/", env!("CARGO_PKG_VERSION")));
    proxy.into_iter().fold(builder, |builder, proxy| builder.proxy(proxy.clone()))
}

fn no_client(error: reqwest::Error) -> Error {
    Error::new(ErrorKind::Internal, "no HTTP client can be made: see the cause").caused_by(error.without_url())
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, attempt: Attempt) -> Result<Response, Failed> {
        let Attempt { method, url, headers, body, max_response_bytes } = attempt;
        let client = self.client(url.scheme())?;
        let is_head = method == Method::HEAD;
        let request = client.request(method, url).headers(headers).body(body);
        let mut response = request.send().await.map_err(failed)?;

        // What a HEAD announces does not come.
        let announced = response.content_length().filter(|_| !is_head).unwrap_or_default();
        if usize::try_from(announced).is_ok_and(|announced| announced > max_response_bytes) {
            return Err(Failed::TooLarge);
        }
        let (status, headers) = (response.status().as_u16(), texts(response.headers()));
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > max_response_bytes {
                return Err(Failed::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body: body.freeze() })
    }
}

/// The URL is left out: its query may hold a secret.
fn failed(error: reqwest::Error) -> Failed {
    let never_connected = error.is_connect();
    let cause = Box::new(error.without_url());
    if never_connected { Failed::NotSent(cause) } else { Failed::Lost(cause) }
}

/// Bytes that are no UTF-8 are replaced: no header that means something to a caller has them.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
