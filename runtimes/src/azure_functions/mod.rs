//! Azure Functions, as a custom handler: one process holds the whole workload, and the host calls its functions by HTTP on
//! loopback.
//!
//! | trigger | function | what the host is told |
//! |---|---|---|
//! | HTTP, `enableProxyingHttpRequest` or `enableForwardingHttpRequest` | by method and path, as on the server | the answer, errors as problems |
//! | HTTP, neither | the one named | the answer as the output `res`; one that cannot be said so is a problem, 501 |
//! | Storage Queue, Service Bus, a topic of Event Grid | the subscription's, by its name | any status but a 2xx: it comes again |
//! | timer | the schedule's, by its name | as above; each slot runs once |
//! | blob trigger, Event Grid's events about blobs | the bucket's, by its name, if the prefix fits | as above; each state of a blob is done once |
//! | Cosmos DB's change feed | the collection's, by its name, document after document | as above: the page comes again |
//!
//! A function of the host has the name of the function in the workload, and the host calls it by `POST /<function>`; no route may
//! take such a path. `anyport manifest --azure DIR` writes the files that the host reads, from the workload's manifest.
//!
//! Whatever else comes, garbage included, is a typed [`InvocationError`], and the process lives on. Nothing is believed of what
//! the host says beside a payload if the payload could have said it itself.
//!
//! The host has no signal before it ends the process: what is to be told of an invocation is told before it is answered. And it
//! repeats a request after a connection that broke, so that one may come twice: idempotent functions do it once.

mod blobs;
mod deadline;
mod documents;
mod environment;
mod error;
mod event;
mod functions;
mod http;
mod listen;
mod messages;
mod payload;
mod reply;
mod routes;
mod schedules;
mod settings;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyport_ports::handles::Ports;
use tokio::net::TcpListener;

pub use environment::IncompleteEnvironment;
pub use error::InvocationError;
pub use functions::Functions;
pub use settings::{AzureFunctionsSettings, HttpMode, Settlement};

use crate::surroundings::Surroundings;
use crate::workload::{InvalidWorkload, Workload};

/// The exit code of what does not get better by another start (`EX_CONFIG` of sysexits.h). The host reads it: after 0 it does
/// not start the process again, after 200 it does and does not count it, after any other it does and counts. The third time it
/// stops, and says so, instead of waiting for a process that will not come.
pub const EXIT_CONFIGURATION: u8 = 78;

/// Why the functions are not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionsError {
    /// The workload is wrong, or cannot run on this host.
    #[error(transparent)]
    Workload(#[from] InvalidWorkload),
    /// A setting is wrong.
    #[error("azure_functions.prefix: {0}")]
    Settings(#[source] anyport_ports::Error),
    /// The process was not started by Azure Functions, or by something that does as it does.
    #[error(transparent)]
    Environment(#[from] IncompleteEnvironment),
    /// The port that the host named cannot be listened on.
    #[error("cannot listen on {address}, which the host named: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// Serves a workload's functions until the host ends the process. A composition root hands the error, as any other of its own,
/// to [`fail`].
///
/// The host takes the first answer of any kind for a sign that all is ready: what takes long is best done before this is called.
pub async fn serve(
    workload: Workload,
    ports: Ports,
    surroundings: Surroundings,
    settings: AzureFunctionsSettings,
) -> Result<(), FunctionsError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, environment::port()?));
    let functions = Functions::new(&workload, &ports, &surroundings, &settings)?;
    let listener = TcpListener::bind(address).await.map_err(|source| FunctionsError::Listen { address, source })?;
    tracing::info!(workload = workload.name(), %address, functions = workload.functions().len(), "ready");
    answer(listener, functions, surroundings).await;
    Ok(())
}

/// Serves functions on a listener for as long as it is polled.
pub async fn answer(listener: TcpListener, functions: Functions, surroundings: Surroundings) {
    match listen::answer(listener, Arc::new(functions), surroundings.telemetry).await {}
}
