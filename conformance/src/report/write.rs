//! A report as files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Report, to_html, to_json, to_junit, to_markdown};

/// Where a report was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `report.json`.
    pub json: PathBuf,
    /// `junit.xml`.
    pub junit: PathBuf,
    /// `report.md`.
    pub markdown: PathBuf,
    /// `index.html`.
    pub html: PathBuf,
}

impl Report {
    /// Writes all four renderings to `dir`, which is made if need be. Files of an earlier report are replaced.
    ///
    /// # Errors
    /// When a file cannot be written; the error names it. Everything is rendered before the first file is touched.
    pub fn write_to(&self, dir: &Path) -> io::Result<Written> {
        let (json, junit, markdown, html) = (to_json(self)?, to_junit(self)?, to_markdown(self), to_html(self)?);
        fs::create_dir_all(dir).map_err(|error| naming(dir, &error))?;
        let write = |name: &str, content: &str| {
            let path = dir.join(name);
            fs::write(&path, content).map_err(|error| naming(&path, &error)).map(|()| path)
        };
        Ok(Written {
            json: write("report.json", &json)?,
            junit: write("junit.xml", &junit)?,
            markdown: write("report.md", &markdown)?,
            html: write("index.html", &html)?,
        })
    }
}

fn naming(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the report to {}: {error}", path.display()))
}
