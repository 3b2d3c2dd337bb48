//! Programs that are built from a crate, with the dependencies that its own lockfile names.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// A crate with a program.
#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// The only features that it is built with, separated by commas.
    pub(super) features: &'static str,
}

impl Crate {
    pub(super) fn receipt(&self) -> String {
        format!("{} {} with {}\n", self.name, self.version, self.features)
    }

    pub(super) fn install(&self, home: &Path, told: &dyn Fn(&str)) -> Result<()> {
        let build = home.join("build");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["install", self.name, "--version", self.version, "--locked", "--quiet", "--no-track"]);
        cargo.args(["--no-default-features", "--features", self.features]);
        cargo.arg("--root").arg(home).arg("--target-dir").arg(&build);
        command::run(&mut cargo, told)?;
        fs::remove_dir_all(&build).with_context(|| format!("removing {}", build.display()))
    }
}
