//! From an invocation to the function that it calls, and from how that ended to what the host is told.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyport_ports::Naming;
use anyport_ports::handles::Ports;
use anyport_ports::messages::Subscription;
use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use tracing::Instrument as _;

use super::blobs::{self, Watcher};
use super::documents::{self, Follower};
use super::http::{INVOCATION_ID, Requests};
use super::messages::{self, Consumer};
use super::payload::Payload;
use super::schedules::{self, Timer};
use super::{AzureFunctionsSettings, FunctionsError, HttpMode, InvocationError, deadline, reply, routes};
use crate::claims::{Claims, Worker};
use crate::events::EventFunctions;
use crate::function::Trigger;
use crate::http::{HttpOptions, HttpService, ResponseBody, read_body};
use crate::layers::{Around, Deadline, HostContext};
use crate::schemas::Compile;
use crate::surroundings::Surroundings;
use crate::telemetry::adopt;
use crate::trace_context::{TRACEPARENT, TraceContext};
use crate::workload::{InvalidWorkload, Workload};

/// The header of requests that the host passes on, and of nothing else: no client can leave it out.
const PASSED_ON: HeaderName = HeaderName::from_static("x-ms-invocation-id");

/// The functions of a workload, ready to be called by the host.
pub struct Functions {
    events: HashMap<String, Event>,
    requests: Requests,
    /// The names of the HTTP functions, where the host calls them by these.
    told: HashSet<String>,
    mode: HttpMode,
    event_timeout: Duration,
    /// None where each function's own is shorter.
    request_timeout: Option<Duration>,
    max_event_bytes: u64,
    /// Whether an event has come yet.
    warm: AtomicBool,
}

/// A function that an event calls.
enum Event {
    Message(Box<Consumer>),
    Timer(Box<Timer>),
    Blob(Box<Watcher>),
    Documents(Box<Follower>),
}

impl Functions {
    /// The functions of a workload, called with these adapters.
    pub fn new(
        workload: &Workload,
        ports: &Ports,
        surroundings: &Surroundings,
        settings: &AzureFunctionsSettings,
    ) -> Result<Self, FunctionsError> {
        let naming = Naming::new(settings.prefix.as_str()).map_err(FunctionsError::Settings)?;
        // A process is started for one call's sake: schemas wait for their first use.
        let prepared = workload.prepare(Compile::AtFirstUse)?;
        let invalid = |problems| InvalidWorkload { workload: workload.name().to_owned(), problems };
        let clashes = routes::clashes(workload);
        if settings.http == HttpMode::Proxying && !clashes.is_empty() {
            return Err(invalid(clashes).into());
        }
        let body_timeout = HttpOptions::default().body_timeout;
        let around = Around::new(workload.name(), ports.clone(), surroundings.clone(), body_timeout);
        let service = HttpService::of(&prepared, &around)?;
        let events = EventFunctions::of(&prepared, &around)?;
        let requests = prepared.functions.iter().filter(|function| matches!(function.trigger, Trigger::Http { .. }));
        let longest = requests.map(|function| function.limits.timeout).max().unwrap_or_default();
        let is_told = |trigger: &Trigger| settings.http == HttpMode::Default && matches!(trigger, Trigger::Http { .. });
        let told = prepared.functions.iter().filter(|function| is_told(&function.trigger));
        Ok(Self {
            requests: Requests::new(service),
            told: told.map(|function| function.name.to_string()).collect(),
            events: by_name(events, workload, ports, surroundings, settings, &naming)
                .map_err(|problem| invalid(vec![problem]))?,
            mode: settings.http,
            event_timeout: deadline::of_event(settings.function_timeout, settings.deadline_margin),
            request_timeout: deadline::of_request(settings.function_timeout, settings.deadline_margin, longest),
            max_event_bytes: settings.max_event_bytes,
            warm: AtomicBool::new(false),
        })
    }

