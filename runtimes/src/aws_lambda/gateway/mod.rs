//! Requests of gateways: the functions are called as they are by the server's requests, and answer the same.

mod request;
mod response;
mod stream;

use std::fmt;

use anyport_ports::ErrorKind;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use lambda_runtime::{Context, FunctionResponse};
use serde_json::value::RawValue;
use tower::Service as _;

pub use stream::ReplyStream;

use super::functions::Reply;
use super::{EventError, LambdaSettings};
use crate::http::{HttpService, REQUEST_ID, ResponseBody};
use crate::layers::Deadline;
use crate::problem::Problem;
use crate::trace_context::{TRACEPARENT, TraceContext};

/// Who sends a request, and so how it and its answer are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// API Gateway, in format 1.0.
    V1,
    /// API Gateway in format 2.0, or a function URL.
    V2,
    /// A load balancer.
    LoadBalancer,
}

impl Origin {
    /// Most bytes of an answer's JSON. Lambda takes 6 MiB and 100 bytes, a load balancer passes 1 MB on.
    fn limit(self) -> usize {
        match self {
            Self::V1 | Self::V2 => 6 * 1024 * 1024,
            Self::LoadBalancer => 1024 * 1024,
        }
    }
}

/// The HTTP functions.
pub(super) struct Gateway {
    service: HttpService,
    base_path: String,
    streaming: bool,
}

impl Gateway {
    pub(super) fn new(service: HttpService, settings: &LambdaSettings) -> Self {
        let base_path = settings.base_path.trim_end_matches('/').to_owned();
        Self { service, base_path, streaming: settings.response_streaming }
    }

    /// Answers a request.
    pub(super) async fn answer(
        &self,
        origin: Origin,
        event: &RawValue,
        context: &Context,
        trace: Option<TraceContext>,
        deadline: Deadline,
    ) -> Result<Reply, EventError> {
        let mut request = request::of(origin, event, &self.base_path)?;
        request.extensions_mut().insert(deadline);
        let headers = request.headers_mut();
        if !headers.contains_key(REQUEST_ID) {
            let id = HeaderValue::from_str(&context.request_id).ok();
            headers.extend(id.map(|id| (HeaderName::from_static(REQUEST_ID), id)));
        }
        if TraceContext::of(headers).is_none() {
            let parent = trace.and_then(|trace| HeaderValue::from_str(&trace.to_traceparent()).ok());
            headers.extend(parent.map(|parent| (HeaderName::from_static(TRACEPARENT), parent)));
        }
        let Ok(response) = self.service.clone().call(request).await;
        if self.streaming {
            return Ok(FunctionResponse::StreamingResponse(stream::of(response)));
        }
        whole(origin, response).await.map(FunctionResponse::BufferedResponse)
    }
}

/// The answer as one JSON value. In place of one that is too large, or that broke off, there is a problem: nothing of it has
/// been sent yet.
async fn whole(origin: Origin, response: Response<ResponseBody>) -> Result<Box<RawValue>, EventError> {
    let (parts, body) = response.into_parts();
    let in_place = |problem: &Problem| {
        let (mut head, body) = problem.response().into_parts();
        head.headers.extend(parts.headers.get(REQUEST_ID).map(|id| (HeaderName::from_static(REQUEST_ID), id.clone())));
        (head, body)
    };
    let limited = http_body_util::Limited::new(body, origin.limit());
    let (parts, bytes) = match limited.collect().await {
        Ok(collected) => (parts, collected.to_bytes()),
        Err(error) => {
            let too_large = error.downcast_ref::<http_body_util::LengthLimitError>().is_some();
            let problem = if too_large { too_large_problem(origin) } else { broken_problem() };
            let (head, body) = in_place(&problem);
            (head, body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default())
        }
    };
    let id = parts.headers.get(REQUEST_ID).cloned();
    let json = response::of(origin, &parts, bytes)?;
    if json.get().len() <= origin.limit() {
        return Ok(json);
    }
    let (mut head, body) = too_large_problem(origin).response().into_parts();
    head.headers.extend(id.map(|id| (HeaderName::from_static(REQUEST_ID), id)));
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    response::of(origin, &head, bytes)
}

fn too_large_problem(origin: Origin) -> Problem {
    let most = origin.limit();
    let detail = format!("the answer is larger than the {most} bytes that can be sent from here: ask for less at once");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "answer_too_large", detail)
}

fn broken_problem() -> Problem {
    Problem::from(&crate::Fault::new(ErrorKind::Unavailable, "answer_broke_off", "the answer broke off"))
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("base_path", &self.base_path)
            .field("streaming", &self.streaming)
            .finish_non_exhaustive()
    }
}
