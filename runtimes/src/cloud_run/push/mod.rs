//! Where events are pushed to: proof of who pushes, what it is, the function, and what the sender is told.

mod arrival;
mod blobs;
mod changes;
mod error;
mod kept;
mod messages;
mod order;
mod pub_sub;
mod schedules;
mod sender;
mod verdict;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Naming;
use anyport_ports::handles::Ports;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use tracing::Instrument as _;

pub(super) use error::PushError;

use self::arrival::Arrival;
use self::kept::Kept;
use self::sender::Senders;
use super::CloudRunSettings;
use crate::claims::Claims;
use crate::cloud_events::Handshake;
use crate::events::EventFunctions;
use crate::http::{REQUEST_ID, check_headers, read_body, request_id};
use crate::layers::HostContext;
use crate::problem::Problem;
use crate::server::readiness::{Readiness, Stage};
use crate::surroundings::Surroundings;
use crate::telemetry::adopt;
use crate::trace_context::TraceContext;

/// Where events are pushed to; the function's name follows.
const PATH: &str = "/_anyport/push/";

/// Largest body that is read: more than the 10 MB of a message of Pub/Sub are in base64.
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

/// The functions that events call, by name.
pub(super) struct Push {
    functions: HashMap<String, Target>,
    /// Who may push; none where no function is called by events.
    senders: Option<Senders>,
    handshake: Handshake,
    retired: BTreeSet<String>,
    body_timeout: Duration,
}

/// A function by what calls it.
enum Target {
    Messages(Box<messages::Messages>),
    Schedule(Box<schedules::Schedule>),
    Blobs(Box<blobs::Blobs>),
    Changes(Box<changes::Changes>),
}

impl Push {
    /// Everything that is wrong with the settings, in words, if anything is.
    pub(super) fn new(
        events: EventFunctions,
        ports: &Ports,
        surroundings: &Surroundings,
        settings: &CloudRunSettings,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let naming = Naming::new(settings.prefix.as_str()).unwrap_or_else(|error| {
            problems.push(format!("prefix: {}", error.message()));
            Naming::default()
        });
        let claims = Claims::new(ports, settings.retry_base);
        let kept = Kept::new(ports);
        let mut functions = HashMap::new();
        for (subscription, function) in events.subscriptions {
            let name = function.name().to_owned();
            let messages = messages::Messages::new(subscription, function, &naming, ports, &kept, settings);
            functions.insert(name, Target::Messages(Box::new(messages)));
        }
        for (cron, function) in events.schedules {
            let name = function.name().to_owned();
            match schedules::Schedule::new(&cron, function, &claims, ports) {
                Ok(schedule) => drop(functions.insert(name, Target::Schedule(Box::new(schedule)))),
                Err(problem) => problems.push(format!("{name}: {problem}")),
            }
        }
        for (bucket, prefix, function) in events.blobs {
            let name = function.name().to_owned();
            let blobs = blobs::Blobs::new(bucket, prefix, function, &claims, ports, &naming);
            functions.insert(name, Target::Blobs(Box::new(blobs)));
        }
        for (collection, function) in events.changes {
            let name = function.name().to_owned();
            match surroundings.decode_change.clone() {
                Some(decode) => {
                    let changes = changes::Changes::new(collection, function, decode, ports, settings.retry_base);
                    functions.insert(name, Target::Changes(Box::new(changes)));
                }
                None => problems.push(format!(
                    "{name}: it is called by changes of documents, and nothing was given that reads the events of Firestore: \
                     hand the host the decoder of the adapter in its surroundings"
                )),
            }
        }
        let senders = if functions.is_empty() {
            None
        } else {
            Senders::new(&settings.push, ports).map_err(|wrong| problems.extend(wrong)).ok()
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let handshake = Handshake::allowing(settings.push.allowed_origins.iter().cloned());
        let retired = settings.push.retired.iter().cloned().collect();
        Ok(Self { functions, senders, handshake, retired, body_timeout: settings.body_timeout })
    }

    /// The response to a request; whatever was wrong is a problem.
    async fn answer(&self, request: Request, id: &str, trace: TraceContext) -> Result<Response, Problem> {
        let (head, body) = request.into_parts();
        check_headers(&head.headers)?;
        let name = head.uri.path().strip_prefix(PATH).unwrap_or_default();
        if self.retired.contains(name) {
            return Err(Problem::new(StatusCode::GONE, "function_retired", "this function is no more: stop sending"));
        }
        let unknown =
            || Problem::new(StatusCode::NOT_FOUND, "no_such_function", "no function of this name is called by events");
        let senders = self.senders.as_ref().ok_or_else(unknown)?;
        match head.method {
            Method::POST => {}
            Method::OPTIONS => {
                let (status, headers) = self.handshake.answer(&head.headers);
                let mut response = Response::new(Body::empty());
                (*response.status_mut(), *response.headers_mut()) = (status, headers);
                return Ok(response);
            }
            _ => {
                let problem =
                    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "events are sent by POST");
                return Err(problem.allow("OPTIONS, POST"));
            }
        }
        senders.check(&head.headers).await?;
        let function = self.functions.get(name).ok_or_else(unknown)?;
        let body = read_body(&head.headers, body, MAX_BODY_BYTES, self.body_timeout).await?;
        let arrival = Arrival::of(&head.headers, body)?;
        let mut host = HostContext::default().in_trace(Some(trace));
        host.request_id = Some(id.to_owned());
        let source = arrival.source();
        let verdict = match function {
            Target::Messages(messages) => messages.take(arrival, &host).await,
            Target::Schedule(schedule) => schedule.take(&arrival, &host).await,
            Target::Blobs(blobs) => blobs.take(arrival, &host).await,
            Target::Changes(changes) => changes.take(arrival, &host).await,
        };
        match verdict {
            Ok(verdict) => verdict.response(source),
            Err(error) => Err(error.problem()),
        }
    }
}

/// The routes of events. Until the host is ready, who pushes is told to come back.
pub(super) fn router(push: Arc<Push>, readiness: Readiness) -> Router {
    Router::new().route(&format!("{PATH}{{*function}}"), any(endpoint)).with_state((push, readiness))
}

async fn endpoint(State((push, readiness)): State<(Arc<Push>, Readiness)>, request: Request) -> Response {
    let id = request_id(request.headers());
    let trace = TraceContext::of(request.headers());
    let span = tracing::info_span!(
        "push",
        request_id = id,
        trace_id = tracing::field::Empty,
        span_id = tracing::field::Empty,
        trace_sampled = tracing::field::Empty,
    );
    let trace = adopt(&span, trace.as_ref());
    let path = request.uri().path().to_owned();
    let answered = async {
        let result = match readiness.stage() {
            Stage::Starting => Err(Problem::unavailable("starting", "the server is starting")),
            _ => push.answer(request, &id, trace).await,
        };
        match &result {
            Ok(response) => tracing::info!(path, status = response.status().as_u16(), "pushed"),
            Err(problem) => {
                tracing::warn!(
                    path,
                    status = problem.status,
                    code = problem.code,
                    detail = problem.detail,
                    "not taken"
                );
            }
        }
        result
    };
    let result = answered.instrument(span).await;
    let mut response = result.unwrap_or_else(|problem| problem.response().map(Body::new));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static(REQUEST_ID), id);
    }
    response
}

impl std::fmt::Debug for Push {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}
