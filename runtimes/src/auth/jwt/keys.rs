//! Where an issuer's keys are kept between tokens.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::{CallContext, Clock, Timestamp};
use tokio::sync::watch;

use super::fetch::Fetch;
use super::key::Key;
use super::key_set::{KeySet, Lookup};
use super::{Algorithm, Refusal, Unauthorized};

/// How long a name that no key had is not asked for again.
const UNKNOWN_FOR: Duration = Duration::from_mins(1);

/// Most such names that are kept.
const MAX_UNKNOWN: usize = 256;

/// The keys of an issuer.
pub(super) enum Keys {
    /// As the settings have them.
    Fixed(KeySet),
    /// As the issuer publishes them.
    Remote(Arc<RemoteKeys>),
}

impl Keys {
    /// The key that the token is to be checked with.
    pub(super) async fn key(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        call: &CallContext,
    ) -> Result<Arc<Key>, Unauthorized> {
        match self {
            Self::Fixed(set) => match set.find(kid, algorithm) {
                Lookup::Found(key) => Ok(key),
                Lookup::Unfit => Err(Unauthorized::Invalid(Refusal::Algorithm)),
                Lookup::Unknown => Err(Unauthorized::Invalid(Refusal::UnknownKey)),
            },
            Self::Remote(keys) => keys.key(kid, algorithm, call).await,
        }
    }
}

/// When keys are fetched.
#[derive(Clone, Copy)]
pub(super) struct Timing {
    /// How long they are fresh.
    pub(super) ttl: Duration,
    /// How long after that they are still used.
    pub(super) stale: Duration,
    /// Between two fetches.
    pub(super) interval: Duration,
}

/// Keys that an issuer publishes.
pub(super) struct RemoteKeys {
    fetch: Fetch,
    timing: Timing,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The keys, and when they were fetched.
    set: Option<(KeySet, Timestamp)>,
    /// When the last fetch began, and whether it failed.
    attempted: Option<Timestamp>,
    failed: bool,
    /// Names that no key had, when it was looked.
    unknown: VecDeque<(String, Timestamp)>,
    /// A fetch under way, whose sender is dropped at its end.
    flight: Option<watch::Receiver<()>>,
}

/// What there is to do about a token.
enum Step {
    Done(Result<Arc<Key>, Unauthorized>),
    Wait(watch::Receiver<()>),
}

impl RemoteKeys {
    pub(super) fn new(fetch: Fetch, timing: Timing, clock: Arc<dyn Clock>) -> Self {
        Self { fetch, timing, clock, state: Mutex::default() }
    }

    pub(super) fn url(&self) -> &str {
        self.fetch.url()
    }

    async fn key(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
        call: &CallContext,
    ) -> Result<Arc<Key>, Unauthorized> {
        let mut waited = false;
        loop {
            match self.step(kid, algorithm, waited) {
                Step::Done(result) => return result,
                Step::Wait(mut flight) => {
                    waited = true;
                    // Its end, whatever came of it, is the sender's.
                    let landed = async { while flight.changed().await.is_ok() {} };
                    match call.deadline() {
                        Some(deadline) => tokio::time::timeout_at(deadline.into(), landed).await.unwrap_or_default(),
                        None => landed.await,
                    }
                }
            }
        }
    }

    fn step(self: &Arc<Self>, kid: Option<&str>, algorithm: Algorithm, waited: bool) -> Step {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let age = state.set.as_ref().map(|(_, fetched)| now.since(*fetched));
        let usable = age.is_some_and(|age| age < self.timing.ttl + self.timing.stale);
        let found = match &state.set {
            Some((set, _)) if usable => set.find(kid, algorithm),
            _ => Lookup::Unknown,
        };
        match found {
            Lookup::Unknown => {}
            known => {
                if age.is_some_and(|age| age >= self.timing.ttl) && state.in_flight().is_none() {
                    self.start(&mut state, now);
                }
                return Step::Done(match known {
                    Lookup::Found(key) => Ok(key),
                    _ => Err(Unauthorized::Invalid(Refusal::Algorithm)),
                });
            }
        }
        let known_as_unknown = usable && state.is_unknown(kid, now);
        if !(waited || known_as_unknown)
            && let Some(flight) = state.in_flight().or_else(|| self.start(&mut state, now))
        {
            return Step::Wait(flight);
        }
        if !usable || state.failed {
            return Step::Done(Err(Unauthorized::Unavailable { retry_after: self.pause(&state, now) }));
        }
        if let (true, Some(kid)) = (waited, kid) {
            state.remember_unknown(kid, now);
        }
        Step::Done(Err(Unauthorized::Invalid(Refusal::UnknownKey)))
    }

    /// Begins a fetch, unless one began a short while ago. It goes on even if nobody waits for it any more: otherwise
    /// callers who hang up could keep the keys from ever being known.
    fn start(self: &Arc<Self>, state: &mut State, now: Timestamp) -> Option<watch::Receiver<()>> {
        if !self.pause(state, now).is_zero() {
            return None;
        }
        state.attempted = Some(now);
        let (flying, flight) = watch::channel(());
        state.flight = Some(flight.clone());
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = this.fetch.keys().await;
            this.landed(fetched);
            drop(flying);
        });
        Some(flight)
    }

    fn landed(&self, fetched: Result<KeySet, String>) {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failed = fetched.is_err();
        match fetched {
            Ok(set) => state.set = Some((set, now)),
            Err(problem) => {
                tracing::warn!(url = self.url(), problem, "the keys of an issuer of tokens cannot be had");
            }
        }
    }

    /// How long until the next fetch may begin.
    fn pause(&self, state: &State, now: Timestamp) -> Duration {
        // A clock that was set back must not keep the keys from being fetched.
        let last = state.attempted.filter(|last| *last <= now);
        last.map_or(Duration::ZERO, |last| self.timing.interval.saturating_sub(now.since(last)))
    }
}

impl State {
    fn in_flight(&self) -> Option<watch::Receiver<()>> {
        self.flight.clone().filter(|flight| flight.has_changed().is_ok())
    }

    fn is_unknown(&self, kid: Option<&str>, now: Timestamp) -> bool {
        let lately = |at: Timestamp| at <= now && now.since(at) < UNKNOWN_FOR;
        kid.is_some_and(|kid| self.unknown.iter().any(|(unknown, at)| unknown == kid && lately(*at)))
    }

    fn remember_unknown(&mut self, kid: &str, now: Timestamp) {
        self.unknown.retain(|(unknown, _)| unknown != kid);
        if self.unknown.len() == MAX_UNKNOWN {
            self.unknown.pop_front();
        }
        self.unknown.push_back((kid.to_owned(), now));
    }
}
