//! Programs that are distributed as Python wheels, which for the cargo subcommands hold the built program.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use semver::Version;

use crate::command;

/// A wheel and all that it needs, in a virtual environment of their own.
#[derive(Debug)]
pub(super) struct Wheel {
    /// Its name, as in the first column of the requirements.
    pub(super) name: &'static str,
    /// The requirements file: the wheel and all it needs, each with its version and hashes.
    pub(super) requirements: &'static str,
}

impl Wheel {
    /// The version the requirements ask for.
    pub(super) fn pinned(&self) -> Result<Version> {
        let line = self.requirements.lines().find_map(|line| line.strip_prefix(self.name)?.strip_prefix("=="));
        let version = line.and_then(|rest| rest.split_whitespace().next());
        let Some(version) = version else { bail!("the requirements have no line `{}==<version>`", self.name) };
        Version::parse(version).with_context(|| format!("the pinned version of {}", self.name))
    }

    pub(super) fn install(&self, home: &Path, told: &dyn Fn(&str)) -> Result<()> {
        // Without pip inside: a system Python often lacks the part that would put it there.
        command::run(python().args(["-m", "venv", "--without-pip"]).arg(home), told)?;
        let requirements = home.join("requirements.txt");
        fs::write(&requirements, self.requirements).context("writing the requirements")?;
        let scripts = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let interpreter = scripts.join("python").with_extension(std::env::consts::EXE_EXTENSION);
        let mut pip = python();
        pip.args(["-m", "pip", "--python"]).arg(interpreter);
        pip.args(["--disable-pip-version-check", "--no-input", "install", "--quiet"]);
        // The requirements name all there is to install, so nothing is resolved.
        pip.args(["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement"]).arg(&requirements);
        command::run(&mut pip, told)
    }
}

fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}
