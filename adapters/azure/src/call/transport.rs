//! HTTP for the SDK's clients.

use std::path::Path;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use azure_core::error::ErrorKind as SdkErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};

use crate::error::causes;

/// Longest wait for a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest wait for the whole answer to one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Shorter than servers keep idle connections, so that none is closed while it is taken for a request.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Who must have signed a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust<'a> {
    /// Somebody whom the system trusts.
    System,
    /// One of the authorities in this file (PEM), and nobody else.
    Only(&'a Path),
    /// Nobody: requests go in plain HTTP, whatever the scheme of their URLs.
    Plain,
}

/// A client that never tries again by itself, and whose errors show no URL: it may hold a shared access signature.
#[derive(Debug)]
pub(crate) struct Transport {
    client: reqwest::Client,
    plain: bool,
}

impl Transport {
    /// A client with a pool of its own; [`InvalidInput`](ErrorKind::InvalidInput) if the authorities cannot be read.
    pub(crate) fn new(trust: Trust<'_>) -> Result<Self> {
        // Somebody else may have chosen for the process, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = reqwest::Client::builder()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        let builder = match trust {
            Trust::System => builder,
            Trust::Only(file) => builder.tls_certs_only(authorities(file)?),
            Trust::Plain => builder.tls_certs_only([]),
        };
        let client = builder
            .build()
            .map_err(|error| Error::new(ErrorKind::Internal, "no HTTP client can be made").caused_by(error))?;
        Ok(Self { client, plain: trust == Trust::Plain })
    }
}

fn authorities(file: &Path) -> Result<Vec<reqwest::Certificate>> {
    let unusable = |why: String| {
        let message = format!("{} is to hold certificates of authorities, in PEM", file.display());
        Error::invalid(message).caused_by(why)
    };
    let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
    if found.is_empty() { Err(unusable("it holds none".to_owned())) } else { Ok(found) }
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = async {
            let answer = if self.plain {
                let mut request = request.clone();
                // Nothing is wrong with this scheme, and a URL that cannot have it fails to connect.
                let _as_it_is = request.url_mut().set_scheme("http");
                self.client.execute_request(&request).await?
            } else {
                self.client.execute_request(request).await?
            };
            let (status, headers, body) = answer.try_into_raw_response().await?.deconstruct();
            Ok(AsyncRawResponse::from_bytes(status, headers, body))
        };
        answer.await.map_err(|error: azure_core::Error| without_url(&error))
    }
}

/// The same error in the words of its root, which knows no URL.
fn without_url(error: &azure_core::Error) -> azure_core::Error {
    let root = causes(error).skip(1).last();
    let words = match root {
        Some(root) => match root.downcast_ref::<reqwest::Error>() {
            Some(broken) if broken.is_timeout() => "no answer came in time".to_owned(),
            Some(_) => "the connection broke".to_owned(),
            None => root.to_string(),
        },
        None => "the request could not be sent".to_owned(),
    };
    let kind = match error.kind() {
        SdkErrorKind::Connection => SdkErrorKind::Connection,
        SdkErrorKind::Io => SdkErrorKind::Io,
        _ => SdkErrorKind::Other,
    };
    azure_core::Error::with_message(kind, words)
}

#[cfg(test)]
mod tests {
    use azure_core::http::Method;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn ask(url: &str, trust: Trust<'_>) -> azure_core::Result<AsyncRawResponse> {
        Transport::new(trust).unwrap().execute_request(&Request::new(url.parse().unwrap(), Method::Get)).await
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_from_one_that_hangs_up_and_neither_shows_the_url() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}/q?sig=s3cr3t");
        let hang_up = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
        });
        let lost = ask(&url, Trust::Plain).await.unwrap_err();
        hang_up.await.unwrap();
        let refused = ask(&url, Trust::Plain).await.unwrap_err();
        assert_eq!((lost.kind(), refused.kind()), (&SdkErrorKind::Io, &SdkErrorKind::Connection));
        for error in [lost, refused] {
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_is_lost() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        });
        let cut = ask(&format!("https://{address}/"), Trust::Plain).await.unwrap_err();
        assert_eq!(cut.kind(), &SdkErrorKind::Io, "{cut:?}");
    }

    #[test]
    fn authorities_must_be_there() {
        for file in ["/nonexistent/ca.pem", file!()] {
            let error = Transport::new(Trust::Only(Path::new(file))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{file}");
        }
    }
}
