//! For programs.

use super::error::RenderError;
use super::model::Report;

/// The report as JSON, indented, with a final newline.
pub fn to_json(report: &Report) -> Result<String, RenderError> {
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    Ok(json)
}
