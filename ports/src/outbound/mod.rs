//! Calls to services of others: HTTP, with a deadline, retries that are safe, and a key that lets the service know a
//! repeated call again.

mod exchange;

use std::sync::Arc;

use async_trait::async_trait;

pub use exchange::{MAX_RESPONSE_BYTES, Method, Request, Response, Target};

use crate::{CallContext, Error, ErrorKind, Result};

/// Calls services over HTTP.
#[async_trait]
pub trait Outbound: Send + Sync + 'static {
    /// Sends a request and reads the whole response; whatever status the service answered with is a response, not an error.
    ///
    /// It is over by the call's deadline. A request is repeated only where that is safe: by its method, or because it has
    /// an idempotency key, which every attempt carries.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the request was not carried out: the service was not reached, or is not called for a while since it
    /// kept failing; `Indeterminate` if it is not known whether it was; `InvalidInput` for a target that is not bound or no
    /// URL; `TooLarge` for a response over 8 MiB.
    async fn send(&self, request: &Request, call: &CallContext) -> Result<Response>;
}

/// Calls nobody: what is bound where a workload calls no service.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutbound;

impl NoOutbound {
    /// As the port that it stands for.
    pub fn port() -> Arc<dyn Outbound> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Outbound for NoOutbound {
    async fn send(&self, request: &Request, _call: &CallContext) -> Result<Response> {
        let message = "no client for services of others is bound: bind one in the composition root";
        Err(Error::new(ErrorKind::InvalidInput, message).during("outbound.send", &request.target))
    }
}
