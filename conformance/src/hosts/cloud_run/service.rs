//! What is reached at an address, through the front end.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Google, requests};
use crate::hosts::gateway::{HttpCall, HttpReply};

/// The statuses by which Pub/Sub takes a message for acknowledged.
const ACKNOWLEDGED: [u16; 5] = [102, 200, 201, 202, 204];

/// A service at an address.
#[derive(Clone)]
pub struct Service {
    google: Google,
    address: SocketAddr,
}

/// How a push was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed(pub HttpReply);

impl Pushed {
    /// The status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Whether what was pushed does not come again.
    pub fn is_acknowledged(&self) -> bool {
        ACKNOWLEDGED.contains(&self.0.status)
    }

    /// What `Retry-After` says.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.0.headers.iter().find(|(name, _)| name == "retry-after")?.1.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

impl Service {
    pub(super) fn new(google: Google, address: SocketAddr) -> Self {
        Self { google, address }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whose it is.
    pub fn google(&self) -> &Google {
        &self.google
    }

    /// Sends a request as a client does, and reads the answer.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    pub async fn http(&self, call: &HttpCall) -> HttpReply {
        match requests::exchange(self.address, call).await {
            Ok(reply) => reply,
            Err(error) => panic!("{} {} was not answered: {error}", call.method, call.target),
        }
    }

    /// The same, but it may go unanswered.
    pub async fn try_http(&self, call: &HttpCall) -> std::io::Result<HttpReply> {
        requests::exchange(self.address, call).await
    }

    /// Pushes a request with a token that holds.
    pub async fn push(&self, path: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Pushed {
        let token = self.google.token(&self.google.claims());
        self.push_with(&token, path, headers, body).await
    }

    /// Pushes a request with this token.
    pub async fn push_with(
        &self,
        token: &str,
        path: &str,
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Pushed {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        let call = HttpCall { method: "POST".to_owned(), target: path.to_owned(), headers, body };
        Pushed(self.http(&call).await)
    }
}
