//! For people.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use super::error::RenderError;
use super::model::Report;
use super::page::Page;

/// The report as one self-contained page: no network, no files beside it. Everything that comes from the report is
/// escaped.
pub fn to_html(report: &Report) -> Result<String, RenderError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    let page = Serde(Page::new(report));
    Ok(environment.render_str(include_str!("page.html"), context! { page })?)
}
