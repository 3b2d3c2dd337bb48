//! Lines for people.

use std::fmt::{self, Write as _};

use tracing::Subscriber;
use tracing::field::Field;
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::registry::LookupSpan;

use super::redaction::{REDACTED, is_secret, scrubbed};

/// Writes text to standard output, in colour or not.
pub(super) fn layer<S>(colour: bool) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(std::io::stdout)
        .with_ansi(colour)
        .with_target(false)
        .fmt_fields(debug_fn(field).delimited(" "))
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let name = field.name();
    if name.starts_with("log.") || name.starts_with("otel.") {
        return Ok(());
    }
    if is_secret(name) {
        return write!(writer, "{name}={REDACTED}");
    }
    let mut text = String::new();
    write!(text, "{value:?}")?;
    match name {
        "message" => writer.write_str(&scrubbed(&text)),
        _ => write!(writer, "{name}={}", scrubbed(&text)),
    }
}
