//! Spans.

use tracing::field::Empty;
use tracing::{Instrument as _, Span, debug_span};

use super::{Around, Call};
use crate::Result;

/// A span at level `debug` around each call, with its operation (also as `otel.name`), the name of its resource, and the kind
/// of its error. Keys, bodies and the text of errors, which may be personal data, are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traced;

impl Around for Traced {
    async fn around<T: Send, F: Future<Output = Result<T>> + Send>(
        &self,
        call: Call<'_>,
        perform: impl Fn() -> F + Send + Sync,
    ) -> Result<T> {
        let span = debug_span!(
            "port",
            otel.name = call.operation,
            otel.kind = "client",
            operation = call.operation,
            resource = call.resource,
            error.type = Empty,
        );
        let performed = async {
            let result = perform().await;
            if let Err(error) = &result {
                Span::current().record("error.type", error.kind().as_str());
            }
            result
        };
        performed.instrument(span).await
    }
}