    /// Answers what the host sends: a ping, an event, or a request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        // A route may have the same path: then the host names the invocation.
        if request.uri().path() == "/" && !request.headers().contains_key(INVOCATION_ID) {
            return reply::ready();
        }
        // What a client asks for is a request, whatever its path.
        let named = *request.method() == Method::POST && !request.headers().contains_key(PASSED_ON);
        let name = request.uri().path().strip_prefix('/').filter(|_| named).unwrap_or_default();
        if let Some((name, event)) = self.events.get_key_value(name) {
            return self.handle(name, event, request).await;
        }
        if self.told.contains(name) {
            return self.request_told(request).await;
        }
        match self.mode {
            HttpMode::Proxying => {
                let deadline = self.request_timeout.map_or(Deadline::NONE, Deadline::after);
                self.requests.passed_on(request, deadline).await
            }
            HttpMode::Default => {
                let source_name = format!("{} {}", request.method(), request.uri().path());
                let error = InvocationError::WrongSource { function: "no function".to_owned(), source_name };
                tracing::error!(%error, "not handled");
                reply::failed(&error)
            }
        }
    }

    /// A request that comes as an event.
    async fn request_told<B>(&self, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let invocation = parts.headers.get(INVOCATION_ID).cloned();
        let parent = parts.headers.get(TRACEPARENT).cloned();
        let deadline = self.request_timeout.map_or(Deadline::NONE, Deadline::after);
        let answered = match self.read(&parts.headers, body).await {
            Ok(event) => self.requests.told(&event, invocation, parent, deadline).await,
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| {
            tracing::error!(%error, "not handled");
            reply::failed(&error)
        })
    }

    async fn handle<B>(&self, name: &str, event: &Event, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let cold_start = !self.warm.swap(true, Ordering::Relaxed);
        let invocation = invocation_id(&parts.headers);
        let span = tracing::info_span!(
            "event",
            function = name,
            request_id = invocation,
            trace_id = tracing::field::Empty,
            span_id = tracing::field::Empty,
            trace_sampled = tracing::field::Empty,
            cold_start,
        );
        let trace = adopt(&span, TraceContext::of(&parts.headers).as_ref());
        let mut host = HostContext::until(Deadline::after(self.event_timeout));
        host.request_id = invocation.map(str::to_owned);
        let host = host.in_trace(Some(trace));
        async {
            let result = match self.read(&parts.headers, body).await {
                Ok(body) => event.handle(&body, host).await,
                Err(error) => Err(error),
            };
            let ms = crate::duration::millis(started.elapsed());
            match result {
                Ok(()) => {
                    tracing::info!(event = event.as_str(), cold_start, ms, "handled");
                    reply::done()
                }
                Err(error) => {
                    tracing::error!(event = event.as_str(), cold_start, ms, %error, "not handled");
                    reply::failed(&error)
                }
            }
        }
        .instrument(span)
        .await
    }

    async fn read<B>(&self, headers: &HeaderMap, body: B) -> Result<Bytes, InvocationError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let read = read_body(headers, body, self.max_event_bytes, HttpOptions::default().body_timeout).await;
        read.map_err(|problem| InvocationError::Unread { problem: problem.detail.clone() })
    }
}

impl Event {
    async fn handle(&self, body: &[u8], host: HostContext) -> Result<(), InvocationError> {
        match self {
            Self::Message(consumer) => consumer.consume(&Payload::of(body, &messages::NAMES)?, host).await,
            Self::Timer(timer) => timer.fired(&Payload::of(body, &schedules::NAMES)?, host).await,
            Self::Blob(watcher) => watcher.created(&Payload::of(body, &blobs::NAMES)?, &host).await,
            Self::Documents(follower) => follower.changed(&Payload::of(body, &documents::NAMES)?, &host).await,
        }
    }

    fn as_str(&self) -> &'static str {
        match self {
            Self::Message(_) => "a message",
            Self::Timer(_) => "a timer",
            Self::Blob(_) => "a blob",
            Self::Documents(_) => "documents that changed",
        }
    }
}

/// The functions that events call, by their names: the host knows them by these alone.
fn by_name(
    functions: EventFunctions,
    workload: &Workload,
    ports: &Ports,
    surroundings: &Surroundings,
    settings: &AzureFunctionsSettings,
    naming: &Naming,
) -> Result<HashMap<String, Event>, String> {
    let claims = Claims::new(ports, settings.retry_base);
    let attempts = attempts(workload);
    let mut events = HashMap::new();
    for (subscription, function) in functions.subscriptions {
        let name = function.name().to_owned();
        let most = attempts.get(name.as_str()).copied().unwrap_or(1);
        let source: (Subscription, u32) = (subscription, most);
        events.insert(name, Event::Message(Box::new(Consumer::new(source, function, ports, settings))));
    }
    for (cron, function) in functions.schedules {
        let name = function.name().to_owned();
        let worker = Worker { function, clock: ports.clock.clone(), claims: claims.clone(), keep: None };
        events.insert(name, Event::Timer(Box::new(Timer::new(&cron, worker)?)));
    }
    for (bucket, prefix, function) in functions.blobs {
        let name = function.name().to_owned();
        let worker = Worker { function, clock: ports.clock.clone(), claims: claims.clone(), keep: None };
        let blobs = Arc::clone(&ports.blobs);
        events.insert(name, Event::Blob(Box::new(Watcher::new((bucket, prefix), worker, blobs, naming))));
    }
    for (collection, function) in functions.changes {
        let (name, decode) = (function.name().to_owned(), surroundings.decode_change.clone());
        events.insert(name, Event::Documents(Box::new(Follower::new(collection, function, decode, ports))));
    }
    Ok(events)
}

/// How often each subscription's function may try.
fn attempts(workload: &Workload) -> BTreeMap<&str, u32> {
    let of = |function: &'_ crate::Function| match function.trigger {
        Trigger::Subscription { max_attempts, .. } => Some(max_attempts),
        _ => None,
    };
    workload.functions().iter().filter_map(|function| Some((function.name.as_str(), of(function)?))).collect()
}

/// The host's name for the invocation, if it is one.
fn invocation_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(INVOCATION_ID)?.to_str().ok().filter(|id| !id.is_empty())
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions")
            .field("events", &self.events.keys())
            .field("requests", &self.requests)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
