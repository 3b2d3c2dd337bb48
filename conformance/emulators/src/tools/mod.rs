//! Tools at pinned versions: taken from the `PATH` where they fit, else installed below the target folder.
//!
//! Nothing outside the target folder is changed, and no step needs rights that building does not. Where to download
//! from is the machine's own setting.

mod catalogue;
mod crates;
mod debian;
mod on_path;
mod wheel;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

pub use self::catalogue::{
    CARGO_DENY, CARGO_HACK, CARGO_LAMBDA, CARGO_NEXTEST, DYNOXIDE, MINISTACK, MOTO, REDIS_SERVER, SCHEMATHESIS,
};
use self::crates::Crate;
use self::debian::Packages;
use self::on_path::OnPath;
use self::wheel::Wheel;

/// A program, and where it comes from.
#[derive(Debug)]
pub struct Tool {
    /// What people call it, and the folder that it is installed into.
    name: &'static str,
    program: &'static str,
    source: Source,
    on_path: OnPath,
}

#[derive(Debug)]
enum Source {
    Wheel(Wheel),
    Crate(Crate),
    Debian(Packages),
}

/// A tool that is there to be run.
#[derive(Debug)]
pub struct Provided {
    /// Its program.
    pub program: PathBuf,
    /// How long it took to install; `None` if it was there before.
    pub installed_in: Option<Duration>,
}

/// The folder of tools.
pub struct Tools {
    folder: PathBuf,
    told: Box<dyn Fn(&str)>,
}

impl Tools {
    /// The tools below a target folder. `told` is given a line for each command that installs.
    pub fn below(target: &Path, told: impl Fn(&str) + 'static) -> Self {
        Self { folder: target.join("tools"), told: Box::new(told) }
    }

    /// Says a line of progress.
    pub(crate) fn tell(&self, line: &str) {
        (self.told)(line);
    }

    /// The tool, which is installed first where it is missing or another version.
    ///
    /// # Errors
    /// If it cannot be installed: what it comes from is missing on this machine, or cannot be reached, or is not what
    /// was pinned.
    pub fn provide(&self, tool: &Tool) -> Result<Provided> {
        if let Some(program) = tool.on_path()? {
            return Ok(Provided { program, installed_in: None });
        }
        let home = self.folder.join(tool.name);
        let scripts = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let program = scripts.join(tool.program).with_extension(std::env::consts::EXE_EXTENSION);

        fs::create_dir_all(&self.folder).with_context(|| format!("creating {}", self.folder.display()))?;
        let lock_path = self.folder.join(".lock");
        let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
        // Held until this function returns: two tasks at once do not install into one folder.
        lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;

        if tool.is_installed(&home, &program) {
            return Ok(Provided { program, installed_in: None });
        }
        let started = Instant::now();
        self.tell(&format!("installing {} into {}", tool.name, home.display()));
        self.install(tool, &home).with_context(|| {
            format!("installing {} into {} (it needs {})", tool.name, home.display(), tool.source.needs())
        })?;
        ensure!(program.is_file(), "{} was installed but {} is not there", tool.name, program.display());
        Ok(Provided { program, installed_in: Some(started.elapsed()) })
    }

    fn install(&self, tool: &Tool, home: &Path) -> Result<()> {
        let told = &*self.told;
        if home.exists() {
            fs::remove_dir_all(home).with_context(|| format!("removing {}", home.display()))?;
        }
        match &tool.source {
            Source::Wheel(wheel) => wheel.install(home, told)?,
            Source::Crate(krate) => krate.install(home, told)?,
            Source::Debian(packages) => packages.install(home, tool.program, told)?,
        }
        // Last, so that an installation cut short is done again.
        fs::write(home.join(RECEIPT), tool.source.receipt()).context("writing the receipt")
    }
}

/// The file that says what a tool's folder holds.
const RECEIPT: &str = "installed.txt";

impl Tool {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The program on the `PATH`, if there is one of a version that will do.
    fn on_path(&self) -> Result<Option<PathBuf>> {
        let pinned = match &self.source {
            Source::Wheel(wheel) => Some(wheel.pinned()?),
            Source::Crate(_) | Source::Debian(_) => None,
        };
        let found = self.on_path.find(self.program, pinned.as_ref());
        Ok(found.then(|| self.program.into()))
    }

    /// Whether exactly this was installed before, to the end.
    fn is_installed(&self, home: &Path, program: &Path) -> bool {
        program.is_file() && fs::read_to_string(home.join(RECEIPT)).is_ok_and(|had| had == self.source.receipt())
    }
}

impl Source {
    /// What the receipt says; an installation with another one is done again.
    fn receipt(&self) -> String {
        match self {
            Self::Wheel(wheel) => wheel.requirements.to_owned(),
            Self::Crate(krate) => krate.receipt(),
            Self::Debian(packages) => packages.receipt(),
        }
    }

    fn needs(&self) -> &'static str {
        match self {
            Self::Wheel(_) => "python3 of at least 3.11 with pip 22.3",
            Self::Crate(_) => "cargo and a C compiler",
            Self::Debian(_) => "apt-get and dpkg; elsewhere, put the program on the PATH",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_counts_only_with_its_program_and_the_same_receipt() {
        for (tool, other) in [(&CARGO_HACK, &CARGO_DENY), (&DYNOXIDE, &CARGO_HACK), (&REDIS_SERVER, &DYNOXIDE)] {
            let home = tempfile::tempdir().unwrap();
            let program = home.path().join("program");
            let is_installed = || tool.is_installed(home.path(), &program);
            assert!(!is_installed());
            fs::write(home.path().join(RECEIPT), tool.source.receipt()).unwrap();
            assert!(!is_installed(), "the program is missing");
            fs::write(&program, "").unwrap();
            assert!(is_installed());
            fs::write(home.path().join(RECEIPT), other.source.receipt()).unwrap();
            assert!(!is_installed(), "the pins have changed");
        }
    }

    #[test]
    fn what_is_installed_is_not_installed_again() {
        let target = tempfile::tempdir().unwrap();
        let home = target.path().join("tools/dynoxide");
        let program = home.join("bin").join(DYNOXIDE.program).with_extension(std::env::consts::EXE_EXTENSION);
        fs::create_dir_all(home.join("bin")).unwrap();
        fs::write(&program, "").unwrap();
        fs::write(home.join(RECEIPT), DYNOXIDE.source.receipt()).unwrap();
        let tools = Tools::below(target.path(), |line| panic!("nothing is to be done: {line}"));
        for _ in 0..2 {
            let provided = tools.provide(&DYNOXIDE).unwrap();
            assert_eq!((provided.program, provided.installed_in), (program.clone(), None));
        }
    }
}
