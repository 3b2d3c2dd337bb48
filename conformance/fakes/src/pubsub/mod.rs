//! Google Cloud Pub/Sub: a fake, written from the public proto (`google.pubsub.v1`) and the documentation, for what
//! Google's own emulator does not do: filters, redelivery after a nack, delivery attempts, dead letters, exactly-once
//! delivery and fair delivery over several consumers.
//!
//! Publishers and subscribers speak gRPC (unencrypted HTTP/2), administrators REST, on one port. Nobody is asked for
//! credentials, and nothing outlives the process. What is not done is refused rather than ignored: push, ordering, retry
//! policies, schemas, snapshots, exports.
//!
//! | module | what it knows |
//! |---|---|
//! | `config` | what a topic and a subscription are made of, and what is refused |
//! | `filter` | which messages a subscription takes |
//! | `queue` | the messages of one subscription: leases, deadlines, attempts |
//! | `store` | all topics and subscriptions, and what passes between them |
//! | `grpc`, `streaming`, `rest` | the wire |

mod config;
mod filter;
mod grpc;
mod queue;
mod refusal;
mod rest;
mod store;
mod streaming;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use tokio::net::TcpListener;

use self::store::Store;
use crate::Place;

/// How often is looked for leases that ended.
const TICK: Duration = Duration::from_millis(20);

pub(crate) async fn serve(place: &Place) -> anyhow::Result<()> {
    let listener = TcpListener::bind(place.address()).await.context("listening for clients of Pub/Sub")?;
    serve_on(listener).await
}

/// Serves what comes in at the listener, HTTP/1.1 and unencrypted HTTP/2.
async fn serve_on(listener: TcpListener) -> anyhow::Result<()> {
    let store = Arc::new(Store::default());
    tokio::spawn(watch(Arc::clone(&store)));
    axum::serve(listener, router(store)).await.context("serving Pub/Sub")
}

fn router(store: Arc<Store>) -> Router {
    grpc::routes()
        .merge(rest::routes())
        // What tells a probe that it serves, in the words of Google's emulator.
        .route("/", get(async || "Ok"))
        .layer(DefaultBodyLimit::disable())
        .with_state(store)
}

/// Ends leases when it is time, for as long as anybody serves the store.
async fn watch(store: Arc<Store>) {
    loop {
        tokio::time::sleep(TICK).await;
        store.end_leases();
    }
}
