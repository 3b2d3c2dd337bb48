//! Requests: the functions are called as they are by the server's requests, and answer the same.

mod outputs;
mod request;

use std::error::Error as StdError;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response};
use http_body::Body;
use tower::Service as _;

use super::{InvocationError, reply};
use crate::http::{HttpService, REQUEST_ID, ResponseBody};
use crate::layers::Deadline;

/// The header that names an invocation.
pub(super) const INVOCATION_ID: &str = "x-azure-functions-invocationid";

/// The HTTP functions.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    service: HttpService,
}

impl Requests {
    pub(super) fn new(service: HttpService) -> Self {
        Self { service }
    }

    /// Answers a request that the host passed on.
    pub(super) async fn passed_on<B>(&self, mut request: Request<B>, deadline: Deadline) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let id = request.headers().get(INVOCATION_ID).cloned();
        named(&mut request, id);
        request.extensions_mut().insert(deadline);
        let Ok(response) = self.service.clone().call(request).await;
        response
    }

    /// Answers a request that the host wrote into an event.
    pub(super) async fn told(
        &self,
        event: &[u8],
        invocation: Option<HeaderValue>,
        traceparent: Option<HeaderValue>,
        deadline: Deadline,
    ) -> Result<Response<ResponseBody>, InvocationError> {
        let mut request = match request::of(event)? {
            request::Told::Whole(request) => *request,
            request::Told::Lost(problem) => return Ok(outputs::of(problem.response()).await),
        };
        named(&mut request, invocation);
        if let Some(parent) = traceparent.filter(|_| crate::TraceContext::of(request.headers()).is_none()) {
            request.headers_mut().insert(HeaderName::from_static(crate::trace_context::TRACEPARENT), parent);
        }
        request.extensions_mut().insert(deadline);
        let Ok(response) = self.service.clone().call(request).await;
        Ok(outputs::of(response).await)
    }
}

/// Has the request bear the host's name for it, if it has none.
fn named<B>(request: &mut Request<B>, id: Option<HeaderValue>) {
    let headers = request.headers_mut();
    if let Some(id) = id.filter(|_| !headers.contains_key(REQUEST_ID)) {
        headers.insert(HeaderName::from_static(REQUEST_ID), id);
    }
}

/// The answer as the output `res`.
fn wrapped(answer: serde_json::Value) -> Response<ResponseBody> {
    let mut outputs = serde_json::Map::new();
    outputs.insert(outputs::NAME.to_owned(), answer);
    reply::with_outputs(outputs)
}
