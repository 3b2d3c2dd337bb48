//! The plain server: HTTP, consumers for subscriptions, a scheduler that fires once across replicas, a watch on blobs,
//! followers of change feeds, health and readiness, graceful drain, and the OpenAPI document.
//!
//! | path | |
//! |---|---|
//! | `/healthz` | 200 while the process lives |
//! | `/readyz` | 200 once provisioned, 503 before and while draining |
//! | `/openapi.json` | the OpenAPI 3.1 document |
//! | `/_anyport/blobs/...` | signed URLs of the embedded store, if there is one |

pub(crate) mod accept;
mod bare_errors;
mod blob_watch;
mod claimed;
mod consumer;
mod feed;
pub(crate) mod readiness;
pub(crate) mod router;
mod scheduler;
mod settings;
pub(crate) mod signals;
mod workers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::handles::Ports;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use settings::ServerSettings;

use crate::events::EventFunctions;
use crate::http::HttpService;
use crate::layers::Around;
use crate::schemas::Compile;
use crate::surroundings::Surroundings;
use crate::workload::{InvalidWorkload, Workload};
use readiness::{Readiness, Stage};

/// Why the server did not start, or did not stop as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The workload is wrong.
    #[error(transparent)]
    Workload(#[from] InvalidWorkload),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another process listening there? Set server.address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// What the workload needs could not be created.
    #[error("what the workload needs could not be provisioned: {0}")]
    Provision(#[source] anyport_ports::Error),
    /// The signals to stop by cannot be received.
    #[error("SIGTERM and SIGINT cannot be received: {0}")]
    Signals(#[source] std::io::Error),
}

/// A server that runs. Dropping it cuts everything off; [`Running::shutdown`] drains it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    readiness: Readiness,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    grace: Duration,
}

impl Running {
    /// Tasks that end soon after `stop` is told, behind a listener at this address.
    pub(crate) fn new(
        address: SocketAddr,
        readiness: Readiness,
        stop: CancellationToken,
        tasks: JoinSet<()>,
        grace: Duration,
    ) -> Self {
        Self { address, readiness, stop, tasks, grace }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops taking work, and ends what is in flight within the grace; what takes longer is cut off and logged.
    pub async fn shutdown(mut self) {
        tracing::info!(grace_ms = crate::duration::millis(self.grace), "stopping");
        self.readiness.enter(Stage::Draining);
        self.stop.cancel();
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, drained).await.is_err() {
            tracing::warn!("the grace is over: what was still in flight is cut off");
        } else {
            tracing::info!("stopped");
        }
    }
}

/// Listens where the settings say. Connections wait until the server is started; with port 0, the listener tells which
/// port is the server's, so that adapters can be opened that must know.
pub async fn listen(settings: &ServerSettings) -> Result<TcpListener, ServeError> {
    let address = settings.address;
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

/// Starts a server on a listener: it provisions what the workload needs if its surroundings have a provisioner, and then takes
/// work.
pub async fn start(
    listener: TcpListener,
    workload: Workload,
    ports: Ports,
    surroundings: Surroundings,
    settings: ServerSettings,
) -> Result<Running, ServeError> {
    let prepared = workload.prepare(Compile::Now)?;
    let around = Around::new(workload.name(), ports.clone(), surroundings.clone(), settings.body_timeout);
    let functions = HttpService::of(&prepared, &around)?;
    let events = EventFunctions::of(&prepared, &around)?;
    let unheard = |source| ServeError::Listen { address: settings.address, source };
    let address = listener.local_addr().map_err(unheard)?;

    let (readiness, stop, mut tasks) = (Readiness::starting(), CancellationToken::new(), JoinSet::new());
    let router = router::router(router::Parts {
        functions,
        readiness: readiness.clone(),
        openapi: Arc::new(prepared.openapi(&workload)),
        signed: surroundings.signed,
        body_timeout: settings.body_timeout,
    });
    tasks.spawn(accept::accept(listener, router, settings.clone(), stop.clone()));

    if let Some(provision) = surroundings.provision {
        provision.provision(&workload.resources()).await.map_err(ServeError::Provision)?;
    }
    let count = prepared.functions.len();
    workers::start(events, &ports, surroundings.changes, &settings, &mut tasks, &stop)
        .await
        .map_err(|problem| InvalidWorkload { workload: workload.name().to_owned(), problems: vec![problem] })?;
    readiness.enter(Stage::Ready);
    tracing::info!(workload = workload.name(), %address, functions = count, "ready");
    Ok(Running::new(address, readiness, stop, tasks, settings.grace))
}

/// Starts a server on a listener, tells where it listens, and serves until SIGTERM or SIGINT; then it drains. A second signal ends it
/// at once.
pub async fn serve(
    listener: TcpListener,
    workload: Workload,
    ports: Ports,
    surroundings: Surroundings,
    settings: ServerSettings,
    on_ready: impl FnOnce(SocketAddr) + Send,
) -> Result<(), ServeError> {
    let mut signals = signals::Signals::install().map_err(ServeError::Signals)?;
    let telemetry = surroundings.telemetry.clone();
    let running = tokio::select! {
        running = start(listener, workload, ports, surroundings, settings) => running?,
        () = signals.next() => return Ok(()),
    };
    on_ready(running.address());
    signals.next().await;
    tokio::select! {
        () = running.shutdown() => {}
        () = signals.next() => tracing::warn!("a second signal: what was in flight is cut off"),
    }
    if let Some(telemetry) = telemetry {
        telemetry.shutdown().await;
    }
    Ok(())
}
