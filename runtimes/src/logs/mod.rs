//! Logs, on standard output: readable on a terminal, one JSON object a line otherwise.
//!
//! Every line of the JSON form has these keys, in this order:
//!
//! | key | |
//! |---|---|
//! | `timestamp` | RFC 3339, in UTC, to the microsecond |
//! | `level` | `ERROR`, `WARN`, `INFO`, `DEBUG`, `TRACE` |
//! | `message` | what happened; may be empty |
//! | `target` | which part of the program tells it |
//! | `request_id`, `correlation_id`, `trace_id`, `function`, `cold_start` | of the call that it happened in; `null` outside of one |
//!
//! and then the fields of the event and of the spans around it, the innermost winning. Only the runtime tells what call it
//! is: a field of that name, or of another of these keys, that anybody else has stands as `field.<name>`. So do panics, on
//! whatever thread, and what other crates tell through `tracing` or `log`.
//!
//! A value is at most 8 KiB long, a line about 64 KiB; what is longer is cut, and marked so. Fields that are named like
//! secrets (`authorization`, `api_key`, `session_token`) are `[redacted]`, and so are credentials within texts: bearer
//! tokens, JSON web tokens, passwords of URLs.
//!
//! On Google Cloud, lines also have `severity`, `logging.googleapis.com/trace`, `.../spanId` and `.../trace_sampled`.

mod fatal;
mod filter;
mod json;
mod output;
mod panics;
mod redaction;
mod settings;
mod text;

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

pub use fatal::{fatal, told};
pub use json::JsonLines;
pub(crate) use json::Line;
pub use settings::{LogFormat, LogProfile, LogSettings};

pub(crate) use output::write_line;
#[cfg(feature = "otlp")]
pub(crate) use redaction::{REDACTED, is_secret};

/// A layer of any type.
pub(crate) type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The filter is none.
    #[error("the log filter {filter:?} is not one: write it as \"info\" or \"warn,anyport_runtimes=debug\"")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something else in the process logs already.
    #[error("logging was set up already in this process")]
    AlreadyInstalled,
}

/// Logs from now on, panics of the whole process included. [`Telemetry::install`](crate::telemetry::Telemetry::install)
/// does this as well.
pub fn init(settings: &LogSettings) -> Result<(), LogError> {
    init_with(settings, None)
}

/// Logs from now on, with another layer beside.
pub(crate) fn init_with(settings: &LogSettings, beside: Option<AnyLayer>) -> Result<(), LogError> {
    let filter = filter::of(&settings.filter)?;
    let terminal = std::io::stdout().is_terminal();
    let json = match settings.format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines: AnyLayer = if json {
        let lines = JsonLines::new(output::write_line).google(settings.google());
        Box::new(lines.with_filter(filter))
    } else {
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Box::new(text::layer(colour).with_filter(filter))
    };
    let layers: Vec<AnyLayer> = [lines].into_iter().chain(beside).collect();
    tracing_subscriber::registry().with(layers).try_init().map_err(|_| LogError::AlreadyInstalled)?;
    panics::log_all();
    Ok(())
}
