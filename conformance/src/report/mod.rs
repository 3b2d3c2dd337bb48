//! What a run of the suite found: a plain data model, and four renderings of it.
//!
//! [`Report::write_to`] leaves in a directory `report.json` (for programs), `junit.xml` (for build servers),
//! `report.md` (for pull requests and the README) and `index.html` (for people: one page without a network).

mod against;
mod duration;
mod error;
mod fingerprints;
mod html;
mod json;
mod junit;
mod markdown;
mod model;
mod page;
mod problems;
mod write;

pub use against::{Server, Unverified, listed};
pub use error::RenderError;
pub use html::to_html;
pub use json::to_json;
pub use junit::to_junit;
pub use markdown::{to_markdown, to_markdown_table};
pub use model::{AdapterReport, CheckReport, KillMatrix, Mutant, Outcome, Report, Summary};
pub use write::Written;
