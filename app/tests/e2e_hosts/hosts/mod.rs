//! Who calls the functions.

mod aws_events;
mod azure_functions;
mod cargo_lambda;
mod cloud_run;
mod in_process;
mod lambda;
#[path = "../../../src/compose/plain_change.rs"]
mod plain_change;
mod server;
mod sources;

use anyport_conformance::hosts::gateway::HttpCall;
use async_trait::async_trait;

pub(crate) use azure_functions::AzureFunctions;
pub(crate) use cargo_lambda::CargoLambda;
pub(crate) use cloud_run::CloudRun;
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

impl HttpRequest {
    /// The same, for the double of a host.
    fn call(&self) -> HttpCall {
        HttpCall {
            method: self.method.to_owned(),
            target: self.target.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }
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
