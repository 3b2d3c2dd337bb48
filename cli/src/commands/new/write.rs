//! Files that are written all together, or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;

/// What is to be written, below one folder.
pub(super) struct Files {
    root: PathBuf,
    /// Paths below the root, contents, and whether they take the place of what stands there.
    files: Vec<(PathBuf, String, bool)>,
}

impl Files {
    pub(super) fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), files: Vec::new() }
    }

    /// A file that is new.
    pub(super) fn new_file(&mut self, path: impl Into<PathBuf>, content: impl Into<String>) {
        self.files.push((path.into(), content.into(), false));
    }

    /// A file that stands, with a new content.
    pub(super) fn changed(&mut self, path: impl Into<PathBuf>, content: impl Into<String>) {
        self.files.push((path.into(), content.into(), true));
    }

    /// Writes them and formats those of Rust. If a new one is there already, nothing is written.
    pub(super) fn write(self) -> anyhow::Result<Vec<PathBuf>> {
        for (path, _, replaces) in &self.files {
            ensure!(
                *replaces || !self.root.join(path).exists(),
                "{} is there already: nothing was written",
                path.display()
            );
        }
        let mut written = Vec::new();
        for (path, content, _) in self.files {
            let target = self.root.join(&path);
            let write = || -> std::io::Result<()> {
                if let Some(folder) = target.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&target, content)
            };
            write().with_context(|| format!("{} cannot be written", target.display()))?;
            written.push(path);
        }
        format(&self.root, &written)?;
        Ok(written)
    }
}

/// Lines are as long as names make them: rustfmt breaks them.
fn format(root: &Path, files: &[PathBuf]) -> anyhow::Result<()> {
    let rust = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--quiet"]).args(rust).current_dir(root).stdin(Stdio::null());
    match rustfmt.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => bail!("rustfmt does not take what was written: report this"),
        // Whoever has no rustfmt has no use for formatted code either.
        Err(_) => Ok(()),
    }
}

/// A template with its values.
pub(super) fn render(template: &str, values: &Value) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = environment.render_str(template, minijinja::value::Serde(values));
    // The engine takes the last line feed away.
    Ok(rendered.context("a template is broken: report this")?.trim_end().to_owned() + "\n")
}
