//! What is logged.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::Filter;
use tracing_subscriber::registry::LookupSpan;

use super::LogError;

/// What the runtime's own targets begin with.
pub(super) const OWN: &str = "anyport_runtimes";

/// What the text says; and the spans of calls whatever it says, so that each line knows its call.
pub(super) fn of<S>(text: &str) -> Result<impl Filter<S> + use<S>, LogError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + 'static,
{
    let filter = EnvFilter::try_new(text).map_err(|source| LogError::Filter { filter: text.to_owned(), source })?;
    Ok(filter.or(filter_fn(is_call)))
}

fn is_call(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with(OWN) && *metadata.level() <= Level::INFO
}
