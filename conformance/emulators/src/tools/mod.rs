//! Tools at pinned versions: taken from the `PATH` where they fit, else installed below the target folder.
//!
//! Nothing outside the target folder is changed, and no step needs rights that building does not. Where to download
//! from is the machine's own setting.

mod catalogue;
mod checkout;
mod crates;
mod debian;
mod google_cloud_cli;
mod npm;
mod on_path;
mod wheel;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

pub use self::catalogue::{
    AZURITE_BLOB, AZURITE_QUEUE, CARGO_DENY, CARGO_HACK, CARGO_LAMBDA, CARGO_NEXTEST, CLIENTS, COSMOS, DRONGO,
    DYNOXIDE, FAKES, FUNCTIONS_FRAMEWORK, GOOGLE_FIRESTORE, GOOGLE_PUBSUB, HIDANE, MINISTACK, MOTO, REDIS_SERVER,
    SCHEMATHESIS,
};
use self::checkout::Package;
use self::crates::Crate;
use self::debian::Packages;
use self::google_cloud_cli::GoogleCloudCli;
use self::npm::Npm;
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
    Npm(Npm),
    Checkout(Package),
    GoogleCloudCli(GoogleCloudCli),
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
    target: PathBuf,
    folder: PathBuf,
    told: Box<dyn Fn(&str) + Send + Sync>,
}

impl Tools {
    /// The tools below a target folder. `told` is given a line for each command that installs.
    pub fn below(target: &Path, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { target: target.to_owned(), folder: target.join("tools"), told: Box::new(told) }
    }

    /// Says a line of progress.
    pub(crate) fn tell(&self, line: &str) {
        (self.told)(line);
    }

    /// Installs those of the tools that are missing or of another version: what is built beside what is downloaded.
    ///
    /// # Errors
    /// If one cannot be installed.
    pub fn provide_all(&self, tools: &[&Tool]) -> Result<()> {
        let (built, downloaded): (Vec<&Tool>, Vec<_>) = tools.iter().partition(|tool| tool.source.is_built());
        let in_turn = |tools: Vec<&Tool>| tools.into_iter().try_for_each(|tool| self.provide(tool).map(|_provided| ()));
        let (built, downloaded) = std::thread::scope(|scope| {
            let downloads = scope.spawn(|| in_turn(downloaded));
            (in_turn(built), downloads.join())
        });
        let Ok(downloaded) = downloaded else { bail!("installing what is downloaded ended in a panic") };
        downloaded.and(built)
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
        if let Source::GoogleCloudCli(cli) = &tool.source {
            let Some(program) = cli.find() else { bail!("{} needs {}", tool.name, tool.source.needs()) };
            return Ok(Provided { program, installed_in: None });
        }
        let home = self.folder.join(tool.name);
        let program = tool.source.program(&home, tool.program);

        fs::create_dir_all(&self.folder).with_context(|| format!("creating {}", self.folder.display()))?;
        let lock_path = self.folder.join(format!(".{}.lock", tool.name));
        let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
        // Held until this function returns: two tasks at once do not install into one folder.
        lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;

        let receipt = tool.source.receipt()?;
        if is_installed(&receipt, &home, &program) {
            return Ok(Provided { program, installed_in: None });
        }
        let started = Instant::now();
        self.tell(&format!("installing {} into {}", tool.name, home.display()));
        self.install(tool, &home).with_context(|| {
            format!("installing {} into {} (it needs {})", tool.name, home.display(), tool.source.needs())
        })?;
        // Last, so that an installation cut short is done again.
        fs::write(home.join(RECEIPT), receipt).context("writing the receipt")?;
        ensure!(program.is_file(), "{} was installed but {} is not there", tool.name, program.display());
        let elapsed = started.elapsed();
        self.tell(&format!("installed {} in {:.1} s", tool.name, elapsed.as_secs_f64()));
        Ok(Provided { program, installed_in: Some(elapsed) })
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
            Source::Npm(npm) => npm.install(home, told)?,
            Source::Checkout(package) => package.install(home, &self.target, told)?,
            Source::GoogleCloudCli(_) => bail!("it is installed with the Google Cloud CLI, not here"),
        }
        Ok(())
    }
}

