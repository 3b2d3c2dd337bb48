//! The service: decode, validate, call, encode.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use anyport_ports::handles::Ports;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use tower::Service;
use tracing::Instrument as _;

use super::HttpOptions;
use super::head::{REQUEST_ID, check_headers, check_json, is_empty, request_id};
use super::routes::{Route, Routes};
use crate::answer::{AnswerBody, HttpAnswer};
use crate::function::BoxFuture;
use crate::function::kind::HttpInvocation;
use crate::pipeline::{self, Deadline};
use crate::problem::Problem;
use crate::schemas::Compile;
use crate::trace_context::TraceContext;
use crate::workload::{BodyKind, InvalidWorkload, Prepared, Workload};

/// The body of every response.
pub type ResponseBody = AnswerBody;

/// Serves the HTTP functions of a workload. It answers every request; whatever was wrong is a problem (RFC 9457).
///
/// It is a `tower::Service` over any body, so that every host can drive it. A host that has one puts its [`Deadline`] among
/// the request's extensions.
#[derive(Clone)]
pub struct HttpService {
    inner: Arc<Inner>,
}

struct Inner {
    routes: Routes,
    options: HttpOptions,
}

/// What the log tells of a request.
#[derive(Default)]
struct Line {
    route: Option<Arc<str>>,
    function: Option<Arc<str>>,
}

impl HttpService {
    /// The HTTP functions of a workload, called with these adapters.
    pub fn new(workload: &Workload, ports: Ports, options: HttpOptions) -> Result<Self, InvalidWorkload> {
        Self::of(workload.name(), &workload.prepare(Compile::Now)?, ports, options)
    }

    pub(crate) fn of(
        workload: &str,
        prepared: &Prepared,
        ports: Ports,
        options: HttpOptions,
    ) -> Result<Self, InvalidWorkload> {
        let routes = Routes::new(prepared, ports)
            .map_err(|problem| InvalidWorkload { workload: workload.to_owned(), problems: vec![problem] })?;
        Ok(Self { inner: Arc::new(Inner { routes, options }) })
    }
}

impl<B> Service<Request<B>> for HttpService
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let id = request_id(request.headers());
            let span = tracing::info_span!("request", request_id = %id, trace_id = tracing::field::Empty);
            if let Some(trace) = TraceContext::of(request.headers()) {
                span.record("trace_id", trace.trace_id());
            }
            Ok(inner.serve(request, &id).instrument(span).await)
        })
    }
}

impl Inner {
    async fn serve<B>(&self, request: Request<B>, id: &str) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let (method, mut line) = (parts.method.clone(), Line::default());
        let answer = self.answer(parts, body, &mut line).await;
        let mut response = answer.map_or_else(|problem| problem.response(), response);
        if let Ok(id) = HeaderValue::from_str(id) {
            response.headers_mut().insert(HeaderName::from_static(REQUEST_ID), id);
        }
        if method == Method::HEAD {
            without_body(&mut response);
        }
        tracing::info!(
            %method,
            route = line.route.as_deref().unwrap_or("-"),
            status = response.status().as_u16(),
            ms = crate::duration::millis(started.elapsed()),
            function = line.function.as_deref().unwrap_or("-"),
            "served"
        );
        response
    }

    async fn answer<B>(&self, parts: Parts, body: B, line: &mut Line) -> Result<HttpAnswer, Problem>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        check_headers(&parts.headers)?;
        let found = self.routes.find(parts.uri.path())?;
        line.route = Some(Arc::clone(&found.resource.template));
        let route = found.resource.route(&parts.method)?;
        line.function = Some(Arc::clone(&route.function));
        let body = self.body(route, &parts, body).await?;
        let deadline = parts.extensions.get::<Deadline>().copied().unwrap_or(Deadline::NONE);
        let permit = Arc::clone(&route.permits).try_acquire_owned().map_err(|_| {
            let most = route.limits.concurrency;
            Problem::unavailable("overloaded", format!("{most} requests are being served here already: try again"))
        })?;
        let invocation = HttpInvocation {
            path: found.parameters,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            principal: None,
        };
        let call = async { (route.call)(invocation, &self.routes.ports).await };
        let timeout = deadline.within(route.limits.timeout);
        let deadline = Deadline::after(timeout);
        let mut answer = pipeline::bounded(timeout, call).await??;
        answer.body = answer.body.bounded(deadline, permit);
        Ok(answer)
    }

    async fn body<B>(&self, route: &Route, parts: &Parts, body: B) -> Result<Bytes, Problem>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        match route.body {
            BodyKind::None => return Ok(Bytes::new()),
            // Without a body its media type does not matter: the extractor tells that the body is missing.
            BodyKind::Json if !is_empty(&parts.headers) || !body.is_end_stream() => check_json(&parts.headers)?,
            BodyKind::Json | BodyKind::Bytes => {}
        }
        super::read_body(&parts.headers, body, route.limits.body_bytes, self.options.body_timeout).await
    }
}

fn response(answer: HttpAnswer) -> Response<ResponseBody> {
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// Leaves the length that the body would have, if it is known.
fn without_body(response: &mut Response<ResponseBody>) {
    if let Some(length) = std::mem::take(response.body_mut()).size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpService").field("options", &self.inner.options).finish_non_exhaustive()
    }
}
