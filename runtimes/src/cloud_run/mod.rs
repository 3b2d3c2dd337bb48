//! Google Cloud Run: a container that serves HTTP on `0.0.0.0:$PORT`, and to which Google Cloud pushes events.
//!
//! | request | function |
//! |---|---|
//! | any route of the workload, `/healthz`, `/readyz`, `/openapi.json` | as on the plain server |
//! | `POST /_anyport/push/<function>` | the function of this name, called by an event |
//! | `OPTIONS /_anyport/push/<function>` | may a sender of CloudEvents send? |
//!
//! The second is what is pointed at the function that an event calls:
//!
//! | function | source | what comes |
//! |---|---|---|
//! | subscription | a push subscription of Pub/Sub, wrapped or unwrapped; an Eventarc trigger on the topic; a queue of Cloud Tasks; whoever sends CloudEvents | the structured CloudEvent that the messages port publishes |
//! | schedule | a job of Cloud Scheduler, or a task | nothing: each slot runs once, however often it is told |
//! | blob created | an Eventarc trigger on `google.cloud.storage.object.v1.finalized` of the bucket | once for each state of a blob |
//! | documents changed | an Eventarc trigger on `google.cloud.firestore.document.v1.written` | a document's changes in order; those that come late are passed over |
//!
//! Every event bears a token (OIDC) of a service account that [`PushSettings`] names; without one nothing is read. Answers are
//! for Pub/Sub to understand, which acknowledges by 102, 200, 201, 202 and 204 alone: what is done is 204, what is to come again
//! 503 or 429 with `Retry-After`, to Cloud Tasks 500 where it is not overload; what can never be done is kept ([`Settlement`])
//! and 204, since a 4xx would bring it again for ever.
//!
//! Nothing runs outside of requests, since the CPU is throttled there: nothing is polled. After SIGTERM nothing is accepted, what
//! is in flight is ended within [`CloudRunSettings::grace`], and telemetry is flushed.
//!
//! Events of Firestore are handed to [`Surroundings::decode_change`](crate::Surroundings::decode_change) whole, as a structured
//! CloudEvent (JSON): their data, `google.events.cloud.firestore.v1.DocumentEventData`, stand in `data_base64` as protobuf, or
//! in `data` where the trigger's content type is `application/json`.

mod environment;
mod error;
mod in_flight;
mod push;
mod settings;

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_ports::handles::Ports;
use anyport_ports::resources::{CollectionSpec, Resources};
use axum::middleware;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use error::CloudRunError;
pub use settings::{CloudRunSettings, PushSettings, Settlement, VerifiedBy};

use self::in_flight::InFlight;
use self::push::Push;
use crate::events::EventFunctions;
use crate::http::HttpService;
use crate::layers::Around;
use crate::schemas::Compile;
use crate::server::readiness::{Readiness, Stage};
use crate::server::router::{self, Parts};
use crate::server::signals::Signals;
use crate::server::{Running, ServerSettings, accept};
use crate::surroundings::Surroundings;
use crate::workload::{RUNTIME_COLLECTION, Workload};

/// Listens on the port that the host says, at [`CloudRunSettings::bind`]. Connections wait until the functions are started.
pub async fn listen(settings: &CloudRunSettings) -> Result<TcpListener, CloudRunError> {
    let port = environment::port().map_err(|problem| CloudRunError::Settings { problems: vec![problem] })?;
    let address = SocketAddr::new(settings.bind, port);
    TcpListener::bind(address).await.map_err(|source| CloudRunError::Listen { address, source })
}

/// Everything that must exist for a workload here: what it needs on the plain server, and the runtime's collection, in which
/// messages are put on record that can never be done.
pub fn resources(workload: &Workload) -> Resources {
    let mut resources = workload.resources();
    let collections = vec![CollectionSpec::new(RUNTIME_COLLECTION, Vec::new())];
    resources.merge(Resources { collections, ..Resources::default() });
    resources
}

/// Starts to serve a workload's functions on a listener.
pub async fn start(
    listener: TcpListener,
    workload: Workload,
    ports: Ports,
    surroundings: Surroundings,
    settings: CloudRunSettings,
) -> Result<Running, CloudRunError> {
    let mut prepared = workload.prepare(Compile::Now)?;
    for function in &mut prepared.functions {
        // The host gives up on a request and kills nobody over it: leases are renewed, as on any server.
        function.limits.timeout = function.limits.timeout.min(settings.time_of_calls());
    }
    let around = Around::new(workload.name(), ports.clone(), surroundings.clone(), settings.body_timeout);
    let functions = HttpService::of(&prepared, &around)?;
    let events = EventFunctions::of(&prepared, &around)?;
    let push = Push::new(events, &ports, &surroundings, &settings).map_err(|problems| {
        let problems = [settings.problems(), problems].concat();
        CloudRunError::Settings { problems }
    })?;
    let problems = settings.problems();
    if !problems.is_empty() {
        return Err(CloudRunError::Settings { problems });
    }
    let unheard = |source| CloudRunError::Listen { address: SocketAddr::new(settings.bind, 0), source };
    let address = listener.local_addr().map_err(unheard)?;

    let (readiness, stop, mut tasks) = (Readiness::starting(), CancellationToken::new(), JoinSet::new());
    let telemetry = surroundings.telemetry.clone().filter(|_| !settings.cpu_always_allocated);
    let router = push::router(Arc::new(push), readiness.clone()).merge(router::router(Parts {
        functions,
        readiness: readiness.clone(),
        openapi: Arc::new(prepared.openapi(&workload)),
        signed: surroundings.signed,
        body_timeout: settings.body_timeout,
    }));
    let in_flight = InFlight::new(telemetry);
    let router = router.layer(middleware::from_fn_with_state(in_flight, in_flight::watch));
    let connections = ServerSettings {
        header_timeout: settings.header_timeout,
        max_connections: settings.max_connections,
        ..ServerSettings::default()
    };
    if let Some(provision) = surroundings.provision {
        provision.provision(&resources(&workload)).await.map_err(CloudRunError::Provision)?;
    }
    readiness.enter(Stage::Ready);
    // Not before: whom the platform lets in is to be answered. Until then connections wait.
    tasks.spawn(accept::accept(listener, router, connections, stop.clone()));
    tracing::info!(workload = workload.name(), %address, functions = prepared.functions.len(), "ready");
    Ok(Running::new(address, readiness, stop, tasks, settings.grace))
}

/// Serves a workload's functions on a listener until SIGTERM; then it drains, and sends what telemetry is left.
pub async fn serve(
    listener: TcpListener,
    workload: Workload,
    ports: Ports,
    surroundings: Surroundings,
    settings: CloudRunSettings,
) -> Result<(), CloudRunError> {
    let mut signals = Signals::install().map_err(CloudRunError::Signals)?;
    let telemetry = surroundings.telemetry.clone();
    let running = tokio::select! {
        running = start(listener, workload, ports, surroundings, settings) => running?,
        () = signals.next() => return Ok(()),
    };
    signals.next().await;
    tokio::select! {
        () = running.shutdown() => {}
        () = signals.next() => tracing::warn!("a second signal: what was in flight is cut off"),
    }
    if let Some(telemetry) = telemetry {
        // What is not sent by then is lost: the host kills the process a moment later.
        tokio::time::timeout(settings::AFTER_DRAIN, telemetry.shutdown()).await.ok();
    }
    Ok(())
}
