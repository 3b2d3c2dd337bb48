//! Requests, as the layers see them.

use std::sync::Arc;

use anyport_ports::CallContext;
use anyport_ports::handles::Ports;
use anyport_ports::idempotency::{KeptHeaders, StoredBody, StoredResponse};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Body as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::OwnedSemaphorePermit;

use super::call::Permit;
use super::deadline::Deadline;
use super::idempotency::Identity;
use super::limits::Bounds;
use super::{CORRELATION_ID, Kind, State};
use crate::answer::{AnswerBody, BodyError, HttpAnswer};
use crate::auth::{Authenticate, identify};
use crate::function::Idempotent;
use crate::function::kind::{Http, HttpInvocation};
use crate::http::{check_json, discard_body, is_empty, read_body};
use crate::problem::Problem;
use crate::telemetry::metrics::{self, Outcome};
use crate::workload::BodyKind;

/// The header of answers that are given again.
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request on its route, with its body still to come.
pub(crate) struct Arrived {
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: UnsyncBoxBody<Bytes, BodyError>,
}

impl Kind for Http {
    const TRIGGER: &'static str = "http";

    type Arrival = Arrived;
    type Invocation = HttpInvocation;
    type Answer = HttpAnswer;
    type Rejection = Problem;

    fn outcome(problem: &Problem) -> Outcome {
        match problem.status {
            504 => Outcome::TimedOut,
            500.. => Outcome::Failed,
            _ => Outcome::Rejected,
        }
    }

    fn subject(_arrival: &Arrived) -> Option<String> {
        None
    }

    fn attempt(_arrival: &Arrived) -> Option<u32> {
        None
    }

    fn carried(arrival: &Arrived, _ports: &Ports) -> impl Future<Output = CallContext> + Send {
        let correlation = arrival.headers.get(CORRELATION_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        std::future::ready(CallContext::none().with_correlation_id(correlation))
    }

    /// What there is no room for is answered at once: its sender can come back.
    async fn admit(arrival: Arrived, bounds: &Bounds) -> Result<(Arrived, OwnedSemaphorePermit), Problem> {
        if let Ok(permit) = Arc::clone(&bounds.permits).try_acquire_owned() {
            return Ok((arrival, permit));
        }
        tracing::warn!("shed: as many calls as the function's limits allow are running");
        metrics::shed(&bounds.function);
        discard_body(arrival.body);
        let most = bounds.limits.concurrency;
        let detail = format!("{most} requests are being served here already: try again");
        Err(Problem::unavailable("overloaded", detail))
    }

    async fn read(arrival: Arrived, bounds: &Bounds) -> Result<HttpInvocation, Problem> {
        let Arrived { path, query, headers, body } = arrival;
        // Without a body its media type does not matter: the extractor tells that the body is missing.
        if bounds.body == BodyKind::Json && (!is_empty(&headers) || !body.is_end_stream()) {
            check_json(&headers)?;
        }
        let body = match bounds.body {
            BodyKind::None => Bytes::new(),
            _ => read_body(&headers, body, bounds.limits.body_bytes, bounds.body_timeout).await?,
        };
        Ok(HttpInvocation { path, query, headers, body, principal: None })
    }

    async fn authenticate(
        invocation: &mut HttpInvocation,
        state: &State,
        authenticator: &dyn Authenticate,
        required: bool,
    ) -> Result<(), Problem> {
        let known = identify(authenticator, required, &invocation.headers, &state.context).await;
        invocation.principal = known.map_err(|why| {
            tracing::info!(%why, "the caller was refused");
            Problem::from(why)
        })?;
        Ok(())
    }

    fn hold(mut answer: HttpAnswer, deadline: Deadline, permit: Permit) -> HttpAnswer {
        answer.body = answer.body.bounded(deadline, permit);
        answer
    }

    fn identity(invocation: &HttpInvocation, settings: &Idempotent) -> Result<Option<Identity>, Problem> {
        Identity::of_request(invocation, settings)
    }

    fn stored(answer: HttpAnswer, kept: &KeptHeaders) -> (HttpAnswer, StoredResponse) {
        let mut stored = StoredResponse::new(answer.status.as_u16(), Bytes::new());
        // Functions whose answers are streams are refused at start.
        stored.body = answer.body.whole().map_or(StoredBody::Lost { length: 0 }, StoredBody::Kept);
        let stored = stored.with_headers(texts(&answer.headers), kept);
        (answer, stored)
    }

    fn failure(problem: &Problem, kept: &KeptHeaders) -> StoredResponse {
        let (head, body) = problem.response().into_parts();
        let stored = StoredResponse::new(head.status.as_u16(), body.whole().unwrap_or_default());
        stored.with_headers(texts(&head.headers), kept)
    }

    fn replayed(stored: StoredResponse) -> Result<HttpAnswer, Problem> {
        let status = StatusCode::from_u16(stored.status).map_err(|_| Problem::internal())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &stored.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                headers.append(name, value);
            }
        }
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        let body = stored.bytes().cloned().unwrap_or_default();
        Ok(HttpAnswer { status, headers, body: AnswerBody::from(body) })
    }
}

fn texts(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
}
