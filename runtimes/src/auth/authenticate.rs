//! What the layer asks.

use anyport_ports::CallContext;
use async_trait::async_trait;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::{Principal, Unauthorized};

/// Tells who sent a request.
#[async_trait]
pub trait Authenticate: Send + Sync + 'static {
    /// The caller that the headers prove.
    ///
    /// # Errors
    ///
    /// `Missing` if they claim nobody, `Invalid` if what they claim does not hold, `Unavailable` if it cannot be told now.
    async fn authenticate(&self, headers: &HeaderMap, call: &CallContext) -> Result<Principal, Unauthorized>;
}

/// The caller of a function that requires one, or, where it does not, of a request that has an `Authorization` header. One
/// that does not hold is refused either way.
pub async fn identify(
    authenticator: &dyn Authenticate,
    required: bool,
    headers: &HeaderMap,
    call: &CallContext,
) -> Result<Option<Principal>, Unauthorized> {
    if !required && !headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    authenticator.authenticate(headers, call).await.map(Some)
}
