//! Why a report could not be rendered.

use std::io;

use thiserror::Error;

/// A rendering failed. The report's data is at fault, or the page's template.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The JSON could not be written.
    #[error("cannot render the report as JSON")]
    Json(#[from] serde_json::Error),
    /// The JUnit XML could not be written.
    #[error("cannot render the report as JUnit XML")]
    JUnit(#[from] quick_junit::SerializeError),
    /// The page could not be written.
    #[error("cannot render the report as a page")]
    Html(#[from] minijinja::Error),
}

impl From<RenderError> for io::Error {
    fn from(error: RenderError) -> Self {
        Self::other(error)
    }
}