/// The file that says what a tool's folder holds.
const RECEIPT: &str = "installed.txt";

impl Tool {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it can be had on this machine at all: all but those that are parts of what a machine has or lacks.
    pub(crate) fn is_to_be_had(&self) -> bool {
        match &self.source {
            Source::GoogleCloudCli(cli) => cli.find().is_some(),
            _ => true,
        }
    }

    /// The program on the `PATH`, if there is one of a version that will do.
    fn on_path(&self) -> Result<Option<PathBuf>> {
        let pinned = match &self.source {
            Source::Wheel(wheel) => Some(wheel.pinned()?),
            _ => None,
        };
        let found = self.on_path.find(self.program, pinned.as_ref());
        Ok(found.then(|| self.program.into()))
    }
}

/// Whether exactly this was installed before, to the end.
fn is_installed(receipt: &str, home: &Path, program: &Path) -> bool {
    program.is_file() && fs::read_to_string(home.join(RECEIPT)).is_ok_and(|had| had == receipt)
}

impl Source {
    /// What the receipt says; an installation with another one is done again.
    fn receipt(&self) -> Result<String> {
        Ok(match self {
            Self::Wheel(wheel) => wheel.requirements.to_owned(),
            Self::Crate(krate) => krate.receipt(),
            Self::Debian(packages) => packages.receipt(),
            Self::Npm(npm) => npm.receipt(),
            Self::Checkout(package) => package.receipt()?,
            Self::GoogleCloudCli(cli) => cli.program.to_owned(),
        })
    }

    /// Where a program of this name is, once installed.
    fn program(&self, home: &Path, name: &str) -> PathBuf {
        if let Self::Npm(_) = self {
            return Npm::program(home, name);
        }
        let scripts = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
        scripts.join(name).with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// Whether installing keeps the processors busy rather than the network.
    fn is_built(&self) -> bool {
        matches!(self, Self::Crate(_) | Self::Checkout(_))
    }

    fn needs(&self) -> &'static str {
        match self {
            Self::Wheel(_) => "python3 of at least 3.11 with pip 22.3",
            Self::Crate(_) | Self::Checkout(_) => "cargo and a C compiler",
            Self::Npm(_) => "node of at least 20 with npm",
            Self::GoogleCloudCli(_) => "the Google Cloud CLI with this component, and Java",
            Self::Debian(_) => "apt-get and dpkg; elsewhere, put the program on the PATH",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_counts_only_with_its_program_and_the_same_receipt() {
        for (tool, other) in [
            (&CARGO_HACK, &CARGO_DENY),
            (&DYNOXIDE, &HIDANE),
            (&REDIS_SERVER, &DYNOXIDE),
            (&AZURITE_QUEUE, &FUNCTIONS_FRAMEWORK),
            (&FAKES, &AZURITE_BLOB),
        ] {
            let home = tempfile::tempdir().unwrap();
            let program = home.path().join("program");
            let receipt = tool.source.receipt().unwrap();
            let is_installed = || is_installed(&receipt, home.path(), &program);
            assert!(!is_installed());
            fs::write(home.path().join(RECEIPT), &receipt).unwrap();
            assert!(!is_installed(), "the program is missing");
            fs::write(&program, "").unwrap();
            assert!(is_installed());
            fs::write(home.path().join(RECEIPT), other.source.receipt().unwrap()).unwrap();
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
        fs::write(home.join(RECEIPT), DYNOXIDE.source.receipt().unwrap()).unwrap();
        let tools = Tools::below(target.path(), |line| panic!("nothing is to be done: {line}"));
        for _ in 0..2 {
            let provided = tools.provide(&DYNOXIDE).unwrap();
            assert_eq!((provided.program, provided.installed_in), (program.clone(), None));
            tools.provide_all(&[&DYNOXIDE, &DYNOXIDE]).unwrap();
        }
    }
}
