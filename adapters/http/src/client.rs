//! The client: whom to call, and the attempts of a call.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::outbound::{Outbound, Request, Response, Target};
use anyport_ports::{CallContext, Error, ErrorKind, Result, Retry, ServiceName};
use async_trait::async_trait;
use http::{HeaderMap, Method};
use reqwest::Url;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span, debug, debug_span};

use crate::head::head;
use crate::line::Line;
use crate::reqwest_transport::ReqwestTransport;
use crate::settings::{HttpSettings, ServiceSettings};
use crate::target;
use crate::transport::{Attempt, Failed, Transport};
use crate::verdict::{self, Ended};

/// Longest that a call may take.
const LONGEST: Duration = Duration::from_hours(1);

/// Origins of absolute URLs that are told apart; those beyond share what is known of them.
const MAX_ORIGINS: usize = 64;

/// Calls services over HTTP; see the crate's description. One for a process: what it knows of how services are doing is
/// shared by all calls.
pub struct HttpClient {
    services: BTreeMap<ServiceName, (Url, Arc<Line>)>,
    origins: Mutex<HashMap<String, Arc<Line>>>,
    transport: Arc<dyn Transport>,
    seed: u64,
}

impl HttpClient {
    /// A client of these services; [`InvalidInput`](ErrorKind::InvalidInput) tells what is wrong with the settings.
    pub fn new(settings: &HttpSettings) -> Result<Self> {
        let transport = ReqwestTransport::new(settings.proxy.as_deref())?;
        Self::over(settings, Arc::new(transport), fastrand::u64(..))
    }

    /// A client that sends over this transport, with pauses of this seed: for tests that leave the network out.
    pub fn over(settings: &HttpSettings, transport: Arc<dyn Transport>, seed: u64) -> Result<Self> {
        let service = |(name, settings): (&ServiceName, &ServiceSettings)| {
            settings.check(name.as_str())?;
            let base = target::base(&settings.url)
                .map_err(|error| Error::invalid(format!("url of the service {name}: {}", error.message())))?;
            Ok((name.clone(), (base, Arc::new(Line::new(settings.clone(), seed)))))
        };
        let services = settings.services.iter().map(service).collect::<Result<_>>()?;
        Ok(Self { services, origins: Mutex::default(), transport, seed })
    }

    fn resolve(&self, target: &Target) -> Result<(Url, Arc<Line>)> {
        match target {
            Target::Service(name, path) => {
                let Some((base, line)) = self.services.get(name) else {
                    let message = format!("no service {name} is set: give http.services.{name} its url");
                    return Err(Error::invalid(message));
                };
                Ok((target::below(base, path)?, Arc::clone(line)))
            }
            Target::Url(url) => {
                let url = target::absolute(url)?;
                let line = self.line_of(&url);
                Ok((url, line))
            }
        }
    }

    fn line_of(&self, url: &Url) -> Arc<Line> {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = url.origin().ascii_serialization();
        let known = origins.contains_key(&origin) || origins.len() < MAX_ORIGINS;
        let key = if known { origin } else { "others".to_owned() };
        let line = origins.entry(key).or_insert_with(|| Arc::new(Line::new(ServiceSettings::default(), self.seed)));
        Arc::clone(line)
    }
}

#[async_trait]
impl Outbound for HttpClient {
    async fn send(&self, request: &Request, call: &CallContext) -> Result<Response> {
        // A URL that is refused may hold a password.
        let name = |target: &Target| match target {
            Target::Service(name, _) => name.to_string(),
            Target::Url(_) => "a URL".to_owned(),
        };
        let refused = |error: Error| error.during("outbound.send", name(&request.target));
        let (url, line) = self.resolve(&request.target).map_err(refused)?;
        let head = head(request, call).map_err(refused)?;

        let started = Instant::now();
        let within = request.timeout.unwrap_or(line.settings.timeout).min(LONGEST);
        let mut deadline = started + within;
        if let Some(callers) = call.deadline() {
            deadline = deadline.min(Instant::from_std(callers));
        }
        let exchange = Exchange { request, url, head, line: &line, transport: &*self.transport, deadline };
        let span = debug_span!(
            "outbound.send",
            otel.kind = "client",
            service = name(&request.target),
            http.request.method = request.method.as_str(),
            http.response.status_code = tracing::field::Empty,
            attempts = tracing::field::Empty,
        );
        exchange.run().instrument(span).await.map_err(|error| error.during("outbound.send", &request.target))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("services", &self.services.keys()).finish_non_exhaustive()
    }
}

