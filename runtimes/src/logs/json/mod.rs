//! One JSON object a line.

mod fields;
mod line;
#[cfg(test)]
mod tests;

use std::fmt;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::filter::OWN;
use super::settings::Google;
use fields::Fields;
pub(crate) use line::Line;

/// Writes every event as one JSON object; see the module's documentation for its keys. A layer for programs that put their
/// subscriber together themselves, and for tests.
pub struct JsonLines {
    write: Box<dyn Fn(&str) + Send + Sync>,
    /// For whom Google's fields are written, if they are.
    google: Option<Google>,
}

impl JsonLines {
    /// Hands each line, without its end, to this function.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { write: Box::new(write), google: None }
    }

    /// With Google's fields, if they are wanted.
    pub(super) fn google(mut self, google: Option<Google>) -> Self {
        self.google = google;
        self
    }
}

impl<S> Layer<S> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            // What is shown of a value may panic: not while the span's data are locked.
            let mut fields = Fields::default();
            values.record(&mut fields);
            if let Some(known) = span.extensions_mut().get_mut::<Fields>() {
                known.extend(fields);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let message = own.take_message();
        let mut line = Line::new(*metadata.level(), metadata.target(), &message);
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.fields(fields, is_own(span.metadata()));
            }
        }
        line.fields(&own, is_own(metadata));
        if let Some(google) = &self.google {
            line.google(google.project.as_deref());
        }
        (self.write)(&line.finish());
    }
}

/// Whether it is the runtime that tells it.
fn is_own(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(OWN)
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").field("google", &self.google).finish_non_exhaustive()
    }
}
