//! The HTTP client of all buckets: tells apart what `object_store` does not, and reads refusals.

use std::error::Error as StdError;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

use crate::fault::{Fault, Refusal};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a store may take to go on with an answer, from the request on.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Shorter than servers keep idle connections, so that none is closed while it is taken for a request.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Where Azure says its code too, and so in answers to HEAD.
const AZURE_CODE: &str = "x-ms-error-code";

/// Whether certificates are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain HTTP only: no certificates are loaded.
    Plain,
    /// HTTPS, with the certificates that the system trusts.
    Tls,
}

impl Transport {
    /// What it takes to speak to a store at this URL.
    pub(crate) fn to(url: &str, asks_for_credentials_by_tls: bool, store: &str) -> Result<Self> {
        match url.split_once("://") {
            Some(("http", rest)) if !rest.is_empty() => {
                Ok(if asks_for_credentials_by_tls { Self::Tls } else { Self::Plain })
            }
            Some(("https", rest)) if !rest.is_empty() => Ok(Self::Tls),
            _ => Err(Error::invalid(format!("the endpoint for {store} must be a URL such as http://127.0.0.1:4566"))),
        }
    }
}

/// A client with a pool of its own.
pub(crate) fn http_client(transport: Transport) -> Result<HttpClient> {
    // Somebody else may have chosen for the process, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = reqwest::Client::builder()
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never());
    if transport == Transport::Plain {
        builder = builder.tls_certs_only([]);
    }
    let client = builder
        .build()
        .map_err(|error| Error::new(ErrorKind::Internal, "no HTTP client can be made").caused_by(error))?;
    Ok(HttpClient::new(Observed(client)))
}

/// Hands out one client to whoever wants to connect.
#[derive(Debug)]
pub(crate) struct Shared(pub(crate) HttpClient);

impl HttpConnector for Shared {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

#[derive(Debug)]
struct Observed(reqwest::Client);

#[async_trait]
impl HttpService for Observed {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let to_head = request.method() == http::Method::HEAD;
        let response = HttpService::call(&self.0, request).await.map_err(|error| {
            let fault = if is_connect(&error) { Fault::NotReached(error) } else { Fault::Lost(error) };
            HttpError::new(HttpErrorKind::Unknown, fault)
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let code = response.headers().get(AZURE_CODE).and_then(|code| code.to_str().ok()).map(str::to_owned);
        // Cut off or not, it is a refusal.
        let body = response.into_body().bytes().await.unwrap_or_default();
        let mut refusal = Refusal::parse(status, to_head, &body);
        if let Some(code) = code.filter(|_| refusal.code.is_empty()) {
            refusal.code = code;
        }
        Err(HttpError::new(HttpErrorKind::Unknown, Fault::Refused(refusal)))
    }
}

/// Whether the connection was never made: nothing was sent.
fn is_connect(error: &HttpError) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return error.is_connect();
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_and_plain_http_needs_no_certificates() {
        let to = |url: &str, asks: bool| Transport::to(url, asks, "a store").ok();
        assert_eq!(to("http://127.0.0.1:1", false), Some(Transport::Plain));
        assert_eq!(to("http://127.0.0.1:1", true), Some(Transport::Tls));
        assert_eq!(to("https://minio", false), Some(Transport::Tls));
        for bad in ["", "localhost:1", "ftp://x", "http://"] {
            assert_eq!(to(bad, false), None, "{bad}");
        }
    }
}
