//! What the server answers besides the functions: health, readiness, the OpenAPI document, signed URLs.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyport_ports::blobs::{FetchSigned, MAX_PUT_BYTES, SignedGrant, Verb};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tower::Service;

use super::readiness::{Readiness, Stage};
use crate::fault::Fault;
use crate::function::BoxFuture;
use crate::http::{HttpService, check_headers, read_body, request_id};
use crate::problem::Problem;

/// What the router answers with.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) functions: HttpService,
    pub(crate) readiness: Readiness,
    pub(crate) openapi: Arc<Value>,
    pub(crate) signed: Option<Arc<dyn FetchSigned>>,
    pub(crate) body_timeout: Duration,
}

/// The router of the server.
pub(crate) fn router(parts: Parts) -> Router {
    let functions = Gate { functions: parts.functions.clone(), readiness: parts.readiness.clone() };
    let mut router = Router::new()
        .route("/healthz", get(async || json_response(StatusCode::OK, &json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(openapi));
    if parts.signed.is_some() {
        router = router.route(&format!("{}{{*rest}}", SignedGrant::PATH), any(signed));
    }
    router
        .method_not_allowed_fallback(async || problem(&method_not_allowed("GET, HEAD")))
        .layer(middleware::from_fn(within_bounds))
        .with_state(parts)
        .fallback_service(functions)
}

/// Refuses too many headers, and names the request in the answer, as the functions' service does.
async fn within_bounds(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let mut response = match check_headers(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => problem(&refused),
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static(crate::http::REQUEST_ID), id);
    }
    response
}

async fn ready(State(parts): State<Parts>) -> Response {
    match parts.readiness.stage() {
        Stage::Ready => json_response(StatusCode::OK, &json!({ "status": "ready" })),
        Stage::Starting => problem(&Problem::unavailable("starting", "the server is starting")),
        Stage::Draining => problem(&Problem::unavailable("draining", "the server is stopping")),
    }
}

async fn openapi(State(parts): State<Parts>) -> Response {
    json_response(StatusCode::OK, &parts.openapi)
}

async fn signed(State(parts): State<Parts>, request: Request) -> Response {
    fetch(&parts, request).await.unwrap_or_else(|refused| problem(&refused))
}

async fn fetch(parts: &Parts, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let verb = match head.method {
        Method::GET | Method::HEAD => Verb::Get,
        Method::PUT => Verb::Put,
        _ => return Err(method_not_allowed("GET, HEAD, PUT")),
    };
    let Some(store) = &parts.signed else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no_such_route", "nothing is served at this path"));
    };
    let body = match verb {
        Verb::Get => bytes::Bytes::new(),
        Verb::Put => read_body(&head.headers, body, MAX_PUT_BYTES as u64, parts.body_timeout).await?,
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let answer = store.fetch(verb, target, body).await.map_err(|error| Problem::from(&Fault::of(&error)))?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    tracing::info!(method = verb.as_str(), route = SignedGrant::PATH, status = status.as_u16(), "served");
    match status {
        StatusCode::FORBIDDEN => Err(Problem::new(
            status,
            "signature_refused",
            "the signed URL is wrong, is for another verb, or has expired",
        )),
        StatusCode::NOT_FOUND => Err(Problem::new(status, "not_found", "there is no such blob")),
        status if !status.is_success() => {
            Err(Problem::new(status, "refused", "the request to the signed URL was refused"))
        }
        status => {
            let mut response = Response::new(Body::from(answer.body));
            *response.status_mut() = status;
            if let Some(content_type) = answer.content_type.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers_mut().insert(CONTENT_TYPE, content_type);
            }
            Ok(response)
        }
    }
}

fn method_not_allowed(allowed: &str) -> Problem {
    let detail = format!("this path takes {allowed}");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).allow(allowed)
}

fn problem(problem: &Problem) -> Response {
    problem.response().map(Body::new)
}

fn json_response(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Holds requests to functions off until the server is ready.
#[derive(Clone)]
struct Gate {
    functions: HttpService,
    readiness: Readiness,
}

impl Service<Request> for Gate {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.readiness.stage() == Stage::Starting {
            let refused = problem(&Problem::unavailable("starting", "the server is starting"));
            return Box::pin(std::future::ready(Ok(refused)));
        }
        let answer = self.functions.call(request);
        Box::pin(async move { answer.await.map(|response| response.map(Body::new)) })
    }
}

#[cfg(test)]
mod tests {
    use anyport_memory::{Memory, MemoryStore};
    use anyport_ports::handles::Ports;
    use tower::ServiceExt as _;

    use super::*;
    use crate::http::HttpOptions;
    use crate::{Function, NoContent, Surroundings, SystemClock, UuidIds, Workload};

    async fn ping() -> Result<NoContent, anyport_ports::Error> {
        Ok(NoContent)
    }

    #[tokio::test]
    async fn the_server_is_ready_only_between_starting_and_draining() {
        let memory: Arc<Memory> = Arc::new(MemoryStore::new(Arc::new(SystemClock)).handle());
        let ports = Ports {
            documents: memory.clone(),
            messages: memory.clone(),
            blobs: memory.clone(),
            signer: memory.clone(),
            secrets: memory,
            clock: Arc::new(SystemClock),
            outbound: anyport_ports::outbound::NoOutbound::port(),
            ids: Arc::new(UuidIds),
            call: Arc::default(),
        };
        let workload = Workload::new("example").function(Function::http("ping", Method::GET, "/ping", ping));
        let readiness = Readiness::starting();
        let router = router(Parts {
            functions: HttpService::new(&workload, ports, &Surroundings::none(), HttpOptions::default()).unwrap(),
            readiness: readiness.clone(),
            openapi: Arc::new(Value::Null),
            signed: None,
            body_timeout: Duration::from_secs(1),
        });
        let statuses = async || {
            let mut statuses = Vec::new();
            for path in ["/healthz", "/readyz", "/ping", "/_anyport/blobs/a/b"] {
                let request = Request::builder().uri(path).body(Body::empty()).unwrap();
                statuses.push(router.clone().oneshot(request).await.unwrap().status().as_u16());
            }
            statuses
        };
        assert_eq!(statuses().await, [200, 503, 503, 503]);
        readiness.enter(Stage::Ready);
        assert_eq!(statuses().await, [200, 200, 204, 404]);
        readiness.enter(Stage::Draining);
        assert_eq!(statuses().await, [200, 503, 204, 404]);
        readiness.enter(Stage::Ready);
        assert_eq!(statuses().await, [200, 503, 204, 404], "what drains does not become ready again");
    }
}
