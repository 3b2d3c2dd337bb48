//! The end of the process.

use std::io::Write as _;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::telemetry::Telemetry;

/// Asks the host for a signal before it ends the process: it sends one where an extension is registered, and kills the
/// process 500 ms later. Answers are sent by then; what is left is to write out what was logged.
pub(super) async fn listen(telemetry: Option<Telemetry>) {
    let at_the_end = async move || {
        tracing::info!("stopping");
        if let Some(telemetry) = &telemetry {
            telemetry.shutdown().await;
        }
        // Nobody is left to be told that it failed.
        let _ = std::io::stdout().flush();
    };
    // The crate panics where a host has no extensions; functions run there all the same.
    let registered = AssertUnwindSafe(lambda_runtime::spawn_graceful_shutdown_handler(at_the_end)).catch_unwind().await;
    if registered.is_err() {
        tracing::warn!(
            "the host has no extensions, so that it kills this process without a signal; \
             aws_lambda.graceful_shutdown = false keeps from asking"
        );
    }
}
