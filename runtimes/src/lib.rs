//! Who calls the workload: the function model, and the hosts that run it.
//!
//! A [`Function`] is an async fn whose parameters say what it takes and what it may touch; a [`Workload`] is a set of
//! them. Manifest and OpenAPI document are read off the parameter types. Nothing here names an adapter: the composition
//! root hands over [`anyport_ports::handles::Ports`].
//!
//! - [`http::HttpService`] serves the HTTP functions on any host, as a `tower::Service`.
//! - [`events::EventFunctions`] are the functions that events call, for any host.
//! - `server` (feature `server`, default) is the plain server: HTTP, consumers, scheduler, blob watcher, feeds, drain.
//! - `aws_lambda` (feature `aws-lambda`) is AWS Lambda: gateways, queues, topics, buckets, streams of tables, the clock.
//! - `azure_functions` (feature `azure-functions`) is Azure Functions' custom handler: requests, queues, timers, blobs, changes.
//! - `cloud_run` (feature `cloud-run`) is Cloud Run: requests as on the server, and events that Google Cloud pushes;
//!   `cloud_events` reads and writes CloudEvents over HTTP.
//! - [`host`] tells on which of them this process runs.
//!
//! The features of hosts add up: one binary may hold several.

pub mod answer;
pub mod auth;
#[cfg(feature = "aws-lambda")]
pub mod aws_lambda;
#[cfg(feature = "azure-functions")]
pub mod azure_functions;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
mod backoff;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
mod claims;
#[cfg(feature = "cloud-run")]
pub mod cloud_events;
#[cfg(feature = "cloud-run")]
pub mod cloud_run;
mod duration;
pub mod events;
pub mod extract;
mod fault;
pub mod function;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
mod given_up;
pub mod host;
pub mod http;
mod layers;
mod machine;
mod manifest;
mod openapi;
mod problem;
mod schedule;
pub mod schemas;
mod surroundings;
pub mod telemetry;
pub mod testing;
mod trace_context;
mod workload;

#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub mod logs;
#[cfg(feature = "server")]
pub mod server;
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub mod settings;

pub use ::http::{Method, StatusCode};

pub use answer::{Answer, Created, Download, IntoAnswer, NoContent, Page, Tagged};
pub use auth::Principal;
pub use extract::{
    BlobCreated, Body, Caller, DocumentChanged, Event, FromInvocation, IfMatch, Json, Path, Query, Scope, Scoped, Tick,
};
pub use fault::Fault;
pub use function::{Function, Handler, Idempotent, IdempotentManifest, Limits, Trigger};
pub use layers::{Deadline, HostContext};
pub use machine::{SystemClock, TokioTimer, UuidIds};
pub use manifest::{FunctionManifest, Manifest};
pub use problem::{Details, Location, PROBLEM_JSON, Problem, Violation, status_of};
pub use surroundings::{DecodeChange, Surroundings};
pub use trace_context::TraceContext;
pub use workload::{InvalidWorkload, RUNTIME_COLLECTION, Workload};
