//! The listener on loopback, and the connections that the host makes to it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::Functions;
use crate::telemetry::Telemetry;

/// Largest head of a request, in bytes: the host adds headers of its own to a client's.
const MAX_HEAD_BYTES: usize = 128 * 1024;

/// Most headers of a request that are parsed: over the limit there is an answer, and no broken connection.
const MAX_PARSED_HEADERS: usize = 1024;

/// The pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers the host until it ends the process. Whoever drops this ends it: there is nothing to drain, since the host kills
/// without a word, and all that was to be told of an invocation is told before its answer.
pub(super) async fn answer(
    listener: TcpListener,
    functions: Arc<Functions>,
    telemetry: Option<Telemetry>,
) -> Infallible {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
        let (functions, telemetry) = (Arc::clone(&functions), telemetry.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (functions, telemetry) = (Arc::clone(&functions), telemetry.clone());
            async move {
                let answer = functions.answer(request).await;
                // The host may end the process as soon as it is told.
                if let Some(telemetry) = telemetry {
                    telemetry.flush().await;
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let mut connection = http1::Builder::new();
        connection.timer(TokioTimer::new()).max_headers(MAX_PARSED_HEADERS).max_buf_size(MAX_HEAD_BYTES);
        let connection = connection.serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended with an error");
            }
        });
    }
}
