//! Who calls the functions.

mod cargo_lambda;
mod events;
mod lambda;
mod server;

use async_trait::async_trait;

pub(crate) use cargo_lambda::CargoLambda;
pub(crate) use lambda::Lambda;
pub(crate) use server::PlainServer;

use crate::transcript::Answer;

/// A request, ready to be sent.
pub(crate) struct HttpRequest {
    pub(crate) method: &'static str,
    /// Path and query, percent-encoded.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A host that runs the storefront.
#[async_trait]
pub(crate) trait Host {
    /// Asks as a client does.
    async fn ask(&mut self, request: &HttpRequest) -> Answer;

    /// Fires the schedule of this function, if the host does not by itself.
    async fn fire(&mut self, function: &str);

    /// Delivers what is waiting, messages and new blobs, if the host does not by itself.
    async fn deliver(&mut self);

    /// Ends it.
    async fn stop(self: Box<Self>);
}