/// One call.
struct Exchange<'a> {
    request: &'a Request,
    url: Url,
    head: HeaderMap,
    line: &'a Line,
    transport: &'a dyn Transport,
    deadline: Instant,
}

impl Exchange<'_> {
    async fn run(&self) -> Result<Response> {
        self.line.called();
        let mut ended = self.attempt().await?;
        let mut attempts = 1;
        // Whether an attempt before the last one may have been carried out.
        let mut doubt = false;
        while attempts < self.line.settings.attempts
            && let Some(not_before) = verdict::again_after(self.request, &ended)
        {
            let pause = self.line.backoff.pause(attempts).max(not_before);
            let too_late = Instant::now().checked_add(pause).is_none_or(|then| then >= self.deadline);
            if too_late || !self.line.may_retry() {
                break;
            }
            debug!(attempt = attempts, ?pause, "the attempt failed: again after a pause");
            tokio::time::sleep(pause).await;
            // Not let through: what is known so far is the answer.
            let Ok(next) = self.attempt().await else { break };
            doubt |= verdict::may_be_done(self.request, &ended);
            ended = next;
            attempts += 1;
        }
        Span::current().record("attempts", attempts);
        self.conclude(ended, doubt)
    }

    /// Sends the request once; an error if nothing may be sent now.
    async fn attempt(&self) -> Result<Ended> {
        let now = Instant::now();
        if self.deadline <= now {
            return Err(Error::new(ErrorKind::Unavailable, "the deadline is past: nothing was sent"));
        }
        let permit = self.line.breaker.admit().map_err(|pause| {
            Error::new(ErrorKind::Unavailable, "the service kept failing and is not called for a while")
                .with_retry(Retry::After(pause))
        })?;
        let until = self.deadline.min(now + self.line.settings.attempt_timeout);
        let sent = timeout_at(until, self.transport.send(self.prepared())).await;
        let ended = sent.unwrap_or_else(|_| Err(Failed::TimedOut(until - now)));
        permit.ended(verdict::is_sound(&ended));
        Ok(ended)
    }

    fn prepared(&self) -> Attempt {
        Attempt {
            // Each of the port's methods has the name of one of HTTP's.
            method: Method::from_bytes(self.request.method.as_str().as_bytes()).unwrap_or_default(),
            url: self.url.clone(),
            headers: self.head.clone(),
            body: self.request.body.clone(),
            max_response_bytes: self.line.settings.max_response_bytes,
        }
    }

    /// The result of the call: how its last attempt ended, and whether an earlier one may have been carried out.
    fn conclude(&self, ended: Ended, doubt: bool) -> Result<Response> {
        let in_doubt = doubt || verdict::may_be_done(self.request, &ended);
        let kind = if in_doubt { ErrorKind::Indeterminate } else { ErrorKind::Unavailable };
        let (message, cause) = match ended {
            Ok(response) => {
                Span::current().record("http.response.status_code", response.status);
                if doubt && verdict::is_refusal(self.request, &response) {
                    let message = "an attempt was lost and may have been carried out; the last one was refused";
                    return Err(Error::new(kind, format!("{message} with {}", response.status)));
                }
                return Ok(response);
            }
            Err(Failed::NotSent(cause)) => ("no connection was made: see the cause".to_owned(), Some(cause)),
            Err(Failed::Lost(cause)) => ("the answer was lost: see the cause".to_owned(), Some(cause)),
            Err(Failed::TimedOut(after)) => (format!("no whole answer within {after:?}"), None),
            Err(Failed::TooLarge) => {
                let limit = self.line.settings.max_response_bytes;
                return Err(Error::new(ErrorKind::TooLarge, format!("the response is larger than {limit} bytes")));
            }
        };
        let error = Error::new(kind, message);
        Err(cause.into_iter().fold(error, Error::caused_by))
    }
}
