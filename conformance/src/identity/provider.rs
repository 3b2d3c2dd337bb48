//! The issuer.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyport_ports::outbound::{Outbound, Request, Response, Target};
use anyport_ports::{CallContext, Error, ErrorKind, Result};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Algorithm, SigningKey, compact};
use crate::services::{Act, Answer, MisbehavingService};

/// Where its keys are, below its issuer URL.
const JWKS: &str = "/keys";

/// Where its configuration is.
const CONFIGURATION: &str = "/.well-known/openid-configuration";

/// How the issuer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It answers.
    Well,
    /// It answers, but later.
    Slow(Duration),
    /// It answers 200 with what is no JSON.
    Garbage,
    /// It answers with this status.
    Status(u16),
    /// Its keys are without end.
    Flood,
    /// It is not there.
    Down,
}

/// An issuer of tokens with one key of each algorithm.
pub struct IdentityProvider {
    state: Arc<State>,
    service: Option<MisbehavingService>,
}

struct State {
    issuer: String,
    told: Mutex<Told>,
    fetches: AtomicUsize,
}

struct Told {
    keys: Vec<Arc<SigningKey>>,
    generation: usize,
    condition: Condition,
}

impl State {
    fn new(issuer: String) -> Arc<Self> {
        let told = Told { keys: keys(0), generation: 0, condition: Condition::Well };
        Arc::new(Self { issuer, told: Mutex::new(told), fetches: AtomicUsize::new(0) })
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is at this path.
    fn act(&self, path: &str) -> Act {
        let found = match path {
            JWKS => {
                self.fetches.fetch_add(1, Ordering::Relaxed);
                Answer::json(200, &self.jwks())
            }
            CONFIGURATION => {
                let jwks = format!("{}{JWKS}", self.issuer);
                Answer::json(200, &json!({ "issuer": self.issuer, "jwks_uri": jwks }))
            }
            _ => Answer::status(404),
        };
        match self.lock().condition {
            Condition::Well => found.into(),
            Condition::Slow(delay) => Act::from(found).after(delay),
            Condition::Garbage => Answer::status(200).body("<html>Sign in to your network</html>").into(),
            Condition::Status(status) => Answer::status(status).into(),
            Condition::Flood => Act::Flood(64 * 1024 * 1024),
            Condition::Down => Act::ResetUnread,
        }
    }

    fn jwks(&self) -> Value {
        json!({ "keys": self.lock().keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
    }
}

fn keys(generation: usize) -> Vec<Arc<SigningKey>> {
    let key = |algorithm: Algorithm| {
        Arc::new(SigningKey::new(algorithm, format!("{}-{generation}", algorithm.as_str()), generation))
    };
    Algorithm::ALL.map(key).into()
}

impl IdentityProvider {
    /// An issuer of this URL, which is reached through itself alone.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self { state: State::new(issuer.into()), service: None }
    }

    /// An issuer that serves on a free port of loopback, until it is dropped.
    pub async fn serve() -> io::Result<Self> {
        let service = MisbehavingService::start().await?;
        let state = State::new(service.url());
        let answering = Arc::clone(&state);
        service.otherwise(move |received| answering.act(&received.path));
        Ok(Self { state, service: Some(service) })
    }

    /// What its tokens say in `iss`; its URL, if it serves.
    pub fn issuer(&self) -> &str {
        &self.state.issuer
    }

    /// Whether it serves over HTTP.
    pub fn is_served(&self) -> bool {
        self.service.is_some()
    }

    /// Where its keys are.
    pub fn jwks_uri(&self) -> String {
        format!("{}{JWKS}", self.issuer())
    }

    /// Its public keys, as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        self.state.jwks()
    }

    /// Its key of this algorithm.
    ///
    /// # Panics
    ///
    /// Never: it has one of each.
    pub fn key(&self, algorithm: Algorithm) -> Arc<SigningKey> {
        let key = self.state.lock().keys.iter().find(|key| key.algorithm() == algorithm).cloned();
        let Some(key) = key else { panic!("there is no key of {}", algorithm.as_str()) };
        key
    }

    /// A token of these claims, signed by its key of this algorithm.
    pub fn mint(&self, algorithm: Algorithm, claims: &Value) -> String {
        let key = self.key(algorithm);
        let header = json!({ "alg": algorithm.as_str(), "typ": "JWT", "kid": key.kid() });
        compact(&header.to_string(), &claims.to_string(), |message| key.sign(message))
    }

    /// Has new keys from now on, with new names; the former are no longer published.
    pub fn rotate(&self) {
        let mut told = self.state.lock();
        told.generation += 1;
        told.keys = keys(told.generation);
    }

    /// Is so from now on.
    pub fn be(&self, condition: Condition) {
        self.state.lock().condition = condition;
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Outbound for IdentityProvider {
    async fn send(&self, request: &Request, _call: &CallContext) -> Result<Response> {
        let Target::Url(url) = &request.target else {
            return Err(Error::invalid("only the issuer can be reached"));
        };
        let Some(path) = url.strip_prefix(self.issuer()) else {
            return Err(Error::new(ErrorKind::Unavailable, "there is nobody there"));
        };
        let mut act = self.state.act(path);
        loop {
            act = match act {
                Act::After(delay, then) => {
                    tokio::time::sleep(delay).await;
                    *then
                }
                Act::Answer(Answer { status, headers, body, .. }) => return Ok(Response { status, headers, body }),
                Act::Flood(bytes) => {
                    return Ok(Response { status: 200, headers: Vec::new(), body: vec![b' '; bytes].into() });
                }
                _ => return Err(Error::new(ErrorKind::Unavailable, "the issuer is not there")),
            };
        }
    }
}
