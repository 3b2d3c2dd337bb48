//! Programs that are built from a crate, with the dependencies that its own lockfile names.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// A crate with a program.
#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// The only features that it is built with, separated by commas; those that it chooses itself if `None`.
    pub(super) features: Option<&'static str>,
    pub(super) build: Build,
}

/// How carefully a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Build {
    /// So that it runs fast, and not for a release: optimised crate by crate, on every core.
    Optimised,
    /// So that it is soon there.
    Quick,
}

impl Crate {
    pub(super) fn receipt(&self) -> String {
        let Self { name, version, features, build } = self;
        format!("{name} {version} with {}, {build:?}\n", features.unwrap_or("its own features"))
    }

    pub(super) fn install(&self, home: &Path, told: &dyn Fn(&str)) -> Result<()> {
        let build = home.join("build");
        let mut cargo = command::cargo();
        cargo.args(["install", self.name, "--version", self.version, "--locked", "--quiet", "--no-track"]);
        if let Some(features) = self.features {
            cargo.args(["--no-default-features", "--features", features]);
        }
        match self.build {
            Build::Quick => cargo.arg("--debug").env("CARGO_PROFILE_DEV_DEBUG", "0"),
            Build::Optimised => cargo
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        };
        cargo.arg("--root").arg(home).arg("--target-dir").arg(&build);
        command::run(&mut cargo, told)?;
        fs::remove_dir_all(&build).with_context(|| format!("removing {}", build.display()))
    }
}
