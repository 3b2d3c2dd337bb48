//! Programs from npm packages, with the dependencies that a lockfile of this package names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// A package and all that it needs, in a folder of their own.
#[derive(Debug)]
pub(super) struct Npm {
    /// The manifest, which asks for the package.
    pub(super) manifest: &'static str,
    /// The lockfile: every package with its version and hash. It does not say where to download from.
    pub(super) lockfile: &'static str,
}

impl Npm {
    pub(super) fn receipt(&self) -> String {
        format!("{}{}", self.manifest, self.lockfile)
    }

    pub(super) fn program(home: &Path, name: &str) -> PathBuf {
        home.join("node_modules").join(".bin").join(name)
    }

    pub(super) fn install(&self, home: &Path, told: &dyn Fn(&str)) -> Result<()> {
        fs::create_dir_all(home).with_context(|| format!("creating {}", home.display()))?;
        fs::write(home.join("package.json"), self.manifest).context("writing the manifest")?;
        fs::write(home.join("package-lock.json"), self.lockfile).context("writing the lockfile")?;
        let mut npm = Command::new("npm");
        // No script of any package runs: none of the programs needs what theirs do.
        npm.args(["ci", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        npm.arg("--prefix").arg(home).current_dir(home);
        command::run(&mut npm, told)
    }
}
