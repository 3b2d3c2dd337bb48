//! The service: to the function's layers, and back as a response.

use std::collections::BTreeMap;
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
use http_body_util::BodyExt as _;
use tower::Service;
use tracing::Span;

use super::HttpOptions;
use super::head::{REQUEST_ID, check_headers, correlation_id, request_id};
use super::routes::{Route, Routes};
use crate::answer::{AnswerBody, HttpAnswer};
use crate::function::BoxFuture;
use crate::layers::{Around, Arrived, CORRELATION_ID, Call, Deadline, HostContext, State, unrouted};
use crate::problem::Problem;
use crate::schemas::Compile;
use crate::surroundings::Surroundings;
use crate::telemetry::metrics::{self, RequestEnd};
use crate::trace_context::TraceContext;
use crate::workload::{InvalidWorkload, Prepared, Workload};

/// The body of every response.
pub type ResponseBody = AnswerBody;

/// Serves the HTTP functions of a workload. It answers every request; whatever was wrong is a problem (RFC 9457).
///
/// It is a `tower::Service` over any body, so that every host can drive it. A host that has one puts its [`Deadline`] among
/// the request's extensions.
#[derive(Clone)]
pub struct HttpService {
    routes: Arc<Routes>,
}

/// The parameters of a route by name, percent-decoded.
type PathParameters = Vec<(String, String)>;

/// What the log tells of a request.
#[derive(Default)]
struct Line {
    route: Option<Arc<str>>,
    function: Option<Arc<str>>,
}

/// The identifiers that an answer bears.
struct Identifiers {
    request: String,
    correlation: String,
}

impl HttpService {
    /// The HTTP functions of a workload, called with these adapters.
    pub fn new(
        workload: &Workload,
        ports: Ports,
        surroundings: &Surroundings,
        options: HttpOptions,
    ) -> Result<Self, InvalidWorkload> {
        let around = Around::new(workload.name(), ports, surroundings.clone(), options.body_timeout);
        Self::of(&workload.prepare(Compile::Now)?, &around)
    }

    pub(crate) fn of(prepared: &Prepared, around: &Around) -> Result<Self, InvalidWorkload> {
        prepared.fits(&around.app, &around.surroundings)?;
        let routes = Routes::new(prepared, around)
            .map_err(|problem| InvalidWorkload { workload: around.app.to_string(), problems: vec![problem] })?;
        Ok(Self { routes: Arc::new(routes) })
    }

    /// The layers around each function, by its name: from the outermost to the handler.
    pub fn layers(&self) -> BTreeMap<Arc<str>, Arc<[&'static str]>> {
        self.routes.layers.clone()
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
        let routes = Arc::clone(&self.routes);
        Box::pin(async move { Ok(routes.serve(request).await) })
    }
}

impl Routes {
    async fn serve<B>(&self, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let request = request_id(&parts.headers);
        let ids = Identifiers { correlation: correlation_id(&parts.headers, &request), request };
        let method = parts.method.clone();
        let mut line = Line::default();
        let (answer, span) = match self.routed(&parts, &mut line) {
            Ok((route, path)) => route.answer(path, parts, body, &ids).await,
            Err(problem) => {
                let trace = TraceContext::of(&parts.headers);
                (Err(problem), unrouted(&ids.request, &ids.correlation, trace.as_ref()))
            }
        };
        let mut response = answer.map_or_else(|problem| problem.response(), response);
        for (name, id) in [(REQUEST_ID, &ids.request), (CORRELATION_ID, &ids.correlation)] {
            if let Ok(id) = HeaderValue::from_str(id) {
                response.headers_mut().insert(HeaderName::from_static(name), id);
            }
        }
        if method == Method::HEAD {
            without_body(&mut response);
        }
        let (status, duration) = (response.status().as_u16(), started.elapsed());
        let route = line.route.as_deref();
        metrics::request_ended(&RequestEnd { method: method.as_str(), route, status, duration });
        span.in_scope(|| {
            tracing::info!(
                %method,
                route = route.unwrap_or("-"),
                status,
                ms = crate::duration::millis(duration),
                function = line.function.as_deref().unwrap_or("-"),
                "served"
            );
        });
        response
    }

    /// The function's route, and what its path's parameters are.
    fn routed(&self, parts: &Parts, line: &mut Line) -> Result<(&Route, PathParameters), Problem> {
        check_headers(&parts.headers)?;
        let found = self.find(parts.uri.path())?;
        line.route = Some(Arc::clone(&found.resource.template));
        let route = found.resource.route(&parts.method)?;
        line.function = Some(Arc::clone(&route.function));
        Ok((route, found.parameters))
    }
}

impl Route {
    /// What the function answers, and the span of the call.
    async fn answer<B>(
        &self,
        path: PathParameters,
        parts: Parts,
        body: B,
        ids: &Identifiers,
    ) -> (Result<HttpAnswer, Problem>, Span)
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let deadline = parts.extensions.get::<Deadline>().copied().unwrap_or(Deadline::NONE);
        let mut host = HostContext::until(deadline);
        host.request_id = Some(ids.request.clone());
        host.trace = TraceContext::of(&parts.headers);
        let arrival = Arrived {
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: body.map_err(Into::into).boxed_unsync(),
        };
        let call = Call { arrival, state: State::new(host) };
        let span = call.state.span();
        let answer = self.stack.call(call).await;
        (answer, span.get())
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
        f.debug_set().entries(self.routes.layers.keys()).finish()
    }
}
