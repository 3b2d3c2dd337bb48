//! Imports.

use domain::imports::{ImportResult, ImportStatus, Refusal, Upload};
use schemars::JsonSchema;
use serde::Serialize;

/// A place to upload a file of users to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub struct UploadView {
    /// The import.
    pub id: String,
    /// The URL to `PUT` the CSV file to; its first row is `name,email`.
    pub upload_url: String,
    /// From when on it is refused.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

impl From<Upload> for UploadView {
    fn from(Upload { id, url, expires_at }: Upload) -> Self {
        Self { id: id.into(), upload_url: url, expires_at: expires_at.to_string() }
    }
}

/// How far an import has come.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schemars(rename = "Import")]
pub enum ImportView {
    /// Its file was not uploaded, or is being worked through: ask again in a moment.
    Waiting,
    /// Its file was worked through.
    Done {
        /// Users that the import created.
        created: u64,
        /// Lines whose user stood already, with this name and address.
        existing: u64,
        /// Lines that were refused.
        refused: u64,
        /// The first thousand of the lines that were refused, and why.
        refusals: Vec<RefusalView>,
    },
}

/// A line that was refused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Refusal")]
pub struct RefusalView {
    /// The line of the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl From<ImportStatus> for ImportView {
    fn from(status: ImportStatus) -> Self {
        let refusal = |Refusal { line, reason }| RefusalView { line, reason };
        match status {
            ImportStatus::Waiting => Self::Waiting,
            ImportStatus::Done(ImportResult { created, existing, refused, refusals }) => {
                Self::Done { created, existing, refused, refusals: refusals.into_iter().map(refusal).collect() }
            }
        }
    }
}
