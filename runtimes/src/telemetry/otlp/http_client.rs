//! The way to the collector: on the executor of the process, whatever thread asks.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use super::TelemetryError;

/// Longest answer of a collector that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends over HTTP or HTTPS.
#[derive(Clone, Debug)]
pub(super) struct Client {
    client: reqwest::Client,
    executor: Handle,
}

impl Client {
    /// One that gives up after a while. It must be made within the executor.
    pub(super) fn new(timeout: Duration) -> Result<Self, TelemetryError> {
        let executor = Handle::try_current().map_err(|_| TelemetryError::NoExecutor)?;
        // An error is that another provider stands already, which serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| TelemetryError::Client(error.into()))?;
        Ok(Self { client, executor })
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, request) = (self.client.clone(), reqwest::Request::try_from(request)?);
        // The threads that send have no executor of their own.
        self.executor.spawn(async move { send(&client, request).await }).await?
    }
}

async fn send(client: &reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    let mut answer = client.execute(request).await?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err("the collector's answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body.freeze());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}
